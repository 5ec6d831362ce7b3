"""How alike the motions of classes are, from one descriptor a clip.

Each dimension is put on a pooled robust scale (:mod:`.descriptors.robust_scale`), so that metres
and radians count alike and one broken clip shifts nothing. Two classes are as far apart as their
means are, measured in their own spread: a wide class is close to many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import UsageError
from skeletonllm.negatives.descriptors.moments import Moments
from skeletonllm.negatives.descriptors.robust_scale import FloatArray, measure_scale

PRIOR_CLIPS = 4.0
"""A class' spread leans on the pooled one as if it had this many clips more; one clip has none."""


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
    """Mean and spread of each class, of descriptors that are all at hand.

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
    names = sorted(set(labels))
    codes = np.array([names.index(label) for label in labels], dtype=np.int64)
    values = np.asarray(descriptors, dtype=np.float64)
    moments = Moments.make_empty(1, len(names), values.shape[1])
    moments.add(measure_scale(values).standardize(values), codes, np.zeros_like(codes))
    return summarize_moments(names, moments)


def summarize_moments(labels: Sequence[str], moments: Moments) -> ClassStatistics:
    """Mean and spread of each class that has clips, over all folds.

    Args:
        labels: C class names, in the order of the moments.
        moments: Of standardized descriptors.
    """
    met = moments.find_known()
    counts = moments.counts.sum(axis=0)[met]
    sums, squares = (part.sum(axis=0)[met] for part in (moments.sums, moments.squares))
    means = sums / np.maximum(counts, 1)[:, None]
    within = np.maximum(squares - sums * means, 0.0)
    pooled = within.sum(axis=0) / max(float((counts - 1).sum()), 1.0)
    variance = (within + PRIOR_CLIPS * pooled) / (counts[:, None] + PRIOR_CLIPS)
    spreads = np.sqrt(np.maximum(variance, 1e-4))
    names = tuple(label for label, there in zip(labels, met, strict=True) if there)
    return ClassStatistics(names, means, np.asarray(spreads), counts.astype(np.int64))


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
