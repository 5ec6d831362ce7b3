from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.shards.quantize import choose_quantum, dequantize_motion, quantize_motion

FLOAT32 = 2e-6  # rounding of a few metres to float32


def round_trip(motion: Motion) -> tuple[Any, ...]:
    return dequantize_motion(quantize_motion(motion), choose_quantum(motion))


def error(motion) -> float:  # type: ignore[no-untyped-def]
    joints = round_trip(motion)[0]
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
    joints, present, confidence, orientations = round_trip(motion)
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
    stored = round_trip(replace(motion, confidence=values))[2]
    np.testing.assert_array_equal(stored > 0, values > 0)
    np.testing.assert_allclose(stored, values, atol=1.6e-5)
    assert stored[0, 0, 2] == 1


def place_joint(motion: Motion, distance: float) -> tuple[Motion, np.ndarray]:
    """The motion with one joint of one frame ``distance`` away, and where the others are."""
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[3, 0, 7], confidence[3, 0, 7] = distance, 1
    moved = replace(motion, joints=joints, confidence=confidence)
    others = moved.observed.copy()
    others[3, 0, 7] = False
    return moved, others


@pytest.mark.parametrize("distance", [50.0, -1e3, 1e6, -1e9])
def test_a_stray_joint_costs_only_itself(make_motion, distance: float) -> None:
    motion, others = place_joint(make_motion(1, frames=10), distance)
    arrays = quantize_motion(motion)
    assert choose_quantum(motion) == 2e-4
    assert len(arrays["far"]) == 6  # there and back, of three numbers
    assert arrays["far"].dtype == (np.int32 if abs(distance) < 4e5 else np.int64)
    joints = round_trip(motion)[0]
    assert np.abs(joints - motion.joints)[others].max() <= 1e-4 + FLOAT32
    np.testing.assert_allclose(joints[3, 0, 7], distance, rtol=6e-8, atol=1e-4)


def test_a_stray_joint_in_the_first_frame_costs_only_itself(make_motion) -> None:
    motion, _ = place_joint(make_motion(1, frames=10).select_frames([3, 0, 1, 2]), 1.0)
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[0, 0, 4], confidence[0, 0, 4] = 2e7, 1
    stray = replace(motion, joints=joints, confidence=confidence)
    assert error_of_others(stray, (0, 0, 4)) <= 1e-4 + FLOAT32


def error_of_others(motion: Motion, joint: tuple[int, int, int]) -> float:
    joints = round_trip(motion)[0]
    others = motion.observed.copy()
    others[joint] = False
    return float(np.abs(joints - motion.joints)[others].max())


def test_a_walk_of_sixty_metres_is_within_a_tenth_of_a_millimetre(make_motion) -> None:
    motion = make_motion(1, frames=1200)
    walk = np.linspace(-30, 30, 1200, dtype=np.float32)[:, None, None] * (motion.confidence > 0)
    joints = motion.joints.copy()
    joints[..., 0] += walk
    assert choose_quantum(replace(motion, joints=joints)) == 2e-4
    assert error(replace(motion, joints=joints)) <= 1e-4 + 2 * FLOAT32


def test_far_from_the_origin_the_error_stays_within_the_rounding_to_float32(make_motion) -> None:
    motion = make_motion(1, frames=10)
    for offset in (5e2, 5e3, 1e6, 4e8):
        joints = motion.joints + np.float32(offset) * (motion.confidence > 0)[..., None]
        far = replace(motion, joints=joints.astype(np.float32))
        assert error(far) <= 1e-4 + offset * 2**-23


def test_differences_at_the_edges_of_one_byte_and_of_two_come_back_exactly(make_motion) -> None:
    edges = [0, 127, 128, 129, 255, 256, 32_639, 32_640, 32_767, 32_768, 65_536, 2**31 - 1, 2**31]
    jumps = np.array([sign * edge for edge in edges for sign in (1, -1)], np.float64)
    motion = make_motion(1, frames=2 * len(jumps))
    joints = np.zeros_like(motion.joints)
    joints[::2, 0, 0, 1] = jumps * 2e-4  # there and back to 0
    motion = replace(motion, joints=joints, confidence=np.ones_like(motion.confidence))
    np.testing.assert_array_equal(round_trip(motion)[0], joints)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("distance", [1e16, 3e38, float(np.finfo(np.float32).max)])
def test_positions_beyond_all_bounds_are_kept_as_well_as_float32_does(
    make_motion, distance: float
) -> None:
    motion, _ = place_joint(make_motion(1, frames=10), distance)
    assert choose_quantum(motion) > 2e-4  # the one case in which it grows
    joints = round_trip(motion)[0]
    np.testing.assert_allclose(joints[3, 0, 7], distance, rtol=1e-6)
    assert np.isfinite(joints).all()


def test_small_steps_take_no_list_and_their_high_bytes_are_zero(make_motion) -> None:
    motion = make_motion(1, frames=10)
    still = np.repeat(motion.joints[:1], 10, axis=0)
    still = replace(motion, joints=still, confidence=np.repeat(motion.confidence[:1], 10, axis=0))
    arrays = quantize_motion(still)
    assert set(arrays) == {"deltas", "confidence"}
    assert not arrays["deltas"][..., 1:].any()


def test_what_is_not_seen_at_first_takes_no_jump(make_motion) -> None:
    """It is held backwards: else each joint would come from the origin once it is seen."""
    motion = make_motion(2, frames=8)
    confidence = motion.confidence.copy()
    confidence[:4], confidence[4:] = 0, 1
    joints = np.where(confidence[..., None] > 0, motion.joints[5:6] + 100, 0).astype(np.float32)
    arrays = quantize_motion(replace(motion, joints=joints, confidence=confidence))
    assert len(arrays["far"]) == 75  # the way of each number from 0, once
    assert (arrays["far_at"] % 8 == 0).all()


def test_a_motion_whose_joints_are_all_there_stores_neither_presence_nor_confidence(
    make_motion,
) -> None:
    motion = make_motion(2, frames=4)
    whole = replace(motion, confidence=np.ones_like(motion.confidence))
    assert set(quantize_motion(whole)) == {"deltas"}
    _, present, confidence, _ = round_trip(whole)
    assert present.all()
    assert (confidence == 1).all()


@pytest.mark.parametrize("offset", [0.0, 1500.0, 2500.0, 7e4, 1e6])
def test_quantizing_twice_changes_nothing(make_motion, offset: float) -> None:
    motion = make_motion(9, frames=30, persons=2)
    moved = (motion.joints + np.float32(offset)) * motion.observed[..., None]
    motion = replace(motion, joints=moved.astype(np.float32))
    joints, present, confidence, _ = round_trip(motion)
    again = round_trip(replace(motion, joints=joints, present=present, confidence=confidence))[0]
    np.testing.assert_array_equal(again, joints)


def test_orientations_and_wholly_unobserved_clips_survive(make_motion) -> None:
    motion = make_motion(2, frames=4)
    turned = np.random.default_rng(0).normal(size=(*motion.confidence.shape, 4))
    turned = (turned / np.linalg.norm(turned, axis=-1, keepdims=True)).astype(np.float32)
    back = round_trip(replace(motion, orientations=turned))[3]
    np.testing.assert_allclose(back, turned, atol=1.6e-5)
    nobody = replace(motion, confidence=np.zeros_like(motion.confidence))
    assert (round_trip(nobody)[0] == 0).all()
