"""A model of real widths and no weights: its tensors have shapes and dtypes, and no bytes.

The model is made by `transformers` from its configuration on the ``meta`` device; then every
parameter becomes a fake tensor, which says that it is on the CPU: autocast and the choice of the
attention kernel go by the device, and on ``meta`` there is neither. Integers and masks stay real,
so that the adapter's own code runs as in training, down to what depends on their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer
from transformers.image_processing_base import ImageProcessingMixin

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter, LoadOptions
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.lora import LoraOptions, add_lora, get_lora
from skeletonllm.mllm.registry import MODELS, get_family, load_adapter
from skeletonllm.training.estimates.stand_in import StandInTokenizer, number_specials
from skeletonllm.training.estimates.workload import DTYPES, LORA, RENDERER, Workload

ADAPTERS: dict[str, str] = {
    "internvl": "skeletonllm.mllm.internvl:InternVLAdapter",  # a line a family
    "qwen2_5_vl": "skeletonllm.mllm.qwen_vl:Qwen25VLAdapter",
    "qwen3_vl": "skeletonllm.mllm.qwen_vl:Qwen3VLAdapter",
}
"""Adapter of each family of checkpoints, as ``module:class``."""

_PICTURE: Mapping[str, Any] = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def build_without_weights(workload: Workload) -> Adapter:
    """The adapter of a run, its trained parts in float32 and free, all others frozen.

    Args:
        workload: Model, dtype, size and trained parts apply.

    Raises:
        UsageError: There is no such model, no such part, or a family without an adapter here.
    """
    if workload.model in MODELS:  # made, not loaded: as small as its name says
        adapter = load_adapter(workload.model, LoadOptions(size=workload.size))
    else:
        adapter = _from_config(workload)
    adapter.requires_grad_(False).eval()
    if LORA in workload.trains:
        with torch.device("meta"):
            add_lora(adapter, LoraOptions(r=workload.lora_rank))
    parts = name_parts(adapter)
    for name in workload.trains:
        if name != RENDERER and name not in parts:
            known = ", ".join((RENDERER, LORA, *parts))
            raise UsageError(f"trains {name}", expected=f"some of {known}")
        if name != RENDERER:
            parts[name].requires_grad_(True).float()
    if LORA in workload.trains:
        parts[LORA].train()  # its dropout keeps a mask and an input of its own
    return adapter


def name_parts(adapter: Adapter) -> dict[str, nn.Module]:
    """The parts of an adapter by name, LoRA among them if it has it."""
    lora = get_lora(adapter)
    return dict(adapter.parts()) if lora is None else {**adapter.parts(), LORA: lora}


def drop_bytes(module: nn.Module, mode: FakeTensorMode) -> None:
    """Turn every parameter and buffer into a fake tensor of the same shape and dtype, in place.

    Args:
        module: Weights may be real or on ``meta``; tied ones stay tied.
        mode: That the fake tensors belong to.
    """
    weights: dict[int, nn.Parameter] = {}
    with mode:
        for each in module.modules():
            for name, weight in each._parameters.items():
                if weight is not None and id(weight) not in weights:
                    weights[id(weight)] = nn.Parameter(_empty(weight), weight.requires_grad)
                each._parameters[name] = None if weight is None else weights[id(weight)]
            for name, buffer in each._buffers.items():
                each._buffers[name] = None if buffer is None else _empty(buffer)


def _empty(tensor: torch.Tensor) -> torch.Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")


def _from_config(workload: Workload) -> ChatAdapter:
    """What a checkpoint's configuration says, and its tokenizer if it is there."""
    family = get_family(workload.model).name
    if family not in ADAPTERS:
        known = ", ".join((*ADAPTERS, *MODELS))
        raise UsageError(f"no estimate of {family}", expected=f"one of {known}")
    module, _, name = ADAPTERS[family].partition(":")
    kind: type[ChatAdapter] = getattr(import_module(module), name)
    config = AutoConfig.from_pretrained(workload.model)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(
            config, dtype=DTYPES[workload.dtype], attn_implementation="sdpa"
        )
    return kind(model, _tokenizer(workload.model, kind, config), _picture(workload.model))


def _tokenizer(source: str, kind: type[ChatAdapter], config: Any) -> Any:
    try:
        own = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError, KeyError, ImportError):
        own = None
    # From a folder without its files the library makes an empty tokenizer, and does not say so.
    if own is not None and set(kind.special_tokens) <= set(own.get_vocab()):
        return own
    known = {kind.context_token: config.image_token_id}
    vocabulary = config.get_text_config().vocab_size
    return StandInTokenizer(number_specials(kind.special_tokens, known, vocabulary))


def _picture(source: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = ImageProcessingMixin.get_image_processor_dict(source)[0]
    except OSError:  # mean and deviation change no number of bytes
        return _PICTURE
    return found
