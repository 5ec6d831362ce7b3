"""What a small classifier takes clips for that it has not seen: the source ``out_of_fold``.

A ridge regression from descriptors to classes is fitted without a fold of the training clips and
looks at that fold. Folds are groups of subjects, so it confuses what differs less between classes
than between people. All models follow from the sums of :mod:`.descriptors.moments`, and so does the
mean score of a class' held-out clips, since it is linear in them; only the counts of "taken for"
need the clips once more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.negatives.descriptors.moments import Index, Moments, select_folds
from skeletonllm.negatives.descriptors.robust_scale import FloatArray

SOURCE = "out_of_fold"
"""Name of this source in :data:`schemas.negative.SOURCES`."""
PENALTIES = tuple(float(p) for p in np.geomspace(1e-3, 10, 9))
"""Strengths of the ridge that are tried, in units of the mean variance of a dimension."""
SHARPNESS = tuple(float(s) for s in np.geomspace(2, 64, 6))
"""Factors before the softmax that are tried: scores of a ridge lie between 0 and 1 and are no
logits."""


@dataclass(frozen=True, eq=False)
class Ridge:
    """Linear scores of C classes: about 1 for the class that is meant, 0 for others.

    Args:
        weights: [D, C].
        offset: [C].
    """

    weights: FloatArray
    offset: FloatArray

    def score(self, values: FloatArray) -> FloatArray:
        """Scores [N, C] of standardized descriptors [N, D]."""
        return np.asarray(values @ self.weights + self.offset)


def fit_ridge(moments: Moments, penalty: float) -> Ridge:
    """The ridge of all clips in the moments.

    Args:
        moments: Of standardized descriptors.
        penalty: One of :data:`PENALTIES`, or alike.
    """
    counts, sums = moments.counts.sum(axis=0), moments.sums.sum(axis=0)
    total = max(float(counts.sum()), 1.0)
    mean, share = sums.sum(axis=0) / total, counts / total
    spread = moments.products.sum(axis=0) - total * np.outer(mean, mean)
    towards = (sums - counts[:, None] * mean).T  # [D, C]
    strength = penalty * max(float(np.trace(spread)) / len(mean), 1e-9)
    weights = np.linalg.solve(spread + strength * np.eye(len(mean)), towards)
    return Ridge(weights, share - mean @ weights)


def choose_penalty(moments: Moments) -> float:
    """The penalty whose models miss held-out clips by least, of :data:`PENALTIES`."""
    folds = range(len(moments.counts))
    missed = [
        sum(_miss(fit_ridge(moments.leave_out(f), p), select_folds(moments, [f])) for f in folds)
        for p in PENALTIES
    ]
    return PENALTIES[int(np.argmin(np.round(missed, 6)))]


def _miss(ridge: Ridge, held: Moments) -> float:
    """Sum of squared differences to 1 and 0 over the clips of one fold, from their sums alone."""
    counts, sums, products = held.counts[0], held.sums[0], held.products[0]
    total = float(counts.sum())
    scores = sums @ ridge.weights + counts[:, None] * ridge.offset  # [C, C], summed over clips
    squared = float(np.sum(ridge.weights * (products @ ridge.weights)))
    squared += 2 * float(ridge.offset @ (sums.sum(axis=0) @ ridge.weights))
    squared += total * float(ridge.offset @ ridge.offset)
    return squared - 2 * float(np.trace(scores)) + total


def score_held_out(moments: Moments, penalty: float) -> FloatArray:
    """Mean score [C, C] of each class (row) for each other one, over clips that were held out.

    Args:
        moments: Of two folds or more.
        penalty: Of the ridge.

    Returns:
        NaN on the diagonal, and for classes whose clips lie in fewer than two folds: no model
        knows them that has not seen them.
    """
    counts = moments.counts.sum(axis=0)
    total = np.zeros((len(counts), len(counts)))
    for fold in range(len(moments.counts)):
        ridge = fit_ridge(moments.leave_out(fold), penalty)
        total += moments.sums[fold] @ ridge.weights
        total += moments.counts[fold][:, None] * ridge.offset
    known = moments.find_known(least_folds=2)
    scores = np.where(np.outer(known, known), total / np.maximum(counts, 1)[:, None], np.nan)
    np.fill_diagonal(scores, np.nan)
    return np.asarray(scores)


class HeldOutTally:
    """What the clips of each fold are taken for by the model that was fitted without them.

    Args:
        moments: Of all clips, of two folds or more.
        penalty: Of the ridge.
    """

    def __init__(self, moments: Moments, penalty: float) -> None:
        folds, classes = moments.counts.shape
        self._ridges = [fit_ridge(moments.leave_out(fold), penalty) for fold in range(folds)]
        self._surprise = np.zeros(len(SHARPNESS))
        self._mass = np.zeros((len(SHARPNESS), folds, classes, classes))
        self.taken = np.zeros((classes, classes), np.int64)
        """Clips of each class (row) that were taken for each, hard counts."""

    def add(self, values: FloatArray, codes: Index, folds: Index) -> None:
        """Count clips in.

        Args:
            values: [N, D], standardized.
            codes: Class of each, [N].
            folds: Fold of each, [N].
        """
        for fold in np.unique(folds):
            held = folds == fold
            scores, own = self._ridges[fold].score(values[held]), codes[held]
            np.add.at(self.taken, (own, scores.argmax(axis=1)), 1)
            for number, factor in enumerate(SHARPNESS):
                chances = take_softmax(factor * scores)
                right = chances[np.arange(len(own)), own]
                self._surprise[number] -= float(np.log(np.maximum(right, 1e-12)).sum())
                np.add.at(self._mass[number, fold], own, chances)

    def sum_confusions(self) -> FloatArray:
        """Probability mass [F, C, C] that clips of a class (row) give to the others, by fold.

        The sharpness is the one under which the right classes are likeliest.
        """
        mass = self._mass[int(np.argmin(np.round(self._surprise, 6)))].copy()
        mass[:, *np.diag_indices(mass.shape[1])] = 0.0
        return np.asarray(mass)


def take_softmax(scores: FloatArray) -> FloatArray:
    """Probabilities [N, C] of logits [N, C]."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
