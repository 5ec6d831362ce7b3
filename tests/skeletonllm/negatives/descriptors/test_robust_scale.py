from __future__ import annotations

import numpy as np

from skeletonllm.negatives.descriptors.robust_scale import OUTLIER, ScaleSketch, measure_scale

RNG = np.random.default_rng(3)
VALUES = RNG.normal(0, 1, (600, 4)) * [1.0, 90.0, 0.05, 1.0] + [0.0, 40.0, 0.5, 0.0]
VALUES[:, 3] = np.where(RNG.random(600) < 0.8, 0.0, VALUES[:, 3])  # mostly "not shown"


def sketch_of(*parts: np.ndarray) -> ScaleSketch:
    sketch = ScaleSketch(parts[0].shape[1])
    for part in parts:
        sketch.add(part)
    return sketch


def test_a_sketch_is_as_good_as_all_values_at_once() -> None:
    exact, sketched = measure_scale(VALUES), sketch_of(VALUES).measure()
    np.testing.assert_allclose(sketched.unit, exact.unit, rtol=0.03)
    assert (np.abs(sketched.centre - exact.centre) < 0.03 * exact.unit).all()


def test_parts_in_any_order_and_merged_sketches_give_the_same_scale() -> None:
    whole = sketch_of(VALUES).measure()
    other = sketch_of(VALUES[400:])
    other.merge(sketch_of(VALUES[100:400], VALUES[:100]))
    for name in ("centre", "unit"):
        np.testing.assert_array_equal(getattr(other.measure(), name), getattr(whole, name))


def test_what_is_not_finite_is_left_out_and_becomes_nothing() -> None:
    spoilt = np.concatenate([VALUES, np.full((200, 4), np.nan)])
    np.testing.assert_array_equal(
        sketch_of(spoilt).measure().unit, sketch_of(VALUES).measure().unit
    )
    standing = measure_scale(VALUES).standardize(np.array([[np.nan, 1e12, -1e12, 0.0]]))
    np.testing.assert_array_equal(standing, [[0.0, OUTLIER, -OUTLIER, 0.0]])


def test_a_dimension_without_spread_says_nothing() -> None:
    same = np.column_stack([np.full(50, 7.3), np.zeros(50), np.full(50, np.nan)])
    for scale in (measure_scale(same), sketch_of(same).measure()):
        np.testing.assert_array_equal(scale.standardize(same + 1), np.zeros((50, 3)))
    assert measure_scale(np.zeros((0, 2))).standardize(np.zeros((0, 2))).shape == (0, 2)
