"""A trained renderer for serving: what does not move as tables, the rest as one kernel.

Nothing here has a gradient. On a CPU the two layers of the modulator run over one Gaussian after
the other in a numba kernel, where torch writes and reads 64 numbers a Gaussian twice. It is the
trained network, not an approximation of it.
"""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from torch import Tensor, nn

from skeletonllm.draction.appearance import BodyAppearance, Rest
from skeletonllm.draction.layers import torch_layers
from skeletonllm.draction.paper import PaperAppearance
from skeletonllm.draction.primitives import Primitives

Floats = npt.NDArray[np.float32]


class BakedBody(BodyAppearance):
    """A :class:`BodyAppearance` that looks up what a skeleton wears at rest.

    Args:
        learned: The trained one; later changes of it change nothing here.
    """

    def __init__(self, learned: BodyAppearance) -> None:
        nn.Module.__init__(self)
        self.__dict__.update(copy.deepcopy(learned).requires_grad_(requires_grad=False).__dict__)
        self.layers = fused_layers
        self._tables: dict[tuple[Primitives, str], Rest] = {}

    def rest(self, shapes: Primitives, topology: str) -> Rest:
        """See :meth:`BodyAppearance.rest`; computed at the first meeting with a skeleton."""
        key = shapes, topology
        if key not in self._tables:
            self._tables[key] = super().rest(shapes, topology)
        return self._tables[key]


def baked(appearance: BodyAppearance | PaperAppearance) -> BodyAppearance | PaperAppearance:
    """A copy of an appearance for serving."""
    if isinstance(appearance, BodyAppearance):
        return BakedBody(appearance)
    served = copy.deepcopy(appearance).requires_grad_(requires_grad=False)
    served.layers = fused_layers
    return served


@torch.no_grad()
def fused_layers(net: nn.Sequential, moving: Tensor, still: Tensor) -> Tensor:
    """:func:`skeletonllm.draction.layers.torch_layers` without a gradient; float32 on a CPU."""
    if moving.device.type != "cpu" or moving.dtype != torch.float32:
        return torch_layers(net, moving, still)
    first, second = net.get_parameter("0.weight"), net.get_parameter("2.weight")
    inputs = moving.reshape(-1, moving.shape[-1]).contiguous()
    columns = first[:, : inputs.shape[1]].T.contiguous()
    tensors = (inputs, still, columns, second, net.get_parameter("2.bias"))
    out = _two_layers(*(tensor.detach().numpy() for tensor in tensors))
    return torch.from_numpy(out).view(*moving.shape[:-1], -1)


@njit(fastmath=True, nogil=True)
def _two_layers(
    inputs: Floats, still: Floats, first: Floats, second: Floats, bias: Floats
) -> Floats:
    """Row n of ``inputs`` [N, I] belongs to Gaussian n mod K of ``still`` [K, hidden]."""
    out = np.empty((len(inputs), len(second)), np.float32)
    hidden = np.empty(still.shape[1], np.float32)
    for n in range(len(inputs)):
        hidden[:] = still[n % len(still)]
        for i in range(len(first)):
            value, row = inputs[n, i], first[i]
            for h in range(len(hidden)):
                hidden[h] += value * row[h]
        for h in range(len(hidden)):
            hidden[h] = max(hidden[h], np.float32(0))
        for o in range(len(second)):
            total, row = np.float32(0), second[o]
            for h in range(len(hidden)):
                total += hidden[h] * row[h]
            out[n, o] = total + bias[o]
    return out
