"""LoRA on the language model of an adapter: `peft`'s layers, put in place and taken out again.

Only the seven projections of each decoder layer get a pair of matrices; the vision tower and the
projector get none. The state of the language model keeps the library's names: a checkpoint of the
base model loads as before, and the LoRA weights are listed once, under ``lora``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear layers of a decoder layer of Qwen and Llama, as the published recipe chooses them."""

PART, DECODER = "lora", "language_model"
"""Names in :meth:`Adapter.parts`: of the LoRA weights, and of what they are added to."""

_NAME = "default"  # peft's own word for the only adapter of a layer


@dataclass(frozen=True, kw_only=True)
class LoraOptions:
    """How LoRA is added; the numbers are the published ones.

    Args:
        r: Rank: columns of B, rows of A.
        alpha: What B A is multiplied with, times ``r``.
        dropout: Of the input of A, in training.
        seed: Of A; B starts at zero.

    Raises:
        UsageError: A value that cannot be trained with.
    """

    r: int = 32
    alpha: int = 64
    dropout: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        if self.r < 1:
            raise UsageError(f"LoRA with r {self.r}", expected="1 or more")
        if self.alpha < 1:
            raise UsageError(f"LoRA with alpha {self.alpha}", expected="1 or more")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"LoRA with dropout {self.dropout}", expected="0 or more, below 1")


class LoraWeights(nn.Module):
    """The part ``lora``: the matrices A and B of each projection, float32, and their dropout.

    Its modules are those within the language model, so ``train()`` and ``eval()`` switch the
    dropout on and off there, and nothing else. A name in its state is as
    ``layers.0.mlp.up_proj.A.weight``.

    Args:
        decoder: A language model with LoRA layers.
    """

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        for path, layer in _lora_layers(decoder):
            place: nn.Module = self
            for step in path.split("."):
                if step not in dict(place.named_children()):
                    place.add_module(step, nn.Module())
                place = place.get_submodule(step)
            place.add_module("A", layer.lora_A[_NAME])
            place.add_module("B", layer.lora_B[_NAME])
            place.add_module("dropout", layer.lora_dropout[_NAME])


def add_lora(adapter: Adapter, options: LoraOptions | None = None) -> LoraWeights:
    """The new part ``lora`` of an adapter, whose answers are still the same, since B is zero.

    The language model itself is frozen. The dropout is off until ``adapter.lora.train()``.

    Args:
        adapter: Changed in place; its class, and the names in its state, stay.
        options: Rank and the like; None takes the published ones.

    Raises:
        UsageError: It has LoRA already, or its decoder lacks one of :data:`PROJECTIONS`.

    Example:
        >>> from skeletonllm.mllm import tiny_internvl
        >>> lora = add_lora(tiny_internvl(["wave"]), LoraOptions(r=2))
        >>> sorted(lora.state_dict())[0]
        'layers.0.mlp.down_proj.A.weight'
    """
    options = options or LoraOptions()
    decoder = adapter.parts()[DECODER]
    if get_lora(adapter) is not None or next(_lora_layers(decoder), None):
        raise UsageError("the model has LoRA already", hint="Train it on, or merge it first.")
    _check_projections(decoder)
    config = LoraConfig(
        r=options.r,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=list(PROJECTIONS),
    )
    with torch.random.fork_rng(devices=[]):  # what peft draws is replaced
        inject_adapter_in_model(config, decoder, adapter_name=_NAME)
    for _, layer in _lora_layers(decoder):
        layer.register_state_dict_post_hook(_save_as_library)
        layer.register_load_state_dict_pre_hook(_load_as_library)
        layer.train(decoder.training)  # a new module is in training, whatever its parent is
        layer._cast_input_dtype = _cast_input
    lora = LoraWeights(decoder).float().eval()
    _draw_weights(lora, options.seed)
    setattr(adapter, PART, lora)
    return lora


def get_lora(adapter: Adapter) -> LoraWeights | None:
    """The part ``lora`` of an adapter; None if it has none."""
    return getattr(adapter, PART, None)


@torch.no_grad()
def merge_lora(adapter: Adapter) -> None:
    """Add B A to the weights of the projections, and leave a plain model of the library.

    The sum is made in float32, and a bfloat16 model rounds it once more, to 8 bits: its logits
    move no more than by its own arithmetic, but an update below a thousandth of a weight is mostly
    gone. So a later stage trains the same LoRA on, and only the last one is merged.

    Args:
        adapter: Changed in place; it has no part ``lora`` afterwards.

    Raises:
        UsageError: It has no LoRA.
    """
    if get_lora(adapter) is None:
        raise UsageError("the model has no LoRA to merge", hint="Call add_lora first.")
    decoder = adapter.parts()[DECODER]
    for path, layer in list(_lora_layers(decoder)):
        plain: nn.Linear = layer.get_base_layer()
        a, b = layer.lora_A[_NAME].weight, layer.lora_B[_NAME].weight
        with torch.autocast(a.device.type, enabled=False):
            update = layer.scaling[_NAME] * (b.float() @ a.float())
        plain.weight.copy_(plain.weight.float() + update)
        parent, _, name = path.rpartition(".")
        setattr(decoder.get_submodule(parent), name, plain)
    del decoder.peft_config  # peft notes there what it put in
    setattr(adapter, PART, None)


def _cast_input(values: Tensor, dtype: torch.dtype) -> Tensor:
    """In place of peft's own: autocast casts by itself, where it multiplies.

    peft would keep a float32 copy of the input of each of the seven projections for the backward
    pass, which makes the activations of a decoder 2.5 times as large.
    """
    return values if torch.is_autocast_enabled(values.device.type) else values.to(dtype)


def _lora_layers(decoder: nn.Module) -> Iterator[tuple[str, Any]]:
    return ((name, m) for name, m in decoder.named_modules() if isinstance(m, LoraLayer))


def _check_projections(decoder: nn.Module) -> None:
    linear = {n.rpartition(".")[2] for n, m in decoder.named_modules() if isinstance(m, nn.Linear)}
    missing = [name for name in PROJECTIONS if name not in linear]
    if missing:
        raise UsageError(
            f"the language model has no linear layer {', '.join(missing)}",
            expected=f"a decoder with {', '.join(PROJECTIONS)}",
            where=type(decoder).__name__,
            hint="LoRA is written for Qwen and Llama decoders; train the projector instead.",
        )


@torch.no_grad()
def _draw_weights(lora: LoraWeights, seed: int) -> None:
    """Uniform A as `peft` draws it, but by our seed, on every device the same; B zero."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in lora.named_parameters():
        if name.endswith("A.weight"):
            bound = weight.shape[1] ** -0.5
            drawn = torch.empty(weight.shape).uniform_(-bound, bound, generator=generator)
            weight.copy_(drawn)
        else:
            weight.zero_()


def _save_as_library(_: nn.Module, state: dict[str, Tensor], prefix: str, __: Any) -> None:
    """``base_layer.weight`` is saved as ``weight``; A and B are saved by the part ``lora``."""
    for name in [name for name in state if name.startswith(prefix)]:
        tensor, own = state.pop(name), name.removeprefix(prefix)
        if own.startswith("base_layer."):
            state[prefix + own.removeprefix("base_layer.")] = tensor


def _load_as_library(layer: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Inverse of :func:`_save_as_library`; A and B stay as they are."""
    for name in [name for name in state if name.startswith(prefix)]:
        state[f"{prefix}base_layer.{name.removeprefix(prefix)}"] = state.pop(name)
    for name, weight in layer.named_parameters():
        if not name.startswith("base_layer."):
            state[prefix + name] = weight
