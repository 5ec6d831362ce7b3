from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.negatives.descriptors.moments import Moments
from skeletonllm.negatives.held_out import (
    PENALTIES,
    HeldOutTally,
    choose_penalty,
    fit_ridge,
    score_held_out,
    take_softmax,
)

RNG = np.random.default_rng(6)
CENTRES = np.array([[0.0, 0, 0, 0], [0.7, 0, 0, 0], [4.0, 0, 0, 0], [0, 5.0, 0, 0]])
CODES = np.tile(np.arange(4), 60)
FOLDS = np.repeat(np.arange(3), 80)
VALUES = CENTRES[CODES] + RNG.normal(0, 0.6, (240, 4))


def moments_of(rows: np.ndarray | slice = slice(None), folds: int = 3) -> Moments:
    moments = Moments.make_empty(folds, 4, 4)
    moments.add(VALUES[rows], CODES[rows], FOLDS[rows])
    return moments


def test_the_ridge_of_sums_is_the_ridge_of_the_clips() -> None:
    centred, wanted = VALUES - VALUES.mean(axis=0), np.eye(4)[CODES]
    gram = centred.T @ centred
    weights = np.linalg.solve(
        gram + 0.1 * np.trace(gram) / 4 * np.eye(4), centred.T @ (wanted - wanted.mean(axis=0))
    )
    ridge = fit_ridge(moments_of(), 0.1)
    np.testing.assert_allclose(ridge.weights, weights, atol=1e-9)
    np.testing.assert_allclose(ridge.score(VALUES).mean(axis=0), wanted.mean(axis=0), atol=1e-9)


def test_the_penalty_is_the_one_that_misses_held_out_clips_by_least() -> None:
    moments = moments_of()
    missed = []
    for penalty in PENALTIES:
        parts = [(fit_ridge(moments.leave_out(f), penalty), f == FOLDS) for f in range(3)]
        missed.append(
            sum(((r.score(VALUES[m]) - np.eye(4)[CODES[m]]) ** 2).sum() for r, m in parts)
        )
    assert choose_penalty(moments) == PENALTIES[int(np.argmin(missed))]


def test_mean_scores_are_those_of_models_that_did_not_see_the_clips() -> None:
    scores = score_held_out(moments_of(), 0.1)
    expected = np.zeros((4, 4))
    for fold in range(3):
        held = fold == FOLDS
        told = fit_ridge(moments_of(~held), 0.1).score(VALUES[held])
        np.add.at(expected, CODES[held], told)
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(scores[off], (expected / 60)[off], atol=1e-9)
    assert np.isnan(np.diag(scores)).all()
    assert np.nanargmax(scores[0]) == 1  # the near class
    assert np.nanargmax(scores[1]) == 0


def test_a_class_in_a_single_fold_is_not_known() -> None:
    rows = (CODES != 2) | (FOLDS == 0)
    scores = score_held_out(moments_of(rows), 0.1)
    assert np.isnan(scores[2]).all()
    assert np.isnan(scores[:, 2]).all()
    assert np.isfinite(scores[0, [1, 3]]).all()


def test_confusions_are_of_held_out_clips_by_fold_and_parts_add_up() -> None:
    moments = moments_of()
    whole, parts = HeldOutTally(moments, 0.1), HeldOutTally(moments, 0.1)
    whole.add(VALUES, CODES, FOLDS)
    for part in np.array_split(np.arange(240), 7):
        parts.add(VALUES[part], CODES[part], FOLDS[part])
    np.testing.assert_array_equal(whole.taken, parts.taken)
    np.testing.assert_allclose(whole.sum_confusions(), parts.sum_confusions())
    mass = whole.sum_confusions()
    assert mass.shape == (3, 4, 4)
    assert whole.taken.sum() == 240
    assert (mass[:, range(4), range(4)] == 0).all()
    assert mass.sum(axis=0)[0].argmax() == 1
    # A probability each: what a clip does not give to its own class it gives to the others.
    assert mass.sum() < 240


def test_softmax_of_large_logits_stays_finite() -> None:
    assert take_softmax(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]
    assert take_softmax(np.array([[2.0, 2.0]]))[0, 0] == pytest.approx(0.5)
