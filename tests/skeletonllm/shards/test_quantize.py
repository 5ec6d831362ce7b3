from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.shards.quantize import dequantize_motion, quantize_motion

FLOAT32 = 2e-6  # rounding of a few metres to float32


def error(motion) -> float:  # type: ignore[no-untyped-def]
    joints = dequantize_motion(quantize_motion(motion))[0]
    return float(np.abs(joints - motion.joints)[motion.observed].max())


@pytest.mark.parametrize("persons", [1, 2])
def test_metric_positions_are_within_a_tenth_of_a_millimetre(make_motion, persons) -> None:
    motion = make_motion(3, frames=40, persons=persons)
    assert 5e-5 < error(motion) <= 1e-4 + FLOAT32  # and the bound is not idle


def test_image_and_unitless_positions_have_their_own_quantum(make_motion) -> None:
    assert 0.025 < error(make_motion(3, frames=40, image=True)) <= 0.05 + 1e-4
    assert 2.5e-5 < error(replace(make_motion(3, frames=40), metric=False)) <= 5e-5 + FLOAT32


def test_unobserved_joints_are_exactly_zero_and_the_rest_is_kept(make_motion) -> None:
    motion = make_motion(5, frames=20, persons=2)
    joints, present, confidence, orientations = dequantize_motion(quantize_motion(motion))
    assert not motion.observed.all()
    assert (joints[~motion.observed] == 0).all()
    np.testing.assert_array_equal(confidence, motion.confidence)
    np.testing.assert_array_equal(present, motion.present)
    assert orientations is None
    assert joints.dtype == confidence.dtype == np.float32


def test_confidence_keeps_its_zeros_its_ones_and_the_rest_within_1e_5(make_motion) -> None:
    motion = make_motion(7, frames=20, image=True)
    values = motion.confidence.copy()
    values[0, 0, :3] = [0.0, 1e-9, 1.0]
    stored = dequantize_motion(quantize_motion(replace(motion, confidence=values)))[2]
    np.testing.assert_array_equal(stored > 0, values > 0)
    np.testing.assert_allclose(stored, values, atol=1.6e-5)
    assert stored[0, 0, 2] == 1


def test_a_wide_clip_gets_a_coarser_quantum_and_says_so(make_motion) -> None:
    motion = make_motion(1, frames=10)
    wide = motion.joints.copy()
    wide[5:, ..., 0] += 40 * (motion.confidence[5:] > 0)  # 40 m need 200,000 steps of 0.2 mm
    arrays = quantize_motion(replace(motion, joints=wide))
    assert arrays["quantum"] == 8e-4
    assert error(replace(motion, joints=wide)) <= 4e-4 + 1e-5


def test_steps_up_to_the_whole_range_come_back_exactly(make_motion) -> None:
    motion = make_motion(1, frames=2)
    joints = np.zeros_like(motion.joints)
    joints[0, ..., 0], joints[1, ..., 0] = 6.5, -6.5  # a difference no int16 holds
    jump = replace(motion, joints=joints, confidence=np.ones_like(motion.confidence))
    np.testing.assert_allclose(
        dequantize_motion(quantize_motion(jump))[0], joints, atol=1e-4 + FLOAT32
    )


def test_slow_motion_is_stored_in_single_bytes(make_motion) -> None:
    motion = make_motion(1, frames=10)
    slow = np.repeat(motion.joints[:1], 10, axis=0)
    still = replace(motion, joints=slow, confidence=np.repeat(motion.confidence[:1], 10, axis=0))
    assert quantize_motion(still)["deltas"].dtype == np.int8
    assert quantize_motion(make_motion(1, image=True))["deltas"].dtype == np.int16


def test_quantizing_twice_changes_nothing(make_motion) -> None:
    motion = make_motion(9, frames=30, persons=2)
    joints, present, confidence, _ = dequantize_motion(quantize_motion(motion))
    again = dequantize_motion(
        quantize_motion(replace(motion, joints=joints, present=present, confidence=confidence))
    )[0]
    np.testing.assert_array_equal(again, joints)


def test_orientations_and_wholly_unobserved_clips_survive(make_motion) -> None:
    motion = make_motion(2, frames=4)
    turned = np.random.default_rng(0).normal(size=(*motion.confidence.shape, 4))
    turned = (turned / np.linalg.norm(turned, axis=-1, keepdims=True)).astype(np.float32)
    back = dequantize_motion(quantize_motion(replace(motion, orientations=turned)))[3]
    np.testing.assert_allclose(back, turned, atol=1.6e-5)
    nobody = replace(motion, confidence=np.zeros_like(motion.confidence))
    assert (dequantize_motion(quantize_motion(nobody))[0] == 0).all()
