"""Tiny random Qwen2.5-VL and Qwen3-VL of the real classes: what :mod:`skeletonllm.mllm.tiny` is
for InternVL. Patches, windows and merging have the published sizes; only widths and depths are
small, and no weight was ever trained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLConfig, Qwen3VLConfig

from skeletonllm.mllm.qwen_vl import CLASSES, QwenVLAdapter
from skeletonllm.mllm.tiny.internvl import draw_weights, train_tokenizer
from skeletonllm.prompts.recognition import SYSTEM

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
"""Those of Qwen's tokenizer that a chat with pictures needs."""

PICTURE: dict[str, dict[str, Any]] = {
    "qwen2_5_vl": {
        "min_pixels": 3136,
        "max_pixels": 12845056,
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2_5_VLProcessor",
    },
    "qwen3_vl": {
        "size": {"longest_edge": 16777216, "shortest_edge": 65536},
        "patch_size": 16,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "processor_class": "Qwen3VLProcessor",
        "image_processor_type": "Qwen2VLImageProcessorFast",
    },
}
"""``preprocessor_config.json`` of the published checkpoints, by ``model_type``."""

QUESTION = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""What the published chat templates make of messages with text and pictures."""

DEFAULT_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}"
)
"""How Qwen2.5's template begins; Qwen3's adds no system message."""

CHAT_TEMPLATE = {"qwen2_5_vl": DEFAULT_SYSTEM + QUESTION, "qwen3_vl": QUESTION}
"""The published templates without videos and tools, which nothing here sends. Tests compare them
with the published ones."""

WIDTH = 64
"""Of both transformers; a head of 16 shares its 8 frequencies among three axes of positions."""

EMBEDDING_STD = {"pos_embed": 2.0, "embed_tokens": 0.4}
"""As in :mod:`skeletonllm.mllm.tiny`; a position's table has another name here."""


def tiny_qwen_vl(
    model_type: str,
    texts: Iterable[str],
    *,
    seed: int = 0,
    system: str = SYSTEM,
) -> QwenVLAdapter:
    """A random Qwen-VL of a few hundred thousand weights.

    Args:
        model_type: ``qwen2_5_vl`` or ``qwen3_vl``.
        texts: What it must be able to read cheaply, such as the labels of a release.
        seed: Of the weights.
        system: System message; empty for none.

    Example:
        >>> tiny_qwen_vl("qwen3_vl", ["wave", "sit down"]).patch
        32
    """
    adapter, kind, _ = CLASSES[model_type]
    tokenizer = train_tokenizer([SYSTEM, *texts], SPECIAL_TOKENS)
    tokenizer.chat_template = CHAT_TEMPLATE[model_type]
    model = kind(CONFIGS[model_type](tokenizer))
    draw_weights(model, torch.Generator().manual_seed(seed), EMBEDDING_STD)
    return adapter(model, tokenizer, PICTURE[model_type], system).eval()


def _qwen2_5_config(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLConfig:
    vision = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_heads": 4,
        "out_hidden_size": WIDTH,
        "fullatt_block_indexes": [1],
    }
    text = _text_config(tokenizer) | {
        "max_window_layers": 2,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
    }
    return Qwen2_5_VLConfig(vision_config=vision, text_config=text, **_token_ids(tokenizer))


def _qwen3_config(tokenizer: PreTrainedTokenizerFast) -> Qwen3VLConfig:
    vision = {
        "depth": 3,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_heads": 4,
        "out_hidden_size": WIDTH,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0, 1],
    }
    rope = {"rope_theta": 5e6, "mrope_section": [4, 2, 2], "mrope_interleaved": True}
    text = _text_config(tokenizer) | {
        "num_hidden_layers": 3,  # one more than deepstack features, so that the last has an effect
        "head_dim": WIDTH // 4,
        "rope_parameters": {"rope_type": "default", **rope},
    }
    return Qwen3VLConfig(vision_config=vision, text_config=text, **_token_ids(tokenizer))


def _text_config(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": len(tokenizer),
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _token_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    names = ("image_pad", "video_pad", "vision_start", "vision_end")
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in names}
    return {
        "image_token_id": ids["image_pad"],
        "video_token_id": ids["video_pad"],
        "vision_start_token_id": ids["vision_start"],
        "vision_end_token_id": ids["vision_end"],
        "tie_word_embeddings": False,
    }


CONFIGS = {"qwen2_5_vl": _qwen2_5_config, "qwen3_vl": _qwen3_config}
"""Configuration of a tiny model, by ``model_type``."""
