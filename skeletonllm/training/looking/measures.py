"""What is plotted beside the loss: memory, pace, and the gradients of a renderer's groups."""

from __future__ import annotations

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import torch
from torch import nn

GROUP_PREFIX = "appearance."
"""Most parameters of DrAction stand below it; it would be the name of every group."""


def measure_group_norms(renderer: nn.Module) -> dict[str, float]:
    """Norm of the gradient of each group of a renderer's parameters, by the group's name.

    A group is what shares the first word of its name: ``colour``, ``motion``, ``halos``, ``view``.
    Groups without any gradient are not there.

    Args:
        renderer: After ``backward``, and before its gradients are clipped.
    """
    squares: dict[str, list[torch.Tensor]] = defaultdict(list)
    for name, parameter in renderer.named_parameters():
        if parameter.grad is not None:
            group = name.removeprefix(GROUP_PREFIX).partition(".")[0]
            squares[group].append(parameter.grad.detach().float().pow(2).sum())
    # One transfer for all groups: a GPU would wait for each number that is asked for alone.
    sums = torch.stack([torch.stack(each).sum() for each in squares.values()]) if squares else None
    return {} if sums is None else dict(zip(squares, sums.sqrt().tolist(), strict=True))


def measure_memory(device: torch.device | None = None) -> dict[str, float]:
    """Most memory that this process has held, in bytes, by the name of its curve.

    Args:
        device: A GPU, whose memory is told too: what tensors took at most.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # the one counts bytes, the others kibibytes
    found = {"memory/process": float(peak * unit)}
    if device is not None and device.type == "cuda":
        found["memory/gpu"] = float(torch.cuda.max_memory_allocated(device))
    return found


class Pace:
    """Clips and tokens a second, from call to call.

    Args:
        clock: Seconds that only count up.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()

    def measure(self, clips: int, tokens: int) -> dict[str, float]:
        """The pace since the last call, or since this was made, by the name of its curve.

        Args:
            clips: Done since then.
            tokens: That the language model read since then.
        """
        now = self._clock()
        seconds, self._last = max(now - self._last, 1e-9), now
        rates = {"pace/clips": clips / seconds, "pace/tokens": tokens / seconds}
        return {**rates, "pace/seconds": seconds}
