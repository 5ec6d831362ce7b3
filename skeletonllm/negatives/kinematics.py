"""How alike the motions of classes are, from one descriptor a clip.

Each dimension is put on a pooled robust scale (median and MAD over all clips), so that metres and
radians count alike and one broken clip shifts nothing. Two classes are as far apart as their means
are, measured in their own spread: a wide class is close to many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError

FloatArray = npt.NDArray[np.float64]

MAD_TO_STD = 1.4826
"""MAD of a normal distribution times this is its standard deviation."""
OUTLIER = 8.0
"""Standardized values are cut here: beyond it a value says "broken", not "different"."""
PRIOR_CLIPS = 4.0
"""A class' spread leans on the pooled one as if it had this many clips more; one clip has none."""
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class ClassStatistics:
    """Where each class lies in standardized descriptor space.

    Args:
        labels: C class names, sorted.
        means: [C, D].
        spreads: [C, D], standard deviation within the class, never 0.
        counts: [C], clips of each class.
    """

    labels: tuple[str, ...]
    means: FloatArray
    spreads: FloatArray
    counts: npt.NDArray[np.int64]


def compute_class_statistics(descriptors: FloatArray, labels: Sequence[str]) -> ClassStatistics:
    """Mean and spread of each class.

    Args:
        descriptors: [N, D], one row a clip; NaN where a clip does not show the quantity.
        labels: Class of each row.

    Raises:
        UsageError: The two do not fit, or a value is infinite.
    """
    if descriptors.ndim != 2 or len(descriptors) != len(labels):
        found = f"descriptors of shape {descriptors.shape} for {len(labels)} labels"
        raise UsageError(found, expected="one row a label: [N, D]")
    if np.isinf(descriptors).any():
        raise UsageError("an infinite value in the descriptors")
    names = tuple(sorted(set(labels)))
    codes = np.array([names.index(label) for label in labels], dtype=np.int64)
    values = _standardized(np.asarray(descriptors, dtype=np.float64))
    groups = [values[codes == code] for code in range(len(names))]
    means = np.array([group.mean(axis=0) for group in groups]).reshape(len(names), -1)
    counts = np.array([len(group) for group in groups], dtype=np.int64)
    return ClassStatistics(names, means, _spreads(groups, means, counts), counts)


def _standardized(values: FloatArray) -> FloatArray:
    """On the pooled robust scale; constant dimensions and NaN become 0, "nothing to say"."""
    if not values.size:
        return values
    known = np.where(np.isnan(values).all(axis=0), 0.0, values)
    centre = np.nanmedian(known, axis=0)
    scale = MAD_TO_STD * np.nanmedian(np.abs(known - centre), axis=0)
    scale = np.where(scale > _TINY, scale, np.nanstd(known, axis=0))
    steps = (known - centre) / np.where(scale > _TINY, scale, np.inf)
    return np.asarray(np.clip(np.nan_to_num(steps), -OUTLIER, OUTLIER))


def _spreads(
    groups: Sequence[FloatArray], means: FloatArray, counts: npt.NDArray[np.int64]
) -> FloatArray:
    squares = [((g - mean) ** 2).sum(axis=0) for g, mean in zip(groups, means, strict=True)]
    sums = np.array(squares).reshape(means.shape)
    pooled = sums.sum(axis=0) / max(int((counts - 1).sum()), 1)
    variance = (sums + PRIOR_CLIPS * pooled) / (counts[:, None] + PRIOR_CLIPS)
    return np.asarray(np.sqrt(np.maximum(variance, 1e-4)))


def compute_class_distances(statistics: ClassStatistics) -> FloatArray:
    """Distance between classes, [C, C]: symmetric, 0 on the diagonal.

    Root mean square over the dimensions of the difference of means in units of the mean variance
    of the two classes: 1 means "apart by about one spread".
    """
    distances = np.zeros((len(statistics.labels),) * 2)
    variance = statistics.spreads**2
    for row, mean in enumerate(statistics.means):
        squared = (statistics.means - mean) ** 2 / ((variance + variance[row]) / 2)
        distances[row] = np.sqrt(squared.mean(axis=1)) if squared.size else 0.0
    return distances
