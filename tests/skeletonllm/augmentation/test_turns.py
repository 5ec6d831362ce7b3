"""Turned bodies are the same bodies, and stay before the sensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.augmentation.turns import turn_bodies
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17, KINECT_V2, SBU_15, Topology
from tests.skeletonllm.augmentation.conftest import scenes

ANGLES = st.floats(-np.pi, np.pi)


def distances(motion: Motion) -> np.ndarray:
    """All pairs of observed joints of all frames and persons."""
    points = motion.joints[motion.observed].astype(np.float64)
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


@FEW_EXAMPLES
@given(motion=scenes(), yaw=ANGLES, elevation=ANGLES, roll=ANGLES)
def test_distances_stay_whatever_the_turn(
    motion: Motion, yaw: float, elevation: float, roll: float
) -> None:
    turned = turn_bodies(motion, yaw=yaw, elevation=elevation, roll=roll)
    assert np.allclose(distances(turned), distances(motion), atol=2e-4)
    assert (turned.joints[~motion.observed] == 0).all()
    assert (turned.confidence == motion.confidence).all()
    if motion.space == "image":
        assert turned is motion


def test_a_quarter_turn_goes_from_x_towards_z(wave: Motion) -> None:
    turned = turn_bodies(wave, yaw=np.pi / 2).joints[0, 0].astype(np.float64)
    before = wave.joints[0, 0].astype(np.float64)
    line, was = turned[4] - turned[8], before[4] - before[8]  # across the shoulders
    assert np.allclose(line, (-was[2], was[1], was[0]), atol=0.05)


@FEW_EXAMPLES
@given(yaw=ANGLES)
def test_heights_stay_in_world_space(yaw: float) -> None:
    motion = synthesize("kicking the air/something", space="world")
    turned = turn_bodies(motion, yaw=yaw)
    assert np.allclose(turned.joints[..., 1], motion.joints[..., 1], atol=1e-5)


@pytest.mark.parametrize(
    ("topology", "lean"),
    [(KINECT_V2, 0.06), (SBU_15, 0.2)],  # toes, for want of ankles, lie ahead of the body
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_tilted_sensors_people_turn_about_their_own_vertical(
    topology: Topology, lean: float
) -> None:
    wave = synthesize("hand waving", topology=topology, noise_m=0.0)
    tilt = np.radians(20.0)
    tilted = turn_bodies(wave, yaw=0.0, elevation=tilt)
    turned = turn_bodies(tilted, yaw=np.pi / 2)
    level = turn_bodies(turned, yaw=0.0, elevation=-tilt)
    span = level.joints[..., 1] - wave.joints[..., 1]
    assert np.ptp(span) < lean  # about the sensor's own axis it would be 0.5: all would lean


def test_a_body_close_to_the_sensor_steps_back_when_it_is_turned(wave: Motion) -> None:
    joints = wave.joints.copy()
    joints[..., 2] -= joints[..., 2].min() - 0.1
    joints[..., 0] *= 4.0
    close = Motion(joints, wave.present, wave.confidence, wave.topology, wave.fps)
    turned = turn_bodies(close, yaw=np.pi / 2)
    assert turned.joints[..., 2].min() == pytest.approx(0.05, abs=1e-4)


def test_data_around_the_origin_stays_around_it(wave: Motion) -> None:
    centred = wave.joints - wave.joints.mean((0, 1, 2))
    motion = Motion(centred, wave.present, wave.confidence, wave.topology, wave.fps)
    turned = turn_bodies(motion, yaw=1.0)
    assert np.abs(turned.joints.mean((0, 1, 2))).max() < 1e-4


def test_persons_turn_together() -> None:
    pair = synthesize("shaking hands", noise_m=0.0)
    turned = turn_bodies(pair, yaw=1.2)
    assert pair.num_persons == 2
    gaps = [np.linalg.norm(m.joints[:, 0] - m.joints[:, 1], axis=-1) for m in (pair, turned)]
    assert np.allclose(*gaps, atol=1e-4)
    assert not np.allclose(pair.joints, turned.joints, atol=0.1)


def test_a_flat_skeleton_stays_in_its_plane() -> None:
    flat = synthesize("hand waving", topology=COCO_17, space="camera")
    assert turn_bodies(flat, yaw=1.0) is flat
