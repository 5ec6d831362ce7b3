"""What is computed in which precision: what learns is float32, what is frozen may be bfloat16.

bfloat16 has eight significant bits: a step of 2e-5 on a weight of 0.02 is lost in rounding. So the
trained parts, and the optimizer's moments of them, are float32, while the frozen parts stay as they
were loaded and autocast lets both multiply in bfloat16.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


def keep_in_float32(parts: Iterable[nn.Module]) -> None:
    """Turn the weights of parts that learn into float32, in place."""
    for part in parts:
        part.float()


def autocast(model: nn.Module, device: torch.device) -> torch.autocast:
    """A context in which a model with bfloat16 weights computes in bfloat16; others as they are.

    Args:
        model: Whose weights are looked at.
        device: That it is on.
    """
    low = any(p.dtype == torch.bfloat16 for p in model.parameters())
    return torch.autocast(device.type, torch.bfloat16, enabled=low)
