"""Numbers of a classification: top-1, per class, confusions, and what guessing would give."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skeletonllm.errors import UsageError


@dataclass(frozen=True)
class Answer:
    """One judged clip: its id, the right class, and the chosen one."""

    clip_id: str
    label: str
    chosen: str


@dataclass(frozen=True)
class Scores:
    """What a set of answers amounts to.

    Args:
        count: Clips judged.
        top1: Share that is right.
        low: Lower end of the 95 % Wilson interval of ``top1``.
        high: Its upper end.
        chance: Share that guessing among the candidates would give.
        by_class: (clips, right) by class.
        confusions: How often a class was taken for another, most often first.
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
        """Mean of the accuracies of the classes."""
        return sum(right / clips for clips, right in self.by_class.values()) / len(self.by_class)

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


def score(answers: Sequence[Answer], candidates: int) -> Scores:
    """Sum up answers given among ``candidates`` classes.

    Raises:
        UsageError: There are no answers.

    Example:
        >>> score([Answer("a", "wave", "wave"), Answer("b", "wave", "clap")], 4).top1
        0.5
    """
    if not answers:
        raise UsageError("nothing was judged", expected="at least one answer")
    clips = Counter(answer.label for answer in answers)
    right = Counter(answer.label for answer in answers if answer.label == answer.chosen)
    wrong: dict[tuple[str, str], int] = defaultdict(int)
    for answer in answers:
        if answer.label != answer.chosen:
            wrong[answer.label, answer.chosen] += 1
    hits = sum(right.values())
    low, high = wilson(hits, len(answers))
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return Scores(
        count=len(answers),
        top1=hits / len(answers),
        low=low,
        high=high,
        chance=1 / candidates,
        by_class={name: (clips[name], right[name]) for name in sorted(clips)},
        confusions=tuple((label, chosen, n) for (label, chosen), n in ranked),
    )


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson, JASA 1927); 95 % for the default ``z``.

    Example:
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]
    """
    share, square = hits / count, z * z / count
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(0.0, centre - half), min(1.0, centre + half)
