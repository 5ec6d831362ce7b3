from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts.question import PROMPT_VERSION, build_question_prompt
from skeletonllm.prompts.rationale import PICTURES


def test_the_wording_belongs_to_its_version() -> None:
    assert PROMPT_VERSION == "question/1"
    assert build_question_prompt("How often? ", num_frames=1) == (
        f"Frame1: <image>\n{PICTURES}\nHow often?\nAnswer with a word or a short sentence."
    )
    assert build_question_prompt("Which?", ("b", "a"), num_frames=1) == (
        f"Frame1: <image>\n{PICTURES}\nWhich?\nAnswer with one of these only:\nb\na"
    )


def test_a_stretch_is_told_in_frames() -> None:
    text = build_question_prompt("Which hand?", num_frames=4, stretch=(0.5, 1.0))
    assert "\nLook at what happens from Frame3 to Frame4. Which hand?\n" in text


def test_a_question_that_asks_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a text that is not empty"):
        build_question_prompt(" ", num_frames=1)
