"""Bytes that a forward pass keeps for its backward pass, by part of the model.

Autograd tells each tensor that it saves. Counted are distinct storages that are still kept at the
end: two tensors that share one cost it once, and a view keeps all of it. Weights and buffers are no
activations.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer

REST = "head and loss"
"""What is saved outside of all parts."""


@dataclass
class SavedBytes:
    """What is kept; filled in at the end of :func:`count_saved`.

    Args:
        by_part: Bytes by the innermost part that ran.
        largest_layer: Bytes of the layer, among those that can be computed again, that keeps most.
    """

    by_part: dict[str, int] = field(default_factory=dict)
    largest_layer: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.by_part.values())


class _Kept:
    """What the graph holds in place of a tensor: it dies when the graph lets go of it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class _Ledger:
    """Everything that was saved, in order, and what ran at the time."""

    def __init__(self, model: nn.Module) -> None:
        self.weights = {_identify(t) for t in (*model.parameters(), *model.buffers())}
        self.entries: list[tuple[str, weakref.ref[_Kept]]] = []
        self.place = [REST]
        self.layers: list[tuple[int, int]] = []
        self._began: list[int] = []

    def keep(self, tensor: Tensor) -> _Kept:
        kept = _Kept(tensor)
        self.entries.append((self.place[-1], weakref.ref(kept)))
        return kept

    def enter_layer(self, *_: Any) -> None:
        self._began.append(len(self.entries))

    def leave_layer(self, *_: Any) -> None:
        self.layers.append((self._began.pop(), len(self.entries)))

    def settle(self, found: SavedBytes) -> None:
        """Count what is alive: each storage once, for what saved it first."""
        seen, sizes = set(self.weights), [0] * len(self.entries)
        for index, (part, reference) in enumerate(self.entries):
            kept = reference()
            if kept is not None and (storage := _identify(kept.tensor)) not in seen:
                seen.add(storage)
                sizes[index] = kept.tensor.untyped_storage().nbytes()
                found.by_part[part] = found.by_part.get(part, 0) + sizes[index]
        found.largest_layer = max((sum(sizes[a:b]) for a, b in self.layers), default=0)


@contextmanager
def count_saved(
    model: nn.Module, parts: Mapping[str, nn.Module] | None = None
) -> Iterator[SavedBytes]:
    """Count what forward passes within the block keep; the loss must live to its end.

    Args:
        model: Its weights do not count.
        parts: Modules by name that the bytes are told apart by.
    """
    found, ledger = SavedBytes(), _Ledger(model)
    with ExitStack() as stack:
        for name, module in (parts or {}).items():
            # A part may be a mere list of modules, which never runs itself.
            ran = module.children() if isinstance(module, nn.ModuleDict) else [module]
            for each in ran:
                stack.callback(each.register_forward_pre_hook(_enter(ledger, name)).remove)
                stack.callback(each.register_forward_hook(_leave(ledger)).remove)
        for module in model.modules():
            if isinstance(module, GradientCheckpointingLayer):
                stack.callback(module.register_forward_pre_hook(ledger.enter_layer).remove)
                stack.callback(module.register_forward_hook(ledger.leave_layer).remove)
        hooks = torch.autograd.graph.saved_tensors_hooks(ledger.keep, lambda kept: kept.tensor)
        with hooks:
            yield found
        ledger.settle(found)


def _identify(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _enter(ledger: _Ledger, name: str) -> Any:
    return lambda *_: ledger.place.append(name)


def _leave(ledger: _Ledger) -> Any:
    def leave(*_: Any) -> None:
        ledger.place.pop()

    return leave
