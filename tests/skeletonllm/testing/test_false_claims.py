"""False claims: of several kinds, sayable, and contradicted where the true one is true."""

from __future__ import annotations

import pytest

from skeletonllm.rationales import KinematicTeacher, verify_steps
from skeletonllm.rationales.language import find_form_fault
from skeletonllm.rationales.rationale import Step
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.false_claims import falsify_step, falsify_words, list_false_claims

RAISE = Step(1, 0, 1, "raise", "hand", "left", target="head")


@pytest.mark.parametrize(
    "step",
    [
        RAISE,
        Step(1, 0, 1, "raise", "hand", "both"),
        Step(1, 0, 1, "turn", "body", direction="left"),
        Step(1, 0, 1, "push", "hand", "both", target="chest", direction="forward"),
        Step(1, 0, 1, "pull", "hand", "right"),
        Step(1, 0, 1, "circle", "hand", "right", direction="clockwise", count=2),
        Step(1, 0, 1, "oscillate", "hand", "right", direction="left", count=4),
        Step(1, 0, 1, "walk", "body", direction="forward", count=4),
        Step(1, 0, 1, "hold", "body"),
    ],
    ids=lambda step: step.motion,
)
def test_a_falsified_claim_is_another_claim_that_can_be_said(step: Step) -> None:
    for draw in range(8):
        lie = falsify_step(step, str(draw))
        assert lie != step
        assert not find_form_fault(lie)


def test_lies_are_of_several_kinds() -> None:
    lies = {falsify_step(RAISE, str(draw)) for draw in range(60)}
    assert {(s.side, s.motion, s.start_s, s.target, s.count) for s in lies} == {
        ("right", "raise", 0, "head", 1),
        ("left", "lower", 0, "head", 1),
        ("left", "raise", 2, "head", 1),
        ("left", "raise", 0, "chest", 1),
        ("left", "raise", 0, "head", 3),
    }


@pytest.mark.parametrize(
    ("step", "lie"),
    [
        (Step(1, 0, 1, "forward", "foot", "left"), ("backward", "")),
        (Step(1, 0, 1, "push", "hand", "left", direction="up"), ("pull", "")),
        (Step(1, 0, 1, "pull", "hand", "left"), ("push", "forward")),
        (Step(1, 0, 1, "lean", "torso", direction="back"), ("straighten", "")),
    ],
)
def test_the_opposite_motion_has_its_own_words(step: Step, lie: tuple[str, str]) -> None:
    assert lie in {(s.motion, s.direction) for s in list_false_claims(step)}


@pytest.mark.parametrize(
    ("way", "lie"), [("clockwise", "counterclockwise"), ("counterclockwise", "clockwise")]
)
def test_a_circle_goes_round_the_other_way(way: str, lie: str) -> None:
    step = Step(1, 0, 1, "circle", "hand", "right", direction=way)
    assert lie in {s.direction for s in list_false_claims(step)}


def test_words_lie_about_anything_but_the_time() -> None:
    words = [falsify_words(RAISE, str(draw)) for draw in range(40)]
    assert {(s.start_s, s.end_s) for s in words if s} == {(0, 1)}
    assert falsify_words(Step(1, 0, 1, "hold", "body"), "a") is None


def test_nearly_all_lies_about_a_motion_are_contradicted() -> None:
    found = []
    for action in ("drink water", "throw", "sit down", "pushing someone", "salute"):
        motion = synthesize(action, subject=3)
        clip = make_clip(motion, clip_id="toy/0", label=action, label_id=0, label_namespace="toy")
        for step in KinematicTeacher().rationale(clip).steps:
            found += [v.verdict for v in verify_steps(list_false_claims(step), motion)]
    assert len(found) > 100
    assert found.count("contradicted") >= 0.95 * len(found)
