from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2
from skeletonllm.viewer.pack import FINE_M, pack_motion, unpack_motion


def with_gaps(motion: Motion, seed: int, share: float = 0.3) -> Motion:
    """Joints unseen by chance; where so, they lie at 0, as a motion has it."""
    unseen = np.random.default_rng(seed).random(motion.confidence.shape) < share
    confidence = np.where(unseen, 0, motion.confidence).astype(np.float32)
    joints = np.where(unseen[..., None], 0, motion.joints).astype(np.float32)
    return replace(motion, joints=joints, confidence=confidence)


@given(seed=st.integers(0, 20), share=st.sampled_from([0.0, 0.3, 0.95]))
@settings(max_examples=15, deadline=None)
def test_what_was_observed_comes_back_to_half_a_centimetre(seed: int, share: float) -> None:
    motion = with_gaps(synthesize("jump up", seed=seed), seed, share)
    found = unpack_motion(pack_motion(motion))
    chosen = np.minimum(np.arange(found.head["frames"]) * 3, motion.num_frames - 1)
    assert np.array_equal(found.observed, motion.observed[chosen])
    error = np.abs(found.positions - motion.joints[chosen])[found.observed]
    assert error.max(initial=0) <= 0.0051
    assert found.head["unit"] == "m"
    assert (found.head["source_fps"], found.head["source_frames"]) == (30.0, motion.num_frames)


def test_frames_are_those_nearest_to_their_times() -> None:
    motion = replace(synthesize("jump up", seed=1), fps=25.0)
    found = unpack_motion(pack_motion(motion))
    assert found.head["fps"] == 10.0
    assert found.head["frames"] == int((motion.num_frames - 1) / 2.5) + 1
    nearest = [0, 3, 5, 8, 10]
    assert np.allclose(found.positions[:5], motion.joints[nearest], atol=0.0051)


def test_a_slow_motion_keeps_its_frames_and_its_rate() -> None:
    motion = synthesize("jump up", seed=1, fps=8)
    head = unpack_motion(pack_motion(motion)).head
    assert (head["fps"], head["frames"]) == (8.0, motion.num_frames)


def test_in_full_all_frames_are_there_to_half_a_millimetre() -> None:
    motion = synthesize("jump up", seed=1)
    found = unpack_motion(pack_motion(motion, fps=None, step_m=FINE_M))
    assert found.positions.shape == motion.joints.shape
    assert np.abs(found.positions - motion.joints).max() <= 0.00051


def test_a_jump_of_a_kilometre_lengthens_the_step_and_never_wraps() -> None:
    motion = synthesize("jump up", seed=1)
    joints = motion.joints.copy()
    joints[3:6] += 1000
    far = replace(motion, joints=joints)
    found = unpack_motion(pack_motion(far, fps=None))
    assert found.head["scale"] > 0.01
    assert np.abs(found.positions - far.joints).max() <= found.head["scale"] * 0.51


def test_unobserved_joints_repeat_and_those_never_seen_lie_at_the_origin() -> None:
    motion = synthesize("jump up", seed=1)
    confidence = motion.confidence.copy()
    confidence[:5, 0, 7] = confidence[9:, 0, 7] = 0
    confidence[:, 0, 8] = 0
    found = unpack_motion(pack_motion(replace(motion, confidence=confidence), fps=None))
    path = found.positions[:, 0, 7]
    assert np.array_equal(path[:5], np.repeat(path[5:6], 5, axis=0))
    assert np.array_equal(path[9:], np.repeat(path[8:9], len(path) - 9, axis=0))
    assert np.allclose(found.positions[:, 0, 8], found.head["origin"])


def test_pictures_are_in_pixels_and_say_their_size() -> None:
    motion = synthesize("jump up", topology=COCO_17, space="image", seed=1)
    found = unpack_motion(pack_motion(motion, fps=None))
    assert (found.head["unit"], found.head["space"]) == ("px", "image")
    assert tuple(found.head["image_size"]) == motion.image_size
    assert np.abs(found.positions - motion.joints).max() <= 0.26


def test_without_a_unit_a_body_has_some_two_hundred_steps() -> None:
    motion = synthesize("jump up", seed=1)
    tiny = replace(motion, joints=motion.joints / 1000, metric=False)
    found = unpack_motion(pack_motion(tiny, fps=None))
    assert found.head["unit"] == ""
    assert np.abs(found.positions - tiny.joints).max() <= 0.6 * found.head["scale"] < 1e-5


@pytest.mark.parametrize("length", [1e-7, 1e-9, 1e-20, 1e-40])
def test_a_tiny_body_is_packed_as_well_as_any_other(length: float) -> None:
    motion = synthesize("jump up", seed=1)
    joints = (motion.joints * length).astype(np.float32)
    found = unpack_motion(pack_motion(replace(motion, joints=joints, metric=False), fps=None))
    extent = float(np.ptp(joints[motion.observed]))
    assert np.abs(found.positions - joints)[motion.observed].max() < extent / 200


def test_a_body_too_small_for_numbers_of_32_bits_ends() -> None:
    motion = synthesize("jump up", seed=1)
    joints = (motion.joints * 1e-44).astype(np.float32)
    found = unpack_motion(pack_motion(replace(motion, joints=joints, metric=False), fps=None))
    assert found.head["scale"] > 0
    assert found.positions.shape == joints.shape


def test_a_motion_in_which_nothing_was_seen_is_packed_all_the_same() -> None:
    motion = synthesize("jump up", seed=1)
    unseen = replace(motion, confidence=np.zeros_like(motion.confidence), metric=False)
    found = unpack_motion(pack_motion(unseen))
    assert not found.observed.any()
    assert not found.positions.any()


def test_same_motion_same_bytes() -> None:
    assert pack_motion(synthesize("throw", seed=4)) == pack_motion(synthesize("throw", seed=4))


def test_no_frame_and_cut_bytes_are_refused() -> None:
    motion = synthesize("jump up", seed=1)
    with pytest.raises(UsageError, match="no frame"):
        pack_motion(motion.select_frames([]))
    with pytest.raises(UsageError, match="as its head says"):
        unpack_motion(pack_motion(motion)[:-1])


def test_order_of_the_bytes_is_the_one_the_page_reads() -> None:
    """By hand, as the script does it: mask, low bytes, high bytes, running sum."""
    motion = synthesize("jump up", topology=KINECT_V2, seed=2)
    data = pack_motion(motion)
    length = int.from_bytes(data[:4], "little")
    head = unpack_motion(data).head
    count = head["frames"] * head["persons"] * head["joints"]
    at = 4 + length
    assert data[at] & 1 == motion.observed[0, 0, 0]
    low, high = (data[at + -(-count // 8) + k * 3 * count :][: 3 * count] for k in (0, 1))
    value = 0
    for frame in range(4):
        place = frame * 3 * count // head["frames"] + 3 * 10 + 1
        value += int.from_bytes(bytes([low[place], high[place]]), "little", signed=True)
    found = head["origin"][1] + head["scale"] * value
    assert abs(found - motion.joints[9, 0, 10, 1]) < 0.0051
