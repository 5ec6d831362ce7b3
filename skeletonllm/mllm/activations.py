"""What flows between the layers of a model: recomputed to save memory, cast where dtypes meet."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

_WATCHED = "_recomputes_in_eval"


def checkpoint_layers(module: nn.Module, on: bool) -> int:
    """Number of layers in ``module`` whose activations are recomputed in the backward pass.

    It works in ``eval()`` mode too. `transformers` asks each layer's own ``training`` flag, so
    that gradient checkpointing is silently off there; here a hook sets this flag, of the layer
    alone: its attention and its dropouts keep theirs. Without gradients, and where a cache of
    keys and values is written, nothing is recomputed: a cache would be written twice.

    Args:
        module: A tower or a decoder; its ``GradientCheckpointingLayer`` modules are changed.
        on: Recompute, or keep all as usual.
    """
    layers = [m for m in module.modules() if isinstance(m, GradientCheckpointingLayer)]
    for layer in layers:
        layer.gradient_checkpointing = on
        layer._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)
        if on and not hasattr(layer, _WATCHED):
            setattr(layer, _WATCHED, layer.register_forward_pre_hook(_decide, with_kwargs=True))
        if not on and hasattr(layer, _WATCHED):
            getattr(layer, _WATCHED).remove()
            delattr(layer, _WATCHED)
            # Its children kept the mode. ``module`` may be a mere list, with a flag of its own.
            layer.training = next(layer.children()).training
    return len(layers)


def cast_inputs(module: nn.Module) -> None:
    """Let a module take inputs of another dtype: they are cast to that of its weights.

    For a projector in float32 behind a frozen tower in bfloat16. Autocast does this for matrix
    products, and not where it is off. The dtype is looked up at each call: a stage may change it.

    Args:
        module: Gets a hook; all its weights have one dtype.
    """

    def cast(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        dtype = next(module.parameters()).dtype
        return tuple(
            x.to(dtype) if isinstance(x, Tensor) and x.is_floating_point() else x for x in inputs
        )

    module.register_forward_pre_hook(cast)


def hide_positions(decoder: nn.Module) -> None:
    """Let a decoder use positions for rope alone, not to part packed texts.

    FlashAttention in `transformers` takes a gap in the positions of a single row for the border
    between two texts, and lets neither see the other. Dropped background leaves such gaps. The
    layers get their rope ready made, so that they need no positions.

    Args:
        decoder: Its layers get a hook.
    """

    def hide(_layer: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return args, {**kwargs, "position_ids": None}

    for layer in decoder.modules():
        if isinstance(layer, GradientCheckpointingLayer):
            layer.register_forward_pre_hook(hide, with_kwargs=True)


def _decide(layer: nn.Module, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    layer.training = torch.is_grad_enabled() and kwargs.get("past_key_values") is None
