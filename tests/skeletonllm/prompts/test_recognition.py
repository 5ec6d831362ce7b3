from __future__ import annotations

from collections import Counter

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts.recognition import (
    PROMPT_VERSION,
    build_recognition_prompt,
    shuffle_candidates,
)

LABELS = ("drink water", "sit down", "wave")


def test_the_wording_belongs_to_its_version() -> None:
    assert PROMPT_VERSION == "recognition/1"
    assert build_recognition_prompt(LABELS, num_frames=2, key="clip 1") == (
        "Frame1: <image>\nFrame2: <image>\n"
        "Choose the action of this clip and answer with its label only:\n"
        "wave\ndrink water\nsit down"
    )


def test_the_order_depends_on_the_key_alone() -> None:
    assert shuffle_candidates(LABELS, "a") == shuffle_candidates(LABELS[::-1], "a")
    assert len({tuple(shuffle_candidates(LABELS, str(key))) for key in range(100)}) == 6


def test_a_position_says_nothing_about_the_label() -> None:
    drawn = 3000
    first = Counter(shuffle_candidates(LABELS, str(key))[0] for key in range(drawn))
    for label in LABELS:  # 5 standard deviations of a fair draw
        assert abs(first[label] - drawn / 3) < 5 * (drawn * 2 / 9) ** 0.5


@pytest.mark.parametrize("labels", [("wave",), ("wave", "wave")])
def test_a_choice_needs_different_candidates(labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="expected two or more, all different"):
        build_recognition_prompt(labels, num_frames=1, key="a")
