from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.whole_body import (
    find_crouches,
    find_holds,
    find_jumps,
    find_sits,
    find_stands,
)
from skeletonllm.kinematics.scene import Event, Scene
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, SMPL_22, Topology

SKELETONS = pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22, COCO_17], ids=lambda t: t.name)


def scene_of(motion: Motion) -> Scene:
    return Scene(extract_bodies(motion), motion.fps, motion.metric)


def perform(action: str, topology: Topology = KINECT_V1) -> Scene:
    return scene_of(synthesize(action, topology=topology, side="left", seed=1))


def spans(found: list[Event]) -> list[tuple[float, float]]:
    return [(e.start_s, e.end_s) for e in found]


@SKELETONS
def test_sitting_down_is_a_sit_and_no_crouch(topology: Topology) -> None:
    scene = perform("sit down", topology)
    (sit,) = find_sits(scene, 0)
    assert (sit.motion, sit.part, sit.side, sit.count) == ("sit", "body", "centre", 1)
    assert (sit.start_s, sit.end_s) == pytest.approx((0.75, 1.7), abs=0.25)
    assert sit.prominence > 1
    assert sit.amount > 0.2
    assert not list(find_crouches(scene, 0))
    assert not list(find_stands(scene, 0))


def test_who_sits_with_the_feet_far_apart_sits_behind_both() -> None:
    motion = synthesize("sit down", topology=KINECT_V1, side="left", seed=1)
    joints = [KINECT_V1.index(f"right_{joint}") for joint in ("ankle", "foot")]
    apart = motion.joints.copy()
    ahead = extract_bodies(motion)[0].forward()
    apart[:, 0, joints] += 0.5 * ahead[:, None]
    scene = scene_of(replace(motion, joints=apart.astype(np.float32)))
    assert len(list(find_sits(scene, 0))) == 1


@SKELETONS
def test_standing_up_is_a_stand_and_nothing_else(topology: Topology) -> None:
    scene = perform("stand up", topology)
    (stand,) = find_stands(scene, 0)
    assert (stand.start_s, stand.end_s) == pytest.approx((1.3, 2.3), abs=0.25)
    assert not [*find_sits(scene, 0), *find_crouches(scene, 0), *find_jumps(scene, 0)]


def test_a_squat_is_a_crouch_then_a_stand_and_no_sit() -> None:
    scene = perform("squat down")
    (crouch,), (stand,) = find_crouches(scene, 0), find_stands(scene, 0)
    assert crouch.end_s <= stand.start_s
    assert not list(find_sits(scene, 0))


def test_a_deep_bow_is_no_crouch() -> None:
    scene = perform("bow (bend forward)")
    assert not [*find_crouches(scene, 0), *find_sits(scene, 0), *find_stands(scene, 0)]


@SKELETONS
def test_a_jump_is_one_and_hops_are_counted(topology: Topology) -> None:
    (jump,) = find_jumps(perform("jump up", topology), 0)
    assert (jump.motion, jump.part, jump.side, jump.count) == ("jump", "body", "centre", 1)
    assert (jump.start_s, jump.end_s) == pytest.approx((1.3, 2.0), abs=0.15)
    hops = list(find_jumps(perform("hopping", topology), 0))
    assert sum(hop.count for hop in hops) == 3


@pytest.mark.parametrize("action", ["walk around", "squat down", "stand up", "sit down"])
def test_nobody_jumps_who_keeps_a_foot_on_the_floor(action: str) -> None:
    assert not list(find_jumps(perform(action), 0))


def test_a_camera_that_sees_a_person_sink_makes_no_crouch(stick_man) -> None:
    scene = scene_of(stick_man().walk((0, -0.3, 0), 0.4, 1.4).motion())
    assert not [*find_crouches(scene, 0), *find_sits(scene, 0)]


def test_a_pose_between_movements_is_held_and_rest_is_not(stick_man) -> None:
    man = stick_man().arm("right", 0.7, 0.2, 0.5).arm("right", -0.7, 1.5, 1.8)
    (hold,) = find_holds(scene_of(man.motion()), 0)
    assert (hold.motion, hold.part) == ("hold", "body")
    assert spans([hold]) == [pytest.approx((0.55, 1.45), abs=0.15)]
    assert not list(find_holds(scene_of(stick_man().motion()), 0))


def test_nothing_is_found_of_a_person_who_is_hidden(stick_man) -> None:
    motion = stick_man().motion()
    motion.confidence[:] = 0.0
    scene = scene_of(motion)
    for find in (find_crouches, find_sits, find_stands, find_jumps, find_holds):
        assert not list(find(scene, 0)), find.__name__
    assert np.isnan(scene.bodies[0].stature)
