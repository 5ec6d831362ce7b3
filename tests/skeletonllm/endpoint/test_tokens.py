"""Tokens by the formulas that the models' makers publish, on their own examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.endpoint.request import ChatRequest, Message, Picture, Sampling
from skeletonllm.endpoint.tokens import (
    bound_input_tokens,
    count_input_tokens,
    count_picture_tokens,
    published_tokens,
)

HTTP = "http://127.0.0.1/v1"


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o-2024-08-06", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o", (448, 448), "auto", 255),
        ("gpt-4o-mini", (1024, 1024), "high", 2833 + 4 * 5667),
        ("gpt-4.1-mini", (1024, 1024), "high", 1659),
        ("gpt-4.1-mini", (1800, 2400), "high", 2353),  # 1452 patches
        ("gpt-4.1", (1024, 1024), "high", 765),
        ("Qwen/Qwen2.5-VL-7B-Instruct", (448, 448), "high", 16 * 16 + 2),
        ("Qwen/Qwen3-VL-8B-Instruct", (448, 448), "high", 14 * 14 + 2),
        ("OpenGVLab/InternVL3-8B-hf", (448, 448), "high", 256 + 2),
        ("OpenGVLab/InternVL3-8B-hf", (896, 448), "high", 3 * 256 + 2),
        ("claude-sonnet-4", (1000, 750), "high", 1000),
        ("somebody/unknown", (1024, 1024), "high", 765),
    ],
)
def test_a_picture_counts_as_its_family_publishes(
    model: str, size: tuple[int, int], detail: str, tokens: int
) -> None:
    assert count_picture_tokens(model, *size, detail) == tokens


def test_any_size_of_picture_counts_for_any_family() -> None:
    for model in ("gpt-4o", "gpt-4.1-nano", "qwen2-vl", "qwen3-vl", "internvl", "claude"):
        for size in ((1, 1), (1, 9000), (9000, 1), (9000, 9000), (31, 33)):
            for detail in ("high", "low"):
                assert count_picture_tokens(model, *size, detail) >= 1


def test_a_request_counts_its_texts_its_pictures_and_its_form() -> None:
    picture = Picture(b"", 1024, 1024, "recipe")
    user = Message("user", ("é" * 200, picture))
    system = Message("system", ("x" * 400,))
    asked = ChatRequest(HTTP, "gpt-4o", (system, user), Sampling(), "t/1")
    assert count_input_tokens(asked) == 200 + 2 * 4 + 765
    assert bound_input_tokens(asked) == 400 + 2 * 4 + 957
    shaped = ChatRequest(HTTP, "gpt-4o", (user,), Sampling(), "t/1", 0, {"a": "b" * 32})
    assert count_input_tokens(shaped) == 110 + 4 + 765 + 1


def test_a_picture_for_a_model_of_no_known_family_is_reserved_for_the_dearest() -> None:
    small = Picture(b"", 224, 224, "recipe")
    asked = ChatRequest(HTTP, "tiny-llava", (Message("user", (small,) * 12),), Sampling(), "t/1")
    assert count_input_tokens(asked) == 4 + 12 * 255
    assert bound_input_tokens(asked) == 4 + 12 * 2928  # transformers serve counted 12 * 576
    known = replace(asked, model="gpt-4o-2024-08-06")
    assert bound_input_tokens(known) == 4 + 12 * 255 * 1.25
    large = replace(small, width=4000, height=4000)
    dear = replace(asked, model="my-qwen-vl", messages=(Message("user", (large,)),))
    assert bound_input_tokens(dear) > 2928


def test_the_papers_pictures_count_as_twelve() -> None:
    assert published_tokens("gpt-4o") == 12 * 255 + 25
