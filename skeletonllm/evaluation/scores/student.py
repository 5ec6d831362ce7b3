"""Rationales of a student: what it writes, claim by claim against the joints (CR-Distill)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.evaluation.scores.dependence import bootstrap_mean
from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.told import verify_text

NOT_UNDERSTOOD = "not_understood"
"""Verdict on a sentence that claims nothing we can read."""
_JUDGED = ("step", "unknown")
"""Roles of a claim that are steps; a summary repeats steps, a cast names parts alone."""


def judge_told_steps(text: str, motion: Motion) -> tuple[str, ...]:
    """What the joints say of each step of a text, in order: words of ``schemas.response.VERDICTS``.

    Args:
        text: What a model wrote.
        motion: What it is checked against.

    Example:
        >>> judge_told_steps("1. The right hand rises.\\nLabel: wave", waving)  # doctest: +SKIP
        ('true',)
    """
    told = (each for each in verify_text(text, motion) if each.claim.role in _JUDGED)
    return tuple(each.verdict.verdict if each.verdict else NOT_UNDERSTOOD for each in told)


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
