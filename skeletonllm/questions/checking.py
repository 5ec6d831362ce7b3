"""Whether a draft may be asked: its answer is true, and every other choice is contradicted.

The judge is the one of rationales (:func:`skeletonllm.rationales.verify.verdicts.verify_steps`): it
measures the joints by rules of its own and knows nothing of how the question was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.motion import Motion
from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.rationales.verify.verdicts import verify_steps

NOT_TRUE = "answer_not_true"
ALSO_TRUE = "wrong_choice_true"
OPEN = "wrong_choice_open"
AGAIN = "happens_again"
REASONS = (NOT_TRUE, ALSO_TRUE, OPEN, AGAIN)

RIVAL = "the other side does it"
"""What the judge says of a side that does less than the other one: it may do it all the same."""
SHORTEST_CUT_S = 0.25
"""In less time nothing happens: half of the movements of a Kinect that are shorter are jumps of a
joint (:mod:`skeletonllm.rationales.compose.telling`)."""


def find_fault(draft: Draft, motion: Motion) -> str:
    """Why a draft may not be asked, one of :data:`REASONS`; empty if it may.

    Args:
        draft: The question.
        motion: What it asks about.
    """
    if judge_hypothesis(draft.right, motion) != "true":
        return NOT_TRUE
    readings = [reading for choice in draft.wrong.values() for reading in choice]
    found = _judge_until(readings, motion)
    if found != "contradicted":
        return ALSO_TRUE if found == "true" else OPEN
    return "" if _judge_until(draft.never, motion) == "contradicted" else AGAIN


def judge_hypothesis(hypothesis: Hypothesis, motion: Motion) -> str:
    """``true`` if all claims are, ``contradicted`` if one is, else ``unverifiable``.

    Args:
        hypothesis: Some claims, perhaps of a part of the clip.
        motion: What they are checked against.
    """
    steps = hypothesis.steps
    if hypothesis.cut is not None:
        part = cut_motion(motion, hypothesis.cut)
        if part is None:
            return "contradicted"
        steps = tuple(replace(s, start_s=0.0, end_s=part.duration_s) for s in steps)
        motion = part
    found = verify_steps(steps, motion)
    doubted = hypothesis.one_side and any(v.reason == RIVAL for v in found)
    verdicts = {v.verdict for v in found if not (hypothesis.one_side and v.reason == RIVAL)}
    if "contradicted" in verdicts:
        return "contradicted"
    return "true" if verdicts == {"true"} and not doubted else "unverifiable"


def cut_motion(motion: Motion, cut: tuple[float, float]) -> Motion | None:
    """The frames of some seconds; None if they are too few for anything to happen.

    Args:
        motion: The whole.
        cut: Seconds, start and end.
    """
    first = max(0, round(cut[0] * motion.fps))
    last = min(motion.num_frames, round(cut[1] * motion.fps))
    if last - first < max(2, SHORTEST_CUT_S * motion.fps):
        return None
    return motion.select_frames(np.arange(first, last))


def _judge_until(readings: Sequence[Hypothesis], motion: Motion) -> str:
    """The first verdict that is no contradiction; ``contradicted`` if there is none."""
    verdicts = (judge_hypothesis(reading, motion) for reading in readings)
    return next((found for found in verdicts if found != "contradicted"), "contradicted")
