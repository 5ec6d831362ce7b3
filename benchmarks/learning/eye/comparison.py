"""Is one arm read better than another? Paired differences with a bootstrap interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Right = npt.NDArray[np.bool_]
"""Whether each clip was read right with each seed, [seeds, clips]."""

RESAMPLES = 10_000
_AT_ONCE = 500
"""Resamples drawn at once: 4 MB of indices for 1,000 clips."""


@dataclass(frozen=True)
class Difference:
    """Mean paired difference of two arms, with a 95 % interval, as shares of 1."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.1%} ({self.low:+.1%} to {self.high:+.1%})"


def compare_arms(right: Right, reference: Right) -> Difference:
    """How much more of the same clips an arm gets right than another.

    A clip's difference is its mean over seeds, and clips are resampled: the interval says what
    other clips of the same people would do, not what other people or other seeds would.

    Args:
        right: [seeds, clips] of the arm.
        reference: [seeds, clips] of the other one; its seeds may be more or fewer.
    """
    of_clips = right.mean(0) - reference.mean(0)
    return Difference(float(of_clips.mean()), *bootstrap_interval(of_clips))


def bootstrap_interval(values: npt.NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantile of the means of resampled values.

    Args:
        values: One a clip.
        seed: Of the resampling.
    """
    rng = np.random.default_rng(seed)
    means = [
        values[rng.integers(len(values), size=(_AT_ONCE, len(values)))].mean(1)
        for _ in range(RESAMPLES // _AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(low), float(high)
