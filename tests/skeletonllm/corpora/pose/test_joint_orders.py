from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.pose.detections import People
from skeletonllm.corpora.pose.joint_orders import bone_length, choose_order, makes_a_body
from skeletonllm.pose_topologies import OPENPOSE_18, OPENPOSE_25, OPENPOSE_25B, POSETRACK_17
from skeletonllm.topology import COCO_17, Topology

PLACES = {
    "nose": (0, 0), "neck": (0, 50), "pelvis": (0, 235), "head.top": (0, -25), "eye": (10, -10),
    "ear": (28, -4), "shoulder": (63, 57), "elbow": (80, 160), "wrist": (95, 260),
    "hip": (35, 235), "knee": (38, 400), "ankle": (38, 555), "ankle.heel": (38, 570),
    "foot": (42, 577), "foot.small_toe": (46, 577),
}  # fmt: skip


def people(topology: Topology, frames: int = 5, turn: float = 1.0) -> People:
    """Someone who faces the camera, or with a smaller ``turn`` is seen from the side."""
    joints = np.zeros((frames, 1, len(topology), 2))
    for j, name in enumerate(topology.joints):
        side, _, word = name.partition("_")
        across, down = PLACES[word if side in ("left", "right") else name]
        joints[..., j, :] = (-across if side == "right" else across) * turn, down
    joints += 600 + 3 * np.arange(frames)[:, None, None, None]
    score = np.ones(joints.shape[:3])
    return People(joints, score, np.ones((frames, 1), np.bool_), tuple(range(frames)), ("0",), ())


def hide(seen: People, topology: Topology, *words: str) -> People:
    for j, name in enumerate(topology.joints):
        if any(word in name for word in words):
            seen.score[..., j] = 0
    return seen


@pytest.mark.parametrize("turn", [1.0, 0.4, 0.05])
@pytest.mark.parametrize("topology", [OPENPOSE_25, OPENPOSE_25B])
def test_25_joints_in_two_orders(topology: Topology, turn: float) -> None:
    chosen, flags = choose_order(people(topology, turn=turn), (OPENPOSE_25, OPENPOSE_25B))
    assert chosen is topology
    assert flags == (() if topology is OPENPOSE_25 else ("skeleton_assumed",))


def test_who_is_half_seen_is_a_guess() -> None:
    seen = hide(people(OPENPOSE_25), OPENPOSE_25, "hip", "knee", "ankle", "foot", "pelvis")
    chosen, flags = choose_order(seen, (OPENPOSE_25, OPENPOSE_25B))
    assert (chosen, flags) == (OPENPOSE_25, ("skeleton_assumed",))


def test_an_order_without_rivals_stands_unless_bodies_speak_against_it() -> None:
    assert choose_order(people(OPENPOSE_18), [OPENPOSE_18]) == (OPENPOSE_18, ())
    face = hide(people(OPENPOSE_18), OPENPOSE_18, "hip", "knee", "ankle", "elbow", "wrist")
    assert choose_order(face, [OPENPOSE_18])[1] == ()
    mixed = people(OPENPOSE_18)
    mixed.joints[:] = mixed.joints[:, :, np.random.default_rng(0).permutation(18)]
    assert choose_order(mixed, [OPENPOSE_18]) == (OPENPOSE_18, ("skeleton_assumed",))


def test_too_little_is_no_verdict() -> None:
    seen = hide(people(COCO_17), COCO_17, "left", "right")
    assert np.isnan(bone_length(seen, COCO_17))
    assert makes_a_body(seen, COCO_17) is None
    points = people(COCO_17)
    points.joints[:] = 5.0
    assert makes_a_body(points, COCO_17) is None
    assert makes_a_body(people(COCO_17), COCO_17)


@pytest.mark.parametrize("turn", [1.0, 0.4, 0.05])
def test_orders_that_differ_in_the_face_alone(turn: float) -> None:
    assert choose_order(people(COCO_17, turn=turn), [COCO_17]) == (COCO_17, ())
    for other in (POSETRACK_17, Topology("back", COCO_17.joints[::-1], COCO_17.bones, 2, "")):
        seen = people(other, turn=turn)
        assert choose_order(seen, [COCO_17]) == (COCO_17, ("skeleton_assumed",))
