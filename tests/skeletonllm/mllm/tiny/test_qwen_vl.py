from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from skeletonllm.mllm.qwen_vl import CLASSES
from skeletonllm.mllm.tiny.qwen_vl import PICTURE, SPECIAL_TOKENS, tiny_qwen_vl

TEMPLATES = Path(__file__).parents[1] / "templates"
TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "You watch people."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Frame1: "},
            {"type": "image"},
            {"type": "text", "text": "\nwave or sit down?"},
        ],
    },
    {"role": "assistant", "content": "wave"},
    {"role": "user", "content": "sure?"},
]

make = cache(tiny_qwen_vl)


@pytest.mark.parametrize("model_type", sorted(CLASSES))
class TestTinyQwen:
    def test_it_is_tiny_and_of_the_real_class(self, model_type: str) -> None:
        adapter = make(model_type, ("wave",))
        assert type(adapter.model) is CLASSES[model_type][1]
        assert adapter.model.config.model_type == model_type
        assert 200_000 < sum(p.numel() for p in adapter.model.parameters()) < 700_000

    def test_patches_are_cut_as_published(self, model_type: str) -> None:
        adapter = make(model_type, ("wave",))
        layout, says = adapter.layout, PICTURE[model_type]
        assert (layout.patch, layout.merge) == (says["patch_size"], says["merge_size"])
        assert layout.temporal == says["temporal_patch_size"]
        assert adapter.patch == {"qwen2_5_vl": 28, "qwen3_vl": 32}[model_type]

    def test_weights_depend_on_the_seed_alone(self, model_type: str) -> None:
        first, again, other = (tiny_qwen_vl(model_type, ["wave"], seed=s) for s in (0, 0, 1))
        for name, weight in first.projector.state_dict().items():
            assert torch.equal(weight, again.projector.state_dict()[name])
        head, drawn_otherwise = first.head.state_dict(), other.head.state_dict()
        assert not torch.equal(head["weight"], drawn_otherwise["weight"])

    def test_special_tokens_are_single(self, model_type: str) -> None:
        tokenizer = make(model_type, ("wave",)).tokenizer
        assert [len(tokenizer(token)["input_ids"]) for token in SPECIAL_TOKENS] == [1] * 8

    @pytest.mark.parametrize("first", [0, 1])
    def test_its_chat_template_writes_what_the_published_one_does(
        self, model_type: str, first: int
    ) -> None:
        """With a system message, and without one: Qwen2.5 then adds its own."""
        tokenizer = make(model_type, ("wave",)).tokenizer
        published = (TEMPLATES / f"{model_type}.jinja").read_text()
        ours, theirs = (
            tokenizer.apply_chat_template(
                TURNS[first:], chat_template=template, tokenize=False, add_generation_prompt=True
            )
            for template in (None, published)
        )
        assert ours == theirs
        assert ("You are a helpful assistant." in ours) == (model_type == "qwen2_5_vl" and first)
