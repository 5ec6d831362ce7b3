"""How much each source counts in the fusion: chosen on training folds, never on a test part.

In turn, one fold of the training clips is held out. Sources are computed from the other folds, and
what a ridge fitted on these takes the held-out clips for is the target: the better mixture is the
one whose first k classes cover more of it. A mixture must be clearly better than the best single
source to be taken: a few hundred clips favour some mixture by chance, and what is weak drags down
what is strong. So its gain on a fold is that of the mixture which is best on all other folds, and
the mean gain is asked by Student's t, since folds are few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from skeletonllm.negatives.descriptors.robust_scale import FloatArray
from skeletonllm.negatives.fuse import RECIPROCAL
from skeletonllm.negatives.selection import TOP

LEAST_FOLDS = 3
"""Below this a standard error says nothing, and a fold that is held out takes half of the clips."""
LEAST_CLIPS = 4.0
"""Clips a class, on average, below which the target is noise."""
CLEARLY = (4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
"""Standard errors by which a mixture must be better, for 3, 4, ... folds, the last for all others:
97.5 % of Student's t. With 2.0 for all, names by the sentence model were mixed in on four subjects
of UTD-MHAD (t = 2.7), which cost 0.06 of the best source on the test part."""
_STEPS, _STEPS_OF_MANY = 8, 4
"""Weights are multiples of 1/8; of 1/4 where more than three sources are mixed."""

Matrix = FloatArray
"""Scores or mass [C, C]: row is the class, column the candidate; NaN where nothing is known."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """One fold that was held out.

    Args:
        sources: Name -> scores [C, C] from the other folds; NaN where it knows nothing.
        target: Confusion mass [C, C] of the clips of this fold, 0 on the diagonal.
    """

    sources: Mapping[str, Matrix]
    target: Matrix


@dataclass(frozen=True)
class Weights:
    """How much each source counts.

    Args:
        by_source: Name -> share; they sum to 1.
        why: How they came about, in words.
        top: The k whose coverage decided; 0 if nothing was measured.
        coverage: Mean coverage over the folds, of each source alone and of ``chosen``; see
            :func:`measure_coverage`.
    """

    by_source: Mapping[str, float]
    why: str
    top: int = 0
    coverage: Mapping[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``fusion.json`` holds it."""
        told = {name: round(share, 4) for name, share in (self.coverage or {}).items()}
        return {"weights": dict(self.by_source), "why": self.why, "top": self.top, "held_out": told}


def weigh_equally(sources: Sequence[str], why: str) -> Weights:
    """The same weight for every source.

    Args:
        sources: Their names.
        why: Said in ``fusion.json``.
    """
    return Weights({name: 1 / len(sources) for name in sources}, why)


def choose_top(classes: int) -> int:
    """The k whose coverage decides: 5 as a stage shows, at most a third of the other classes."""
    return max(1, min(TOP, -(-(classes - 1) // 3)))


def choose_weights(folds: Sequence[HeldOut]) -> Weights:
    """The best single source, or a mixture that is clearly better.

    Args:
        folds: At least :data:`LEAST_FOLDS`, of the same sources and classes.
    """
    names = list(folds[0].sources)
    top = choose_top(len(folds[0].target))
    grid = _list_mixtures(len(names))
    ranks = [np.stack([rank_matrix(fold.sources[n]) for n in names]) for fold in folds]
    measured = np.array(
        [
            [
                measure_coverage(mix_ranks(r, mix), f.target, top)
                for r, f in zip(ranks, folds, strict=True)
            ]
            for mix in grid
        ]
    )
    means = np.round(measured.mean(axis=1), 9)
    alone = [index for index, mix in enumerate(grid) if max(mix) == 1.0]
    single = max(alone, key=lambda i: means[i])
    mixed = _is_clearly_better(measured, single)
    chosen = int(np.argmax(means)) if mixed else single
    said = {names[int(np.argmax(grid[i]))]: float(means[i]) for i in alone}
    why = (
        f"a mixture that is clearly better in {len(folds)} held-out training folds than any source"
    )
    if not mixed:
        why = (
            f"the best source in {len(folds)} held-out training folds; no mixture is clearly better"
        )
    shares = dict(zip(names, grid[chosen], strict=True))
    return Weights(shares, why, top, {**said, "chosen": float(means[chosen])})


def _is_clearly_better(measured: FloatArray, single: int) -> bool:
    """Whether mixtures chosen on all folds but one beat the best single source on that one.

    Args:
        measured: Coverage [mixtures, folds].
        single: Row of the best single source.
    """
    folds = measured.shape[1]
    others = [np.delete(measured, fold, axis=1).mean(axis=1) for fold in range(folds)]
    chosen = [int(np.argmax(np.round(mean, 9))) for mean in others]
    gain = measured[chosen, range(folds)] - measured[single]
    error = float(gain.std(ddof=1)) / np.sqrt(folds)
    asked = CLEARLY[min(folds - LEAST_FOLDS, len(CLEARLY) - 1)]
    return float(gain.mean()) > asked * error + 1e-9


def _list_mixtures(sources: int) -> list[tuple[float, ...]]:
    steps = _STEPS if sources <= 3 else _STEPS_OF_MANY
    whole = product(range(steps, -1, -1), repeat=sources)
    return [tuple(share / steps for share in mix) for mix in whole if sum(mix) == steps]


def rank_matrix(scores: Matrix) -> Matrix:
    """Rank of each candidate in its row, 1 for the highest; ties share the last of their places.

    The diagonal and what the source does not know are NaN, as in :mod:`.fuse`.
    """
    rounded = np.round(scores, 9)
    np.fill_diagonal(rounded, np.nan)
    ranks = np.stack([(row[None, :] >= row[:, None]).sum(axis=1) for row in rounded]).astype(float)
    return np.where(np.isnan(rounded), np.nan, ranks)


def mix_ranks(ranks: FloatArray, mixture: Sequence[float]) -> Matrix:
    """Fused score [C, C], as :func:`.fuse.fuse_rankings` gives it.

    Args:
        ranks: [S, C, C], of each source.
        mixture: Weight of each source, [S].
    """
    heard = 1 / (RECIPROCAL + np.nan_to_num(ranks, nan=np.inf))
    there = ~np.isnan(ranks)
    shares = np.asarray(mixture)[:, None, None] * there
    # Where no source with a weight knows a candidate, those without one decide alike.
    shares = np.where(shares.sum(axis=0) > 0, shares, there)
    return np.asarray((shares * heard).sum(axis=0) / np.maximum(shares.sum(axis=0), 1e-12))


def measure_coverage(scores: Matrix, mass: Matrix, top: int) -> float:
    """Share of the confusions in the first k candidates: 0 is chance, 1 the best k there are.

    ``(covered - random) / (oracle - random)``: ``random`` is k / (C - 1), ``oracle`` ranks by the
    very mass. 0 where the two are the same.

    Args:
        scores: [C, C], higher is harder; ties go by the order of the classes.
        mass: Confusions [C, C] of each class (row), not negative; the diagonal is not looked at.
        top: k.
    """
    mass = np.where(np.eye(len(mass), dtype=bool), 0.0, mass)
    covered, oracle = (_take_first(by, mass, top) for by in (scores, mass))
    chance = top / max(len(mass) - 1, 1)
    return float((covered - chance) / (oracle - chance)) if oracle > chance + 1e-9 else 0.0


def _take_first(scores: Matrix, mass: Matrix, top: int) -> float:
    ordered = np.round(np.nan_to_num(scores, nan=-np.inf, neginf=-np.inf), 9)
    np.fill_diagonal(ordered, -np.inf)
    first = np.argsort(-ordered, axis=1, kind="stable")[:, :top]
    return float(np.take_along_axis(mass, first, axis=1).sum() / max(mass.sum(), 1e-12))
