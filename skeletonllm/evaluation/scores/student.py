"""Rationales of a student: what it writes, claim by claim against the joints (CR-Distill)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.evaluation.scores.dependence import bootstrap_mean
from skeletonllm.motion import Motion
from skeletonllm.rationales.language import ParsedClaim, parse_claims
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.verdicts import verify_steps

NOT_UNDERSTOOD = "not_understood"
"""Verdict on a sentence that claims nothing we can read."""
_JUDGED = ("step", "unknown")
"""Roles of a claim that are steps; a summary repeats steps, a cast names parts alone."""


def judge_told_steps(text: str, motion: Motion) -> tuple[str, ...]:
    """What the joints say of each step of a text, in order: words of ``schemas.response.VERDICTS``.

    A text names no seconds, so each step is looked for in the whole clip, and the order of two
    steps is judged only where one is told as the cause of the other.

    Args:
        text: What a model wrote.
        motion: What it is checked against.

    Example:
        >>> judge_told_steps("1. The right hand rises.\\nLabel: wave", waving)  # doctest: +SKIP
        ('true',)
    """
    claims = parse_claims(text)
    judged = [at for at, claim in enumerate(claims) if claim.role in _JUDGED]
    told = [at for at in judged if claims[at].role != "unknown"]
    steps = [_make_step(at, claims[at], motion.duration_s) for at in told]
    found = dict(zip(told, verify_steps(steps, motion), strict=True))
    return tuple(found[at].verdict if at in found else NOT_UNDERSTOOD for at in judged)


def _make_step(at: int, claim: ParsedClaim, duration_s: float) -> Step:
    """A claim as a step over the whole clip; a cause that the text does not tell contradicts it."""
    return Step(
        at + 1,
        0.0,
        duration_s,
        claim.motion,
        claim.part,
        side=claim.side,
        person=claim.person,
        target=claim.target,
        direction=claim.direction,
        count=claim.count,
        causes=tuple(cause + 1 for cause in claim.cause_indices if cause >= 0),
        text=claim.text,
    )


@dataclass(frozen=True)
class StepScores:
    """How much of what a model told is true of the clips.

    Args:
        verdicts: Of the steps of each text; a text without steps has none.
        subjects: Whom each clip shows.
    """

    verdicts: tuple[tuple[str, ...], ...]
    subjects: tuple[Any, ...]

    @property
    def shares(self) -> list[float]:
        """Share of true steps of each text; 0 of a text that tells none."""
        return [row.count("true") / len(row) if row else 0.0 for row in self.verdicts]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        counts = Counter(verdict for row in self.verdicts for verdict in row)
        return {
            "clips": len(self.verdicts),
            "true_steps": float(np.mean(self.shares)),
            "interval95": bootstrap_mean(self.shares, self.subjects),
            "steps": dict(sorted(counts.items())),
            "without_steps": sum(not row for row in self.verdicts),
        }


def score_steps(verdicts: Sequence[Sequence[str]], subjects: Sequence[Any]) -> StepScores:
    """The scores of the steps of several texts.

    Args:
        verdicts: Of each text, as :func:`judge_told_steps` gives them.
        subjects: Whom each clip shows, for the interval.
    """
    return StepScores(tuple(map(tuple, verdicts)), tuple(subjects))
