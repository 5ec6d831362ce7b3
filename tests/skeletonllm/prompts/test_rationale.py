from __future__ import annotations

import re

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts import build_student_prompt, build_teacher_prompt, hash_prompts
from skeletonllm.prompts import rationale as module


def test_the_teacher_is_told_the_label_and_ends_with_it() -> None:
    text = build_teacher_prompt("sit down", corpus="NTU RGB+D", num_frames=3)
    assert text.startswith("Frame1: <image>\nFrame2: <image>\nFrame3: <image>\n")
    assert "Ground-truth action label: sit down" in text
    assert "causal chain" in text
    assert text.splitlines()[-1] == "Label: sit down"


def test_the_student_is_told_nothing() -> None:
    text = build_student_prompt(num_frames=2)
    assert text.count("<image>") == 2
    assert "Ground-truth" not in text
    assert text.endswith("formatted as 'Label: <action>'.")


@pytest.mark.parametrize("label", ["", "  ", "a\nb"])
def test_labels_that_no_final_line_can_hold(label: str) -> None:
    with pytest.raises(UsageError, match="expected one line that is not empty"):
        build_teacher_prompt(label, corpus="x", num_frames=1)


def test_braces_in_a_label_are_text() -> None:
    assert build_teacher_prompt("{x}", corpus="c", num_frames=1).endswith("Label: {x}")


def test_the_hash_goes_with_the_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hash_prompts()
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    monkeypatch.setattr(module, "PROMPT_VERSION", "rationale/999")
    assert hash_prompts() != before
