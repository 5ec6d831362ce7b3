"""The settings of a baseline, chosen on folds of its training part.

Only clips of the training part come in here, so nothing of the test part can decide: not a motion,
not a label, not how many clips there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.baselines.baseline import Baseline, Measured, Setting
from skeletonllm.evaluation.baselines.meanings import Array
from skeletonllm.evaluation.selection import Fold
from skeletonllm.negatives.held_out import SHARPNESS, take_softmax


@dataclass(frozen=True)
class Choice:
    """What was chosen, and on what grounds.

    Args:
        setting: The one whose fits are right most often about clips that were held out.
        sharpness: Factor that makes logits of its scores, under which the right classes are
            likeliest; it changes no answer.
        accuracy: Mean over the folds of the share that is right, of each setting.
        folds: How many.
    """

    setting: Setting
    sharpness: float
    accuracy: dict[str, float]
    folds: int

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return asdict(self)


def choose_setting(
    baseline: Baseline, trained: Measured, folds: Sequence[Fold], seed: int = 0
) -> Choice:
    """The setting that serves held-out clips of the training part best.

    Args:
        baseline: Whose settings.
        trained: The clips of the training part.
        folds: Of :mod:`skeletonllm.evaluation.selection`.
        seed: Of the fits.

    Raises:
        UsageError: No fold has clips both to learn from and to judge on.
    """
    judged = [
        _judge(baseline, trained, *fold, seed)
        for fold in folds
        if len(trained.take(fold[0]).rows) and len(trained.take(fold[1]).rows)
    ]
    if not judged:
        raise UsageError("no fold of the training part has clips", where=baseline.name)
    shares = np.array([[_share_right(*one) for one in fold] for fold in judged])  # [F, S]
    # Rounded, so that a last digit does not overrule caution.
    mean = np.round(shares.mean(axis=0), 6)
    best = int(mean.argmax())
    surprise = [sum(_surprise(f, *fold[best]) for fold in judged) for f in SHARPNESS]
    return Choice(
        setting=baseline.settings[best],
        sharpness=SHARPNESS[int(np.argmin(np.round(surprise, 6)))],
        accuracy={str(s): float(m) for s, m in zip(baseline.settings, mean, strict=True)},
        folds=len(judged),
    )


Judged = tuple[Array, Array]
"""Scores [N, C] of held-out clips, and the place [N] of the right class."""


def _judge(baseline: Baseline, trained: Measured, *fold_and_seed: Any) -> list[Judged]:
    """What the fit under each setting says of the clips of a fold."""
    learned, held, seed = fold_and_seed
    candidates = [name for name in trained.classes if held.shows(name)]
    own = trained.take(held)
    right = np.array([candidates.index(name) for name in own.labels])
    fits = baseline.fit(trained.take(learned), baseline.settings, seed)
    return [(fit.score(own.values, candidates), right) for fit in fits]


def _share_right(scores: Array, right: Array) -> float:
    return float((scores.argmax(axis=1) == right).mean())


def _surprise(factor: float, scores: Array, right: Array) -> float:
    """Mean negative logarithm of the right class' probability."""
    chances = take_softmax(factor * scores)[np.arange(len(right)), right]
    return float(-np.log(np.maximum(chances, 1e-12)).mean())
