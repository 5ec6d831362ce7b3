"""What a score is worth: what the same answers score where the names of the classes mean nothing.

The answers are left as they are, and the classes are given each other's names by lot. Answers that
follow the motion but not the meaning of the names, such as one that sorts clips into the right
heaps, are then right as often as the lot wants. A score that does not stand out from these shows
no understanding of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.tasks.task import Answer

PERMUTATIONS = 1_000
"""Of the names. The 95th percentile then moves by about half a point from seed to seed; the fixed
seed makes it come again, not more exact."""


@dataclass(frozen=True)
class ShuffledNames:
    """How often answers are right where classes have each other's names.

    Args:
        mean: Of the share that is right, 0..1, over the permutations: about 1 / candidates.
        p95: 95th percentile of that share.
        as_good: Share of the permutations under which at least as many answers are right as under
            the true names, these counted in (Phipson and Smyth 2010): it is never 0. With two
            classes it is a half at best, so such a split cannot tell knowledge from luck.
        permutations: How many were drawn; the true names can be among them.
    """

    mean: float
    p95: float
    as_good: float
    permutations: int

    def summarize(self) -> str:
        """One sentence for a table's remarks."""
        return (
            f"names shuffled: {self.mean:.1%} on average, 95th percentile {self.p95:.1%}; "
            f"as good as the true names: {self.as_good:.1%}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json`` under ``shuffled_names``."""
        return dict(vars(self))


def shuffle_names(
    answers: Sequence[Answer], candidates: Sequence[str], seed: int = 0
) -> ShuffledNames:
    """What answers score where the names of the candidates are permuted.

    An answer is right if it is the name that its class was given. An answer that is no candidate
    is never right, here as there.

    Args:
        answers: About tested clips; at least one.
        candidates: All classes that were chosen from, also those without a clip.
        seed: Of the permutations.

    Raises:
        UsageError: There are no answers, or a target is no candidate.

    Example:
        >>> wave = Answer("a", "wave", "wave", num_candidates=2)
        >>> clap = Answer("b", "clap", "clap", num_candidates=2)
        >>> shuffle_names([wave, clap], ["wave", "clap"]).p95
        1.0
    """
    if not answers:
        raise UsageError("nothing to shuffle the names of", expected="at least one answer")
    taken = _count_taken(answers, candidates)
    classes, rng = np.arange(len(taken)), np.random.default_rng(seed)
    given = rng.permuted(np.tile(classes, (PERMUTATIONS, 1)), axis=1)  # [permutations, C]
    right = taken[classes, given].sum(axis=1)
    as_good = 1 + int((right >= np.trace(taken)).sum())
    return ShuffledNames(
        mean=float(right.mean() / len(answers)),
        p95=float(np.quantile(right, 0.95) / len(answers)),
        as_good=as_good / (1 + PERMUTATIONS),
        permutations=PERMUTATIONS,
    )


def _count_taken(answers: Sequence[Answer], candidates: Sequence[str]) -> np.ndarray:
    """Answers [C, C] by class (row) and prediction; what is no candidate is in no column."""
    place = {name: at for at, name in enumerate(candidates)}
    unknown = sorted({answer.target for answer in answers} - place.keys())
    if unknown:
        raise UsageError(
            f"classes {unknown} are no candidates", expected=f"some of {', '.join(candidates)}"
        )
    taken = np.zeros((len(place), len(place)), np.int64)
    for answer in answers:
        if answer.prediction in place:
            taken[place[answer.target], place[answer.prediction]] += 1
    return taken
