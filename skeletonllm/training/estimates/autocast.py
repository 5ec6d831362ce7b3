"""What a GPU's autocast and indexing do, for fake tensors that say they are on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

_NAMES = "pow rsqrt exp log norm sum softmax log_softmax layer_norm group_norm cross_entropy"

FLOAT32_ON_GPU: frozenset[Callable[..., Any]] = frozenset(
    getattr(home, name)
    for home in (torch, Tensor, F)
    for name in _NAMES.split()
    if hasattr(home, name)
)
"""Of the operations that CUDA's autocast computes in float32, and the CPU's does not, those that a
transformer may use (docs of ``torch.amp``, "CUDA Ops that can autocast to float32"). A LayerNorm
then keeps a float32 copy of its input: a fifth more for an InternViT."""


_INDEXING = (Tensor.__getitem__, Tensor.__setitem__)


class FakeRules(TorchFunctionMode):
    """Lets fake tensors be indexed by real masks, and casts as the device will.

    A number read from a fake tensor is 0, as there is nothing to read. ``small`` asks so how many
    tokens its rows share, to keep less of them: its estimate is an upper bound.

    Args:
        float32: Operations whose low-precision inputs are cast to float32.
    """

    def __init__(self, float32: frozenset[Callable[..., Any]] = frozenset()) -> None:
        super().__init__()
        self.float32 = float32

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call ``func`` with its arguments changed as said above."""
        kwargs = dict(kwargs or {})
        if func in self.float32:
            args, kwargs = tree_map(_to_float32, (tuple(args), kwargs))
        elif func in _INDEXING and isinstance(args[0], FakeTensor):
            args = (args[0], _to_places(args[1]), *args[2:])
        elif func is Tensor.__int__ and isinstance(args[0], FakeTensor):
            return 0
        return func(*args, **kwargs)


def _to_float32(value: Any) -> Any:
    low = isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)
    return value.float() if low else value


def _to_places(index: Any) -> Any:
    """Masks as the places where they are true: how many there are is not known of a fake tensor."""
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, Tensor) and part.dtype == torch.bool for part in parts):
        return index
    places: list[Any] = []
    for part in parts:
        mask = isinstance(part, Tensor) and part.dtype == torch.bool
        places += part.nonzero(as_tuple=True) if mask else [part]
    return tuple(places)
