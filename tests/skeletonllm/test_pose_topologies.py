from __future__ import annotations

import subprocess
import sys

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.pose_topologies import POSE_TOPOLOGIES, topology_of_names
from skeletonllm.topology import COCO_17, KINECT_V2, SMPL_22, Topology, get_topology

ROOTS = {
    "mediapipe_33": 3,
    "mediapipe_world_33": 3,
    "halpe_136": 69,
    "openpose_135": 71,
    "coco_wholebody_133": 69,
}
"""Faces hang in the air; the others are trees."""


@pytest.mark.parametrize("topology", POSE_TOPOLOGIES, ids=lambda t: t.name)
def test_every_skeleton_is_whole_and_its_own_mirror_image(topology: Topology) -> None:
    plain = topology.name.removesuffix("_3d")
    assert len(topology) == int(plain.rpartition("_")[2].removesuffix("b"))
    assert topology.dims == (3 if "world" in plain or plain != topology.name else 2)
    assert topology.source
    for joint, other in enumerate(topology.mirror):
        assert topology.mirror[other] == joint
        assert (joint == other) == (topology.joints[joint][:4] not in ("left", "righ"))
    bones = {frozenset(bone) for bone in topology.bones}
    assert {frozenset(topology.mirror[end] for end in bone) for bone in bones} == bones
    assert topology.parents.count(-1) == ROOTS.get(plain, 1)


@pytest.mark.parametrize(
    ("topology", "joints"),
    [
        (
            "coco_wholebody_133",
            {17: "left_foot", 91: "left_hand", 112: "right_hand", 31: "head.chin"},
        ),
        ("halpe_68", {17: "head", 21: "right_foot", 26: "left_hand", 47: "right_hand"}),
        ("halpe_136", {17: "head", 21: "right_foot", 34: "head.chin", 94: "left_hand"}),
        ("openpose_25", {8: "pelvis", 19: "left_foot", 22: "right_foot"}),
        ("openpose_18", {1: "neck", 2: "right_shoulder", 14: "right_eye"}),
    ],
)
def test_orders(topology: str, joints: dict[int, str]) -> None:
    assert {i: get_topology(topology).joints[i] for i in joints} == joints


def test_opposite_points_of_a_face() -> None:
    """iBUG's 68 points begin at the person's right ear; pairs as its page draws them."""
    whole = get_topology("coco_wholebody_133")
    pairs = {0: 16, 8: 8, 17: 26, 21: 22, 27: 27, 31: 35, 33: 33, 36: 45, 39: 42, 41: 46, 48: 54,
             51: 51, 55: 59, 57: 57, 60: 64, 65: 67}  # fmt: skip
    assert {p: whole.mirror[23 + p] - 23 for p in pairs} == pairs
    assert whole.joints[23].startswith("right_ear")


def test_they_are_there_wherever_clips_are_read() -> None:
    code = "from skeletonllm.topology import get_topology; get_topology('halpe_136')"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_known_names_give_the_known_skeleton() -> None:
    for known in (COCO_17, *(t for t in POSE_TOPOLOGIES if t.dims == 2)):
        assert topology_of_names(known.joints) is known


def test_a_made_skeleton_is_registered_and_flat() -> None:
    made = topology_of_names(KINECT_V2.joints)
    assert made.name.startswith("keypoints_25_")
    assert made.dims == 2
    assert get_topology(made.name) is made
    assert topology_of_names(KINECT_V2.joints) is made


def test_bones_of_a_made_skeleton() -> None:
    def bones(*joints: str) -> set[tuple[str, str]]:
        made = topology_of_names(joints)
        return {(made.joints[a], made.joints[b]) for a, b in made.bones}

    assert bones("left_shoulder", "left_wrist", "left_hip", "left_knee", "right_hip") == {
        ("left_shoulder", "left_wrist"),
        ("left_hip", "left_knee"),
        ("left_shoulder", "left_hip"),
    }
    assert set(topology_of_names(SMPL_22.joints).bones) == set(SMPL_22.bones)
    assert bones("pelvis", "neck", "left_hip", "left_hip.pocket", "right_shoulder") == {
        ("pelvis", "neck"),
        ("pelvis", "left_hip"),
        ("left_hip", "left_hip.pocket"),
        ("neck", "right_shoulder"),
    }


def test_names_that_are_no_joints() -> None:
    with pytest.raises(UsageError, match="unknown joints"):
        topology_of_names(("nose", "tail"))
