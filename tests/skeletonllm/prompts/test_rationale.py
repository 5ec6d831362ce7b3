from __future__ import annotations

import itertools
import re

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts import rationale as module
from skeletonllm.prompts.rationale import (
    ShownClip,
    TeacherMode,
    build_contradicted_follow_up,
    build_invalid_follow_up,
    build_student_prompt,
    build_teacher_prompt,
    hash_teacher_prompt,
)

SHOWN = ShownClip(2.4, 2, (0.4, 1.0), legend="the right hand is red")


def test_the_teacher_is_told_the_label_and_the_clip() -> None:
    text = build_teacher_prompt("sit down", SHOWN)
    assert "Ground-truth action label: sit down\n" in text
    assert "The label is: sit down\n" in text
    assert "causal chain" in text
    assert "lasts 2.40 s and shows 2 persons" in text
    assert "one sheet of 2 frames" in text
    assert "0.40, 1.00" in text
    assert "right hand on the left of the picture" in text
    assert "Colours: the right hand is red\n" in text


def test_a_hidden_label_is_nowhere_in_the_text() -> None:
    text = build_teacher_prompt("zumba", SHOWN, hide_label=True)
    assert "zumba" not in text
    assert "Infer it" in text
    assert "one of these" not in text


def test_candidates_are_given_where_the_label_is_hidden() -> None:
    candidates = ("salute", "sit down")
    assert "salute\nsit down\n" in build_teacher_prompt(
        "sit down", SHOWN, hide_label=True, candidates=candidates
    )
    assert "salute" not in build_teacher_prompt("sit down", SHOWN, candidates=candidates)


def test_facts_are_sent_along() -> None:
    text = build_teacher_prompt("sit down", SHOWN, facts=["The pelvis sinks."])
    assert "measured at the joints" in text
    assert "- The pelvis sinks.\n" in text


def test_single_frames_are_no_sheet() -> None:
    text = build_teacher_prompt("sit down", ShownClip(1.0, 1, (0.5,), layout="frames"))
    assert "sheet" not in text
    assert "shows 1 person." in text


def test_the_student_is_told_nothing() -> None:
    text = build_student_prompt(num_frames=2)
    assert text.count("<image>") == 2
    assert "Ground-truth" not in text
    assert "Colours" not in text
    assert text.endswith("formatted as 'Label: <action>'.")


@pytest.mark.parametrize("label", ["", "  ", "a\nb"])
def test_labels_that_no_final_line_can_hold(label: str) -> None:
    with pytest.raises(UsageError, match="expected one line that is not empty"):
        build_teacher_prompt(label, SHOWN)


def test_braces_in_a_label_are_text() -> None:
    assert "label: {x}\n" in build_teacher_prompt("{x}", SHOWN)


def test_follow_ups_say_what_is_wrong() -> None:
    assert build_invalid_follow_up("no steps.") == (
        "Your answer was not valid: no steps. Answer again with the JSON object only."
    )
    text = build_contradicted_follow_up(["step 2: it goes the other way (measured -0.31 m)"])
    assert "your claims:\nstep 2: it goes the other way (measured -0.31 m)\n" in text


def test_each_mode_has_its_own_hash() -> None:
    modes = [
        TeacherMode(bool(hide), bool(given), bool(facts), layout, again)
        for hide, given, facts in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 1)]
        for layout in ("contact", "frames")
        for again in [(), ("invalid",), ("contradicted",), ("invalid", "contradicted")]
    ]
    hashes = [hash_teacher_prompt(mode) for mode in modes]
    assert len(set(hashes)) == len(modes)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha) for sha in hashes)


def test_the_hash_goes_with_what_is_sent_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, facts = TeacherMode(), TeacherMode(facts=True)
    before = hash_teacher_prompt(plain), hash_teacher_prompt(facts)
    monkeypatch.setattr(module, "_STUDENT", "other")
    monkeypatch.setattr(module, "_FACTS", "other")
    assert hash_teacher_prompt(plain) == before[0]
    assert hash_teacher_prompt(facts) != before[1]
    monkeypatch.setattr(module, "PROMPT_VERSION", "rationale/999")
    assert hash_teacher_prompt(plain) != before[0]


def test_versions_of_teacher_and_student_are_two() -> None:
    versions = (module.PROMPT_VERSION, module.STUDENT_VERSION)
    assert versions == ("rationale/4", "student/1")
    assert all(a != b for a, b in itertools.combinations(versions, 2))
