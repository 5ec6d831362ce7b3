"""Models of the published widths whose weights are random, made where they will run.

They cost what trained ones do, in memory and in time, and say nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText

from benchmarks.learning.memory_on_paper import INTERNVL3_8B
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.internvl import InternVLAdapter
from skeletonllm.mllm.qwen_vl import Qwen25VLAdapter
from skeletonllm.mllm.tiny.qwen_vl import PICTURE
from skeletonllm.training.estimates.stand_in import StandInTokenizer, number_specials

QWEN25_VL_7B: dict[str, Any] = {
    "model_type": "qwen2_5_vl",
    "image_token_id": 151655,
    "video_token_id": 151656,
    "vision_start_token_id": 151652,
    "vision_end_token_id": 151653,
    "tie_word_embeddings": False,
    "text_config": INTERNVL3_8B["text_config"]
    | {
        "model_type": "qwen2_5_vl_text",
        "vocab_size": 152064,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [16, 24, 24],
        },
    },
    "vision_config": {
        "model_type": "qwen2_5_vl",
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
        "fullatt_block_indexes": [7, 15, 23, 31],
    },
}
"""The numbers of Qwen2.5-VL-7B-Instruct's config.json that memory depends on."""

_SMALL = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
TINY: dict[str, Any] = INTERNVL3_8B | {
    "text_config": INTERNVL3_8B["text_config"] | _SMALL,
    "vision_config": INTERNVL3_8B["vision_config"] | _SMALL | {"image_size": [56, 56]},
}
"""To try this benchmark where there is no GPU."""

CONFIGS = {"internvl3_8b": INTERNVL3_8B, "qwen2_5_vl_7b": QWEN25_VL_7B, "tiny": TINY}
"""Models by name: what their config.json says."""


def make_adapter(folder: str, device: str) -> Adapter:
    """A model of random bfloat16 weights, drawn where it will run, that reads words by length.

    Args:
        folder: Holds the config.json.
        device: Where it is made: on the CPU the weights of an 8B would take minutes.
    """
    config: Any = AutoConfig.from_pretrained(folder)
    qwen = config.model_type == "qwen2_5_vl"
    kind: Any = Qwen25VLAdapter if qwen else InternVLAdapter
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForImageTextToText.from_config(
            config, dtype=torch.bfloat16, attn_implementation="sdpa"
        )
    known = {kind.context_token: config.image_token_id}
    specials = number_specials(kind.special_tokens, known, config.get_text_config().vocab_size)
    picture = PICTURE["qwen2_5_vl"]  # mean and deviation cost the same in every family
    adapter: Adapter = kind(model, StandInTokenizer(specials), picture).eval().to(device)
    return adapter
