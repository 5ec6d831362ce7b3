"""Scores of answers to questions of several kinds: of all together, and of each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from skeletonllm.tasks.overlap import OverlapScores, score_overlap
from skeletonllm.tasks.task import Answer


@dataclass(frozen=True)
class KindScores:
    """How near answers come to their targets, and how near a guess would come.

    Args:
        overall: Of all answers.
        by_kind: Of those of each kind; empty where no kinds are known.
        chance: Kind to the share that is right if a choice is drawn, 0..1; 0 counts for free text.
    """

    overall: OverlapScores
    by_kind: Mapping[str, OverlapScores]
    chance: Mapping[str, float]

    @property
    def count(self) -> int:
        """Answers."""
        return self.overall.count

    def summarize(self) -> str:
        """That of all answers."""
        return self.overall.summarize()

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        told = {
            kind: {**scores.to_json(), "chance": self.chance[kind]}
            for kind, scores in self.by_kind.items()
        }
        return self.overall.to_json() | ({"by_kind": told} if told else {})


def score_kinds(answers: Sequence[Answer]) -> KindScores:
    """Scores of answers, which may say of which kind their question is.

    Raises:
        UsageError: There are no answers.

    Example:
        >>> asked = [Answer("a", "yes", "yes", 2, "order"), Answer("b", "3", "2", 4, "count")]
        >>> score_kinds(asked).by_kind["order"].same
        1.0
    """
    overall = score_overlap(answers)
    kinds: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.kind:
            kinds[answer.kind].append(answer)
    return KindScores(
        overall,
        {kind: score_overlap(found) for kind, found in sorted(kinds.items())},
        {kind: fmean(map(_guess, found)) for kind, found in sorted(kinds.items())},
    )


def _guess(answer: Answer) -> float:
    return 1 / answer.num_candidates if answer.num_candidates else 0.0
