"""A scale for each dimension on which metres and radians count alike, and one broken clip nothing.

The centre is the median, the unit the median absolute deviation from it, in standard deviations of
a normal distribution. :func:`measure_scale` takes all values at once. :class:`ScaleSketch` counts
them in fixed bins instead: sketches add up, in any order, to the same counts, whatever the number
of clips, so a corpus is never in memory as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MAD_TO_STD = 1.4826
"""MAD of a normal distribution times this is its standard deviation."""
OUTLIER = 8.0
"""Standardized values are cut here: beyond it a value says "broken", not "different"."""
BINS = 4095
"""Bins of a sketch. They are as wide as 1 % of the value, and 1e-4 about zero: far below the spread
of any dimension of a descriptor. Odd, so that zero, which most often means "not shown", is the
middle of one."""
_FINEST, _REACH = 0.01, 1e7
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class RobustScale:
    """Where zero is and how long a unit is, in each dimension.

    Args:
        centre: [D].
        unit: [D]; infinite where all values are equal, so that they become 0.
    """

    centre: FloatArray
    unit: FloatArray

    def standardize(self, values: FloatArray) -> FloatArray:
        """Values [N, D] in units from the centre, within +-:data:`OUTLIER`; NaN becomes 0."""
        steps = (values - self.centre) / self.unit
        return np.asarray(np.clip(np.nan_to_num(steps), -OUTLIER, OUTLIER))


def measure_scale(values: FloatArray) -> RobustScale:
    """The exact scale of values [N, D] that are all at hand; NaN is left out."""
    if not values.size:
        return RobustScale(np.zeros(values.shape[1]), np.full(values.shape[1], np.inf))
    known = np.where(np.isnan(values).all(axis=0), 0.0, values)
    centre = np.nanmedian(known, axis=0)
    mad = MAD_TO_STD * np.nanmedian(np.abs(known - centre), axis=0)
    return _make_scale(centre, mad, np.nanstd(known, axis=0))


def _make_scale(centre: FloatArray, mad: FloatArray, std: FloatArray) -> RobustScale:
    """MAD where more than half of the values differ, else the standard deviation."""
    unit = np.where(mad > _TINY, mad, std)
    return RobustScale(centre, np.where(unit > _TINY, unit, np.inf))


def _middles() -> FloatArray:
    """The middle of each bin: evenly spaced near zero, in even ratios far from it."""
    ends = np.arcsinh(_REACH / _FINEST)
    return np.asarray(_FINEST * np.sinh(np.linspace(-ends, ends, BINS)))


@dataclass(eq=False)
class ScaleSketch:
    """How many values of each dimension fall into each bin.

    Args:
        width: D, number of dimensions.

    Example:
        >>> sketch = ScaleSketch(1)
        >>> sketch.add(np.array([[1.0], [2.0], [3.0]]))
        >>> sketch.measure().centre.round(1)
        array([2.])
    """

    width: int
    counts: npt.NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.width, BINS), np.int32)

    def add(self, values: FloatArray) -> None:
        """Count values [N, D]; what is not finite is left out."""
        ends = np.arcsinh(_REACH / _FINEST)
        at = np.arcsinh(np.nan_to_num(values) / _FINEST) / ends
        bins = np.clip(np.rint((at + 1) / 2 * (BINS - 1)), 0, BINS - 1).astype(np.int64)
        for dimension, column in enumerate(bins.T):
            kept = column[np.isfinite(values[:, dimension])]
            self.counts[dimension] += np.bincount(kept, minlength=BINS).astype(np.int32)

    def merge(self, other: ScaleSketch) -> None:
        """Add the counts of another sketch of as many dimensions."""
        self.counts += other.counts

    def measure(self) -> RobustScale:
        """The scale, as exact as the bins are narrow."""
        middles = _middles()
        rows = [_measure_row(counts.astype(np.int64), middles) for counts in self.counts]
        centre, mad, std = np.array(rows).reshape(-1, 3).T
        return _make_scale(centre, mad, std)


def _measure_row(counts: npt.NDArray[np.int64], middles: FloatArray) -> tuple[float, float, float]:
    """Median, scaled MAD and standard deviation of one dimension."""
    total = int(counts.sum())
    if not total:
        return 0.0, 0.0, 0.0
    centre = float(middles[np.searchsorted(np.cumsum(counts), (total + 1) // 2)])
    away = np.abs(middles - centre)
    order = np.argsort(away, kind="stable")
    nearest = np.searchsorted(np.cumsum(counts[order]), (total + 1) // 2)
    mean = float(counts @ middles) / total
    std = float(np.sqrt(float(counts @ (middles - mean) ** 2) / total))
    return centre, MAD_TO_STD * float(away[order][nearest]), std
