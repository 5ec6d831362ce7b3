"""Accuracy of a multiple choice: top-1, by class, confusions, and what guessing would give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.tasks.task import Answer

Z_95 = 1.96
"""Normal quantile of a two-sided 95 % interval, the level that papers of this field report."""


@dataclass(frozen=True)
class AccuracyScores:
    """How often a set of answers is right.

    Args:
        count: Clips with an answer.
        top1: Fraction of them that is right, 0..1.
        low: Lower end of the 95 % Wilson interval of ``top1``.
        high: Its upper end.
        chance: Fraction that guessing among the candidates would get right; none of free text.
        by_class: (clips, right answers) by class.
        confusions: (class, answer, clips) of wrong answers, most clips first.
    """

    count: int
    top1: float
    low: float
    high: float
    chance: float
    by_class: dict[str, tuple[int, int]]
    confusions: tuple[tuple[str, str, int], ...]

    @property
    def mean_class(self) -> float:
        """Mean over the classes of their accuracies, 0..1: a rare class counts as a common one."""
        return sum(right / clips for clips, right in self.by_class.values()) / len(self.by_class)

    def summarize(self) -> str:
        """Top-1 accuracy, its interval and chance, in percent."""
        interval = f"95 %: {self.low:.1%} to {self.high:.1%}"
        return f"{self.top1:.1%} ({interval}; chance {self.chance:.1%})"

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return {
            "clips": self.count,
            "top1": self.top1,
            "interval95": [self.low, self.high],
            "mean_class": self.mean_class,
            "chance": self.chance,
            "by_class": {k: {"clips": n, "right": r} for k, (n, r) in self.by_class.items()},
            "confusions": [list(row) for row in self.confusions],
        }


def score_accuracy(answers: Sequence[Answer]) -> AccuracyScores:
    """Accuracy of answers that were chosen among candidates.

    Raises:
        UsageError: There are no answers.

    Example:
        >>> wave = Answer("a", "wave", "wave", num_candidates=4)
        >>> clap = Answer("b", "wave", "clap", num_candidates=4)
        >>> score_accuracy([wave, clap]).top1
        0.5
    """
    if not answers:
        raise UsageError("nothing to score", expected="at least one answer")
    clips = Counter(answer.target for answer in answers)
    right = Counter(answer.target for answer in answers if answer.target == answer.prediction)
    wrong = Counter((a.target, a.prediction) for a in answers if a.target != a.prediction)
    low, high = wilson_interval(right.total(), len(answers))
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return AccuracyScores(
        count=len(answers),
        top1=right.total() / len(answers),
        low=low,
        high=high,
        # statistics.mean is exact: with one number of candidates, chance is 1 / that number.
        chance=mean(1 / a.num_candidates if a.num_candidates else 0 for a in answers),
        by_class={name: (clips[name], right[name]) for name in sorted(clips)},
        confusions=tuple((target, chosen, n) for (target, chosen), n in ranked),
    )


def wilson_interval(hits: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """Lower and upper end of Wilson's interval of a fraction (JASA 1927), both within 0..1.

    Args:
        hits: Right answers.
        count: All answers, at least one.
        z: Normal quantile of the level.

    Example:
        >>> [round(end, 3) for end in wilson_interval(9, 10)]
        [0.596, 0.982]
    """
    share, square = hits / count, z * z / count
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(0.0, centre - half), min(1.0, centre + half)
