from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.gait import find_runs_on_foot, find_walks
from skeletonllm.kinematics.scene import Scene
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1, KINECT_V2, SMPL_22


def scene_of(motion: Motion) -> Scene:
    return Scene(extract_bodies(motion), motion.fps, motion.metric)


def perform(action: str, topology=KINECT_V1) -> Scene:
    return scene_of(synthesize(action, topology=topology, side="left", seed=1))


@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22], ids=lambda t: t.name)
def test_a_walk_has_its_way_and_its_steps_and_is_no_run(topology) -> None:
    scene = perform("walk around", topology)
    (walk,) = find_walks(scene, 0)
    assert (walk.motion, walk.part, walk.side) == ("walk", "body", "centre")
    assert walk.direction == "forward"
    assert walk.count == pytest.approx(5, abs=1)
    assert (walk.start_s, walk.end_s) == pytest.approx((0.2, 3.0), abs=0.4)
    assert walk.unit == "metres"
    assert walk.amount > 1.0
    assert not list(find_runs_on_foot(scene, 0))


def test_a_walk_played_backwards_goes_back() -> None:
    motion = synthesize("walk around", topology=KINECT_V1, side="left", seed=1)
    motion.joints[:] = motion.joints[::-1].copy()
    (walk,) = find_walks(scene_of(motion), 0)
    assert walk.direction == "back"


def test_running_on_the_spot_is_a_run_with_its_steps() -> None:
    scene = perform("run on the spot")
    (run,) = find_runs_on_foot(scene, 0)
    assert (run.motion, run.part, run.direction) == ("run", "body", "")
    assert run.count == pytest.approx(6, abs=1)
    assert not list(find_walks(scene, 0))


def steps_on_the_spot(stick_man, lift: float, pace_s: float, bounce: float) -> Scene:
    """Knees and feet that go up in turns, three times each, with a pelvis that bounces."""
    man = stick_man()
    t = np.arange(man.frames) / man.fps
    for side, phase in (("left", 0.0), ("right", pace_s)):
        wave = np.maximum(np.sin(np.pi * (t - 0.1 - phase) / pace_s), 0.0)
        wave[((t - 0.1 - phase) // pace_s) % 2 == 1] = 0.0
        wave[(t < 0.1 + phase) | (t > 0.1 + 6 * pace_s)] = 0.0
        motion = man.joints[:, 0]
        for joint, up, ahead in (("knee", 0.6, 2.4), ("ankle", 1.0, 0.0), ("foot", 1.0, 0.0)):
            index = KINECT_V2.index(f"{side}_{joint}")
            motion[:, index] += wave[:, None] * lift * np.array((0.0, up, -ahead))
    man.joints[..., 1] += bounce * np.sin(np.pi * (t - 0.1) / pace_s)[:, None, None] ** 2
    return scene_of(man.motion())


def test_slow_low_steps_on_the_spot_are_a_walk_without_a_way(stick_man) -> None:
    scene = steps_on_the_spot(stick_man, lift=0.09, pace_s=0.3, bounce=0.0)
    (walk,) = find_walks(scene, 0)
    assert (walk.direction, walk.count) == ("", pytest.approx(6, abs=1))
    assert not list(find_runs_on_foot(scene, 0))


def test_the_same_steps_with_a_bouncing_pelvis_are_a_run(stick_man) -> None:
    scene = steps_on_the_spot(stick_man, lift=0.09, pace_s=0.3, bounce=0.05)
    assert [run.motion for run in find_runs_on_foot(scene, 0)] == ["run"]
    assert not list(find_walks(scene, 0))


@pytest.mark.parametrize(
    "action", ["sit down", "stand up", "squat down", "kicking the air/something", "jump up"]
)
def test_who_stays_on_the_feet_neither_walks_nor_runs(action: str) -> None:
    scene = perform(action)
    assert not [*find_walks(scene, 0), *find_runs_on_foot(scene, 0)]


def test_a_body_that_moves_over_standing_feet_does_not_walk(stick_man) -> None:
    upper = "pelvis spine upper_spine neck head left_shoulder right_shoulder left_hip right_hip"
    scene = scene_of(stick_man().move(upper, (0.5, 0, 0), 0.3, 1.5).motion())
    assert not list(find_walks(scene, 0))
