"""A metric: what is counted of each clip, and how the sums over clips make the score.

Kept apart so that a bootstrap draws clips without reading any text again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Combine = Callable[[Array, int], float]


@dataclass(frozen=True, eq=False)
class Metric:
    """One metric of a set of captions.

    Args:
        name: As it is stored.
        how: How it was measured, exactly enough to measure it again.
        counted: Of each clip, [N, K].
        combine: (sums over clips [K], number of clips) -> score.
    """

    name: str
    how: str
    counted: Array
    combine: Combine

    @property
    def value(self) -> float:
        """The score over all clips."""
        return self.combine(self.counted.sum(axis=0), len(self.counted))

    @classmethod
    def of_scores(cls, name: str, how: str, scores: Sequence[float]) -> Metric:
        """The mean of a score that each clip has.

        Args:
            name: As it is stored.
            how: How it was measured.
            scores: One a clip.
        """
        column = np.asarray(scores, np.float64)[:, None]
        return cls(name, how, column, lambda sums, count: float(sums[0]) / count)


def bootstrap_metrics(
    metrics: Sequence[Metric], draws: int, seed: int = 0
) -> list[tuple[float, float]]:
    """95 % percentile interval of each metric, by drawing clips with replacement.

    All metrics see the same draws. Word weights of CIDEr stay those of all clips.

    Args:
        metrics: Of the same clips, at least two.
        draws: How often all clips are drawn.
        seed: Of the draws.
    """
    count = len(metrics[0].counted)
    rng = np.random.default_rng(seed)
    values = np.empty((draws, len(metrics)))
    for draw in values:
        times = np.bincount(rng.integers(count, size=count), minlength=count)
        draw[:] = [metric.combine(times @ metric.counted, count) for metric in metrics]
    low, high = np.quantile(values, (0.025, 0.975), axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
