"""What a student tells, judged by the joints."""

from __future__ import annotations

import pytest

from skeletonllm.evaluation.scores.student import judge_told_steps, score_steps
from skeletonllm.rationales import KinematicTeacher
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip

WAVING = synthesize("hand waving", seed=0)
SITTING = synthesize("sit down", seed=0)
JUMPING = synthesize("jump up", seed=1)


def teach(label: str) -> str:
    motion = synthesize(label, seed=0)
    clip = make_clip(motion, clip_id=f"lab/{label}", label=label, label_namespace="lab")
    return KinematicTeacher().rationale(clip, 0).text


def share(text: str, motion: object) -> float:
    verdicts = judge_told_steps(text, motion)
    return verdicts.count("true") / len(verdicts)


@pytest.mark.parametrize("label", ["hand waving", "sit down", "jump up", "throw", "squat down"])
def test_a_teachers_own_text_is_mostly_true_of_its_clip_and_less_of_others(label: str) -> None:
    text = teach(label)
    own = share(text, synthesize(label, seed=0))
    others = [m for name, m in (("hand waving", WAVING), ("sit down", SITTING)) if name != label]
    assert own >= 0.75
    assert all(share(text, motion) < own for motion in others)


def test_false_steps_are_contradicted_and_other_words_are_not_understood() -> None:
    text = "1. The left hand climbs to the level of the head.\n2. Then something happens.\nLabel: a"
    assert judge_told_steps(text, SITTING) == ("contradicted", "not_understood")
    assert judge_told_steps("1. The second person jumps.", SITTING)[0] in (
        "contradicted",
        "not_understood",
    )
    assert judge_told_steps("Label: sit down", SITTING) == ()


def test_a_cause_that_does_not_bring_its_effect_contradicts_the_step() -> None:
    """All movements are true of the clip by themselves; only elbows carry hands."""
    why = "1. Both elbows bend.\n2. Because both elbows bend, both hands rise."
    assert judge_told_steps(why, SITTING) == ("true", "true")
    wrong = "1. The left knee bends.\n2. Because the left knee bends, both hands rise."
    assert judge_told_steps(wrong, SITTING) == ("true", "contradicted")


def test_scores_count_verdicts_and_texts_without_steps() -> None:
    rows = [("true", "true"), ("true", "contradicted"), (), ("not_understood",)]
    told = score_steps(rows, ["a", "a", "b", "b"]).to_json()
    assert told["true_steps"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert told["steps"] == {"true": 3, "contradicted": 1, "not_understood": 1}
    assert told["without_steps"] == 1
    assert told["interval95"] == [0.0, 0.75]
