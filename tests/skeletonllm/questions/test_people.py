from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.questions.people import LEFT, RIGHT, find_cast
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17


@pytest.mark.parametrize("topology", [None, COCO_17], ids=["camera", "picture"])
def test_of_two_persons_the_one_on_the_left_of_the_picture_is_named(topology) -> None:
    """Row 0 stands across the scene, at the sensor's left: at larger x of a camera's space."""
    options = {} if topology is None else {"topology": topology}
    motion = synthesize("shaking hands", fps=15, **options)
    middles = motion.joints[:, :, :, 0].mean(axis=(0, 2))
    on_the_left = int(np.argmax(middles) if motion.space == "camera" else np.argmin(middles))
    cast = find_cast(motion)
    assert cast is not None
    assert cast.places == {on_the_left: LEFT, 1 - on_the_left: RIGHT}
    assert cast.are_told_apart
    mirrored = find_cast(motion.mirrored())
    assert mirrored is not None
    assert mirrored.places == {on_the_left: RIGHT, 1 - on_the_left: LEFT}


def test_in_a_world_nobody_is_on_the_left() -> None:
    cast = find_cast(synthesize("shaking hands", fps=15, space="world"))
    assert cast is not None
    assert cast.places == {}
    assert not cast.are_told_apart


def test_persons_who_stand_behind_each_other_are_not_told_apart() -> None:
    motion = synthesize("shaking hands", fps=15)
    joints = motion.joints.copy()
    joints[..., 0] -= joints[..., 0].mean(axis=(0, 2), keepdims=True)
    joints[:, 1, :, 2] += 1.0
    cast = find_cast(replace(motion, joints=joints))
    assert cast is not None
    assert not cast.are_told_apart


def test_one_is_one_even_where_a_second_row_is_empty() -> None:
    motion = synthesize("shaking hands", fps=15)
    present = motion.present.copy()
    present[:, 0] = False
    cast = find_cast(replace(motion, present=present))
    assert cast is not None
    assert (cast.rows, cast.are_told_apart) == ((1,), True)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_who_comes_and_goes_is_not_asked_about(share: float) -> None:
    motion = synthesize("hand waving", fps=15)
    present = motion.present.copy()
    present[int(share * len(present)) :] = False
    cast = find_cast(replace(motion, present=present))
    assert cast is None


def test_the_one_who_moves_more_is_the_first() -> None:
    motion = synthesize("shaking hands", fps=15)
    joints = motion.joints.copy()
    joints[:, 0] = joints[:1, 0]
    cast = find_cast(replace(motion, joints=joints))
    assert cast is not None
    assert cast.rows == (1, 0)
