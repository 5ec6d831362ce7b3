"""Sums over clips from which everything about classes follows, apart for each fold.

Means, spreads and a ridge regression need only counts, sums, squares and products. These add up
over parts of a corpus, and "without this fold" is a subtraction: nothing is read twice for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.negatives.descriptors.robust_scale import FloatArray

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the clips of F folds and C classes, of D standardized dimensions.

    Args:
        counts: [F, C], clips.
        sums: [F, C, D].
        squares: [F, C, D], of each dimension by itself.
        products: [F, D, D], of each pair of dimensions, over all classes.
    """

    counts: FloatArray
    sums: FloatArray
    squares: FloatArray
    products: FloatArray

    @classmethod
    def make_empty(cls, folds: int, classes: int, width: int) -> Moments:
        """Sums over no clip.

        Args:
            folds: F.
            classes: C.
            width: D.
        """
        shape = (folds, classes, width)
        return cls(
            np.zeros(shape[:2]), np.zeros(shape), np.zeros(shape), np.zeros((folds, width, width))
        )

    def add(self, values: FloatArray, codes: Index, folds: Index) -> None:
        """Count clips in, in place.

        Args:
            values: [N, D], standardized.
            codes: Class of each, [N].
            folds: Fold of each, [N].
        """
        np.add.at(self.counts, (folds, codes), 1.0)
        np.add.at(self.sums, (folds, codes), values)
        np.add.at(self.squares, (folds, codes), values**2)
        for fold in np.unique(folds):
            rows = values[folds == fold]
            self.products[fold] += rows.T @ rows

    def leave_out(self, *folds: int) -> Moments:
        """The other folds, in their order.

        Args:
            folds: Which are left out.
        """
        kept = [fold for fold in range(len(self.counts)) if fold not in folds]
        return Moments(self.counts[kept], self.sums[kept], self.squares[kept], self.products[kept])

    def find_known(self, least_folds: int = 1) -> npt.NDArray[np.bool_]:
        """Whether a class has clips in so many folds, bool [C].

        Args:
            least_folds: How many.
        """
        return np.asarray((self.counts > 0).sum(axis=0) >= least_folds)


def select_folds(moments: Moments, folds: Collection[int]) -> Moments:
    """Some folds alone, in their order.

    Args:
        moments: Of all.
        folds: Which are kept.
    """
    return moments.leave_out(*(f for f in range(len(moments.counts)) if f not in folds))
