from __future__ import annotations

import numpy as np

from skeletonllm.negatives.descriptors.moments import Moments, select_folds

RNG = np.random.default_rng(4)
VALUES, CODES, FOLDS = RNG.normal(size=(40, 3)), RNG.integers(0, 4, 40), RNG.integers(0, 3, 40)


def moments_of(*rows: np.ndarray) -> Moments:
    moments = Moments.make_empty(3, 4, 3)
    for at in rows:
        moments.add(VALUES[at], CODES[at], FOLDS[at])
    return moments


def test_sums_are_those_of_the_clips_of_each_fold_and_class() -> None:
    moments = moments_of(np.arange(40))
    mine = (FOLDS == 2) & (CODES == 1)
    assert moments.counts[2, 1] == mine.sum()
    np.testing.assert_allclose(moments.sums[2, 1], VALUES[mine].sum(axis=0))
    np.testing.assert_allclose(moments.squares[2, 1], (VALUES[mine] ** 2).sum(axis=0))
    held = VALUES[FOLDS == 2]
    np.testing.assert_allclose(moments.products[2], held.T @ held)


def test_parts_add_up() -> None:
    whole, parts = moments_of(np.arange(40)), moments_of(np.arange(25), np.arange(25, 40))
    for name in ("counts", "sums", "squares", "products"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name))


def test_folds_can_be_left_out_or_taken_alone() -> None:
    moments = moments_of(np.arange(40))
    np.testing.assert_array_equal(moments.leave_out(1).counts, moments.counts[[0, 2]])
    np.testing.assert_array_equal(select_folds(moments, [1]).products, moments.products[[1]])


def test_a_class_is_known_from_as_many_folds_as_are_asked() -> None:
    moments = Moments.make_empty(2, 3, 3)
    moments.add(VALUES[:3], np.array([0, 0, 1]), np.array([0, 1, 0]))
    assert moments.find_known().tolist() == [True, True, False]
    assert moments.find_known(least_folds=2).tolist() == [True, False, False]
