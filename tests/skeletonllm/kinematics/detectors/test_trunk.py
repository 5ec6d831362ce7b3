from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.trunk import find_leans, find_shrugs, find_twists
from skeletonllm.kinematics.scene import Scene
from skeletonllm.topology import KINECT_V2

UPPER = "upper_spine neck head left_shoulder right_shoulder"


def scene_of(man) -> Scene:
    motion = man.motion()
    return Scene(extract_bodies(motion), motion.fps, motion.metric)


@pytest.mark.parametrize(
    ("shift", "way"),
    [
        ((0, -0.1, -0.35), "forward"),
        ((0, -0.05, 0.25), "back"),
        ((0.3, -0.1, 0), "right"),
        ((-0.3, -0.1, 0), "left"),
    ],
)
def test_a_lean_has_its_way_and_comes_back(stick_man, shift, way) -> None:
    back = tuple(-value for value in shift)
    man = stick_man().move(UPPER, shift, 0.3, 0.8).move(UPPER, back, 1.2, 1.7)
    lean, straighten = find_leans(scene_of(man), 0)
    assert (lean.motion, lean.side, lean.direction) == ("lean", "centre", way)
    assert (straighten.motion, straighten.direction) == ("straighten", "")
    assert (lean.start_s, lean.end_s) == pytest.approx((0.3, 0.8), abs=0.15)


@pytest.mark.parametrize(("sign", "way"), [(1, "left"), (-1, "right")])
def test_a_twist_has_its_way(stick_man, sign, way) -> None:
    man = stick_man()
    share = np.clip((np.arange(60) / 30 - 0.5) / 0.6, 0, 1)
    angle = sign * np.radians(40) * share
    for side, out in (("left", -0.18), ("right", 0.18)):
        shoulder = man.joints[:, 0, KINECT_V2.index(f"{side}_shoulder")]
        shoulder[:, 0], shoulder[:, 2] = out * np.cos(angle), -out * np.sin(angle)
    (found,) = find_twists(scene_of(man), 0)
    assert (found.motion, found.direction) == ("twist", way)
    assert found.amount == pytest.approx(40, abs=6)


def test_a_whole_turn_is_no_twist(stick_man) -> None:
    man = stick_man()
    angle = np.radians(60) * np.clip((np.arange(60) / 30 - 0.5) / 0.6, 0, 1)
    x, z = man.joints[..., 0].copy(), man.joints[..., 2].copy()
    cosine, sine = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    man.joints[..., 0], man.joints[..., 2] = cosine * x + sine * z, -sine * x + cosine * z
    assert not list(find_twists(scene_of(man), 0))


def test_a_shrug_raises_both_shoulders(stick_man) -> None:
    shoulders = "left_shoulder right_shoulder"
    man = stick_man().move(shoulders, (0, 0.08, 0), 0.4, 0.7)
    up, down = find_shrugs(scene_of(man.move(shoulders, (0, -0.08, 0), 1.0, 1.3)), 0)
    assert (up.motion, up.side, up.part) == ("raise", "both", "shoulder")
    assert (down.motion, down.side, down.part) == ("lower", "both", "shoulder")


def test_raised_arms_are_no_shrug(stick_man) -> None:
    man = stick_man().move("left_shoulder right_shoulder", (0, 0.08, 0), 0.4, 0.7)
    man = man.arm("left", 0.6, 0.4, 0.8).arm("right", 0.6, 0.4, 0.8)
    assert not list(find_shrugs(scene_of(man), 0))
