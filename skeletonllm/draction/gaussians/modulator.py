"""The modulator's two layers, over inputs of which some move and some do not.

What does not move (what a Gaussian wears at rest) is the same in every frame, so its share of the
first layer is computed once a Gaussian, not once a Gaussian and frame.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Linear, ReLU, linear."""
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)
    )


def still_share(net: nn.Sequential, surface: Tensor) -> Tensor:  # [K, hidden]
    """What ``surface`` [K, F], the last F inputs, and the bias add to the first layer."""
    first = net.get_submodule("0")
    weight, bias = first.get_parameter("weight"), first.get_parameter("bias")
    return F.linear(surface, weight[:, -surface.shape[1] :], bias)


def layers(net: nn.Sequential, moving: Tensor, still: Tensor) -> Tensor:
    """The network over ``moving`` inputs, the first ones, and the share of the still ones."""
    weight = net.get_parameter("0.weight")
    hidden = F.linear(moving, weight[:, : moving.shape[-1]]) + still
    out: Tensor = net[1:](hidden)
    return out
