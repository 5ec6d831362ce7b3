"""Configurations of published widths, without any weight."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.training.estimates import Question

SaveConfig = Callable[..., str]

DECODER = {
    "model_type": "qwen2",
    "hidden_size": 3584,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "intermediate_size": 18944,
    "vocab_size": 151674,
    "tie_word_embeddings": False,
}
VISION = {
    "model_type": "internvl_vision",
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "image_size": [448, 448],
    "patch_size": [14, 14],
    "attention_bias": True,
}


@pytest.fixture
def save_config(tmp_path: Path) -> SaveConfig:
    """Writes the config.json of InternVL3-8B-hf, with changes, and gives its folder."""

    def save(decoder: dict[str, Any] | None = None, vision: dict[str, Any] | None = None) -> str:
        text = {**DECODER, **(decoder or {})}
        config = {
            "model_type": "internvl",
            "image_token_id": text["vocab_size"] - 7,
            "downsample_ratio": 0.5,
            "tie_word_embeddings": False,
            "text_config": text,
            "vision_config": {**VISION, **(vision or {})},
        }
        (tmp_path / "config.json").write_text(json.dumps(config))
        return str(tmp_path)

    return save


def ask(num_frames: int) -> Question:
    """A short question about some frames."""
    frames = "".join(f"Frame{i + 1}: <image>\n" for i in range(num_frames))
    return Question(f"{frames}Which action is it?\nsit down\nwave", "sit down")
