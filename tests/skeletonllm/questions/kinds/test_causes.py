"""Causes that are asked for carry most of their effects, and wrong choices little."""

from __future__ import annotations

from skeletonllm.kinematics import extract_bodies
from skeletonllm.questions.draft import NO, YES
from skeletonllm.questions.facts import find_facts
from skeletonllm.questions.kinds.causes import CARRIES, CARRIES_NOT, draft_causes
from skeletonllm.questions.people import find_cast
from skeletonllm.rationales.verify.counterfactual import measure_carried_share
from skeletonllm.synthesis import synthesize


def test_shares_are_clear_on_both_sides() -> None:
    drafts = 0
    for action in ("squat down", "drink water", "pick up"):
        motion = synthesize(action, seed=1, fps=15)
        cast = find_cast(motion)
        assert cast is not None
        (facts,) = find_facts(f"toy/{action}", motion, cast)
        people = extract_bodies(motion)
        for draft in draft_causes(facts):
            drafts += 1
            cause, effect = draft.right.steps
            assert measure_carried_share(cause, effect, people, motion.fps) >= CARRIES
            assert effect.causes == (cause.id,)
            wrong = {choice: readings for choice, readings in draft.wrong.items() if choice != NO}
            assert (draft.answer == YES) == (wrong == {} and NO in draft.wrong)
            for (reading,) in wrong.values():
                other, effect = reading.steps
                share = measure_carried_share(other, effect, people, motion.fps)
                assert not share > CARRIES_NOT
                assert (other.motion, other.part, other.side) != (
                    *(cause.motion, cause.part, cause.side),
                )
    assert drafts >= 4


def test_knees_make_a_body_sink() -> None:
    motion = synthesize("squat down", seed=1, fps=15)
    cast = find_cast(motion)
    assert cast is not None
    (facts,) = find_facts("toy/1", motion, cast)
    causes = {
        (draft.right.steps[0].motion, draft.right.steps[0].part)
        for draft in draft_causes(facts)
        if (draft.right.steps[1].motion, draft.right.steps[1].part) == ("lower", "body")
    }
    assert causes == {("bend", "knee")}
