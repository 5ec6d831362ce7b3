from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import DESCRIPTOR_FIELDS, compute_descriptor
from skeletonllm.synthesis import Subject, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22

TOPOLOGIES = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)


def far(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda t: t.name)
@pytest.mark.parametrize("action", ["hand waving", "shaking hands"])
def test_fixed_length_and_finite_for_any_skeleton(topology, action: str) -> None:
    vector = compute_descriptor(synthesize(action, topology=topology))
    assert vector.shape == (len(DESCRIPTOR_FIELDS),)
    assert vector.dtype == np.float64
    assert np.isfinite(vector).all()


def test_names_are_unique() -> None:
    assert len(set(DESCRIPTOR_FIELDS)) == len(DESCRIPTOR_FIELDS)


def test_scale_place_heading_and_handedness_do_not_matter() -> None:
    motion = synthesize("drink water", subject=Subject(id=1), side="right", space="world")
    kick = compute_descriptor(synthesize("side kick", subject=Subject(id=1), space="world"))
    here = compute_descriptor(motion)
    large = replace(motion, joints=2 * motion.joints)
    away = replace(motion, joints=motion.joints + np.float32([3, 0, 5]))
    c, s = np.float32(np.cos(1.0)), np.float32(np.sin(1.0))
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    turned = replace(motion, joints=motion.joints @ turn.T)
    for same in (large, away, turned, motion.mirrored()):
        assert far(here, compute_descriptor(same)) < 0.1 * far(here, kick)


def test_persons_in_another_order_are_the_same_clip() -> None:
    motion = synthesize("punch/slap someone")
    np.testing.assert_allclose(
        compute_descriptor(motion), compute_descriptor(motion.select_persons([1, 0])), atol=0.35
    )


def test_the_nearest_clip_of_another_subject_is_of_the_same_action() -> None:
    actions = ["drink water", "sit down", "side kick", "walk around", "clapping", "high-five"]
    known = np.array([compute_descriptor(synthesize(a, subject=1, seed=1)) for a in actions])
    asked = np.array([compute_descriptor(synthesize(a, subject=5, seed=7)) for a in actions])
    spread = known.std(axis=0) + 0.05
    gaps = np.linalg.norm((asked[:, None] - known[None]) / spread, axis=2)
    assert [actions[i] for i in gaps.argmin(axis=1)] == actions


def test_an_empty_clip_is_zero_and_a_still_one_has_no_events(stick_man) -> None:
    motion = stick_man().motion()
    nobody = replace(motion, present=np.zeros_like(motion.present))
    assert not compute_descriptor(nobody).any()
    still = dict(zip(DESCRIPTOR_FIELDS, compute_descriptor(motion), strict=True))
    assert still["first.events.raise"] == 0
    assert still["pair.there"] == 0
