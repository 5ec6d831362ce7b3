"""Memory for pictures that is used again: fresh pages for 29 MB cost 12 to 25 ms.

A buffer comes back by itself when the last tensor that lies in it is gone, and not before: each
tensor, view and autograd graph of torch holds the array below it.
"""

from __future__ import annotations

import math
import weakref
from collections import deque

import torch
from torch import Tensor

KEEP = 2
"""Free buffers at most: while a picture is drawn, the one before is often still held."""

_free: deque[Tensor] = deque(maxlen=KEEP)  # its operations are atomic; when full, the oldest goes


def take_buffer(shape: tuple[int, ...]) -> Tensor:
    """A float32 tensor of ``shape``, at a cache line, holding whatever it held before."""
    count = math.prod(shape)
    buffer = _find_free_buffer(count)
    if buffer is None:
        buffer = torch.empty(count)
    array = buffer[:count].view(shape).numpy()
    weakref.finalize(array, _free.append, buffer).atexit = False
    return torch.from_numpy(array)


def _find_free_buffer(count: int) -> Tensor | None:
    """A free buffer of at most twice the size; the others are let go."""
    while True:
        try:
            buffer = _free.pop()
        except IndexError:
            return None
        if count <= len(buffer) <= 2 * count:
            return buffer
