"""The modulator's two layers, over inputs of which some move and some do not.

What does not move (the colour and opacity of a Gaussian at rest) is the same in every frame, so its
share of the first layer is computed once a Gaussian, not once a Gaussian and frame.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def make_mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """A network of linear, ReLU, linear.

    Args:
        inputs: Numbers in.
        hidden: Numbers between the two layers.
        outputs: Numbers out.
    """
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)
    )


def project_static_inputs(mlp: nn.Sequential, static: Tensor) -> Tensor:
    """What the static inputs and the bias add to the first layer, [K, hidden].

    Args:
        mlp: Made by :func:`make_mlp`.
        static: [K, F], the last F inputs of it.
    """
    first = mlp.get_submodule("0")
    weight, bias = first.get_parameter("weight"), first.get_parameter("bias")
    return F.linear(static, weight[:, -static.shape[1] :], bias)


def run_mlp(mlp: nn.Sequential, moving: Tensor, projected: Tensor) -> Tensor:
    """What the network makes of all inputs, [..., K, outputs].

    Args:
        mlp: Made by :func:`make_mlp`.
        moving: [..., K, M], the first M inputs.
        projected: [K, hidden], the others' share, see :func:`project_static_inputs`.
    """
    weight = mlp.get_parameter("0.weight")
    hidden = F.linear(moving, weight[:, : moving.shape[-1]]) + projected
    out: Tensor = mlp[1:](hidden)
    return out
