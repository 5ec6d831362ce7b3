from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.errors import MotionError
from skeletonllm.motion import Motion
from skeletonllm.topology import COCO_17, KINECT_V1


@pytest.fixture
def motion() -> Motion:
    rng = np.random.default_rng(0)
    joints = rng.normal(size=(6, 2, 20, 3)).astype(np.float32)
    present = np.ones((6, 2), bool)
    present[3, 1] = False
    confidence = np.repeat(present[:, :, None], 20, axis=2).astype(np.float32)
    confidence[0, 0, 5] = 0
    joints[confidence == 0] = 0
    return Motion(joints, present, confidence, KINECT_V1, fps=30.0)


def test_sizes(motion: Motion) -> None:
    assert (motion.num_frames, motion.num_persons, motion.num_joints) == (6, 2, 20)
    assert motion.duration_s == pytest.approx(0.2)
    assert motion.observed.sum() == 6 * 2 * 20 - 20 - 1


def test_reversed_twice_is_the_same(motion: Motion) -> None:
    assert motion.reversed().reversed().sha256 == motion.sha256
    assert motion.reversed().sha256 != motion.sha256
    np.testing.assert_array_equal(motion.reversed().joints[0], motion.joints[-1])


def test_mirrored_swaps_names_and_reflects_x(motion: Motion) -> None:
    mirror = motion.mirrored()
    left, right = KINECT_V1.index("left_hand"), KINECT_V1.index("right_hand")
    np.testing.assert_array_equal(
        mirror.joints[:, :, left] * [-1, 1, 1], motion.joints[:, :, right]
    )
    assert mirror.mirrored().sha256 == motion.sha256


def test_mirrored_in_the_image_stays_in_the_image() -> None:
    joints = np.full((1, 1, 17, 3), 10, np.float32)
    one = np.ones((1, 1), bool)
    seen = np.ones((1, 1, 17), np.float32)
    seen[..., 0] = 0
    joints[seen == 0] = 0
    flat = Motion(joints, one, seen, COCO_17, 25.0, "image", metric=False, image_size=(64, 48))
    mirror = flat.mirrored()
    assert mirror.joints[0, 0, 1, 0] == 54
    assert mirror.joints[0, 0, 0, 0] == 0  # unobserved stays at zero
    assert mirror.mirrored().sha256 == flat.sha256


def test_select_persons_and_frames(motion: Motion) -> None:
    swapped = motion.select_persons([1, 0])
    np.testing.assert_array_equal(swapped.joints[:, 0], motion.joints[:, 1])
    assert swapped.present[3].tolist() == [False, True]
    assert motion.select_frames([2, 2]).num_frames == 2


def test_the_hash_sees_every_array(motion: Motion) -> None:
    other = motion.present.copy()
    other[0, 0] = False
    orientations = np.zeros((6, 2, 20, 4), np.float32)
    changed = [
        replace(motion, joints=motion.joints + np.float32(1)),
        replace(motion, present=other),
        replace(motion, confidence=motion.confidence / 2),
        replace(motion, orientations=orientations),
        replace(motion, fps=25.0),
        replace(motion, space="world"),
        replace(motion, metric=False),
    ]
    assert len({motion.sha256, *(m.sha256 for m in changed)}) == 1 + len(changed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"joints": np.zeros((6, 2, 3), np.float32)}, r"expected \[T, P, J, 3\]"),
        ({"joints": np.zeros((6, 2, 19, 3), np.float32)}, "joints of shape"),
        ({"joints": np.zeros((6, 2, 20, 3))}, "dtype float64; expected"),
        ({"joints": np.full((6, 2, 20, 3), np.nan, np.float32)}, "NaN or infinity. A missing"),
        ({"present": np.ones((6, 1), bool)}, "present of shape"),
        ({"confidence": np.full((6, 2, 20), 2, np.float32)}, "confidence outside 0..1"),
        ({"confidence": np.full((6, 2, 20), -1, np.float32)}, "confidence outside 0..1"),
        ({"orientations": np.zeros((6, 2, 20, 3), np.float32)}, "orientations of shape"),
        ({"space": "moon"}, "space 'moon'; expected one of"),
        ({"space": "image"}, "space image with image_size None"),
        ({"fps": 0.0}, "fps 0.0; expected a positive number"),
        ({"fps": float("nan")}, "fps nan"),
    ],
)
def test_what_makes_no_motion(motion: Motion, change: dict[str, object], said: str) -> None:
    with pytest.raises(MotionError, match=said):
        replace(motion, **change)
