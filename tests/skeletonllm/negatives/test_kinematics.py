from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.negatives import compute_class_distances, compute_class_statistics

RNG = np.random.default_rng(5)
CENTRES = {"far": 6.0, "near": 1.0, "origin": 0.0}
LABELS = [name for name in sorted(CENTRES) for _ in range(30)]
VALUES = np.array([[CENTRES[n], 0.0, 0.0] for n in LABELS]) + RNG.normal(0, 0.5, (90, 3))


def distance(values: np.ndarray, a: str, b: str) -> float:
    statistics = compute_class_statistics(values, LABELS)
    at = statistics.labels.index
    return float(compute_class_distances(statistics)[at(a), at(b)])


def test_closer_means_are_closer_classes() -> None:
    assert distance(VALUES, "near", "origin") < distance(VALUES, "far", "near")
    distances = compute_class_distances(compute_class_statistics(VALUES, LABELS))
    np.testing.assert_allclose(distances, distances.T)
    np.testing.assert_array_equal(np.diag(distances), 0)


def test_units_of_a_dimension_do_not_matter() -> None:
    scaled = VALUES * [1000.0, 1e-3, 1.0] + [5.0, 0.0, -2.0]
    assert distance(scaled, "far", "near") == pytest.approx(distance(VALUES, "far", "near"))


def test_a_wide_class_is_closer_than_a_narrow_one_at_the_same_mean() -> None:
    wide = VALUES.copy()
    rows = np.array(LABELS) == "near"
    wide[rows] = wide[rows].mean(0) + 3 * (wide[rows] - wide[rows].mean(0))
    assert distance(wide, "near", "origin") < distance(VALUES, "near", "origin")


def test_one_broken_clip_hardly_moves_anything() -> None:
    broken = VALUES.copy()
    broken[0] = 1e9
    assert distance(broken, "near", "origin") == pytest.approx(
        distance(VALUES, "near", "origin"), rel=0.2
    )


def test_missing_constant_and_never_known_dimensions_say_nothing() -> None:
    filler = np.stack([np.full(90, np.nan), np.full(90, 7.0)], axis=1)
    padded = np.concatenate([VALUES, filler], axis=1)
    shrunk = distance(VALUES, "far", "near") * np.sqrt(3 / 5)  # a mean over 5 instead of 3
    assert distance(padded, "far", "near") == pytest.approx(shrunk)


def test_one_clip_a_class_borrows_the_pooled_spread() -> None:
    statistics = compute_class_statistics(VALUES[[0, 30, 31, 32]], ["far", "near", "near", "near"])
    assert statistics.counts.tolist() == [1, 3]
    assert (statistics.spreads > 0).all()
    assert np.isfinite(compute_class_distances(statistics)).all()


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(UsageError, match=r"shape \(90, 3\) for 1 labels; expected one row a label"):
        compute_class_statistics(VALUES, ["far"])
    with pytest.raises(UsageError, match="an infinite value in the descriptors"):
        compute_class_statistics(np.array([[np.inf]]), ["far"])
