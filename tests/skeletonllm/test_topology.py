from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.mocap_topologies import MOCAP_TOPOLOGIES
from skeletonllm.pose_topologies import POSE_TOPOLOGIES
from skeletonllm.topology import (
    COCO_17,
    KINECT_V1,
    KINECT_V2,
    PARTS,
    SMPL_22,
    VOCABULARY,
    Topology,
    get_topology,
    list_topologies,
    locate_joint,
    register_topology,
)

ALL = (KINECT_V2, KINECT_V1, SMPL_22, COCO_17)


@pytest.mark.parametrize(
    ("topology", "joints", "bones", "dims"),
    [(KINECT_V2, 25, 24, 3), (KINECT_V1, 20, 19, 3), (SMPL_22, 22, 21, 3), (COCO_17, 17, 18, 2)],
)
def test_counts(topology: Topology, joints: int, bones: int, dims: int) -> None:
    assert (len(topology), len(topology.bones), topology.dims) == (joints, bones, dims)


@pytest.mark.parametrize("topology", ALL, ids=lambda t: t.name)
def test_mirror_swaps_sides_and_is_its_own_inverse(topology: Topology) -> None:
    for joint, other in enumerate(topology.mirror):
        assert topology.mirror[other] == joint
        mine, theirs = topology.joints[joint], topology.joints[other]
        assert mine.replace("left_", "").replace("right_", "") == theirs.replace(
            "left_", ""
        ).replace("right_", "")
        assert (mine == theirs) == (not mine.startswith(("left_", "right_")))


@pytest.mark.parametrize("topology", ALL, ids=lambda t: t.name)
def test_mirrored_bones_are_bones(topology: Topology) -> None:
    bones = {frozenset(bone) for bone in topology.bones}
    assert {frozenset(topology.mirror[end] for end in bone) for bone in bones} == bones


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22], ids=lambda t: t.name)
def test_three_dimensional_skeletons_are_trees_from_the_pelvis(topology: Topology) -> None:
    assert [i for i, parent in enumerate(topology.parents) if parent < 0] == [
        topology.index("pelvis")
    ]
    for joint in range(len(topology)):
        steps = 0
        while (joint := topology.parents[joint]) >= 0:
            steps += 1
            assert steps < len(topology)


def test_a_joint_of_ones_own_sits_where_its_first_word_sits() -> None:
    assert locate_joint("left_hand.index_1") == VOCABULARY["left_hand"]
    fingers = Topology("f", ("left_hand", "left_hand.a", "right_hand", "right_hand.a"), ((0, 1),))
    assert fingers.parts[1] == "left_arm"
    assert fingers.mirror == (2, 3, 0, 1)
    with pytest.raises(UsageError, match=r"^unknown joint 'tail\.tip'; expected one of pelvis, "):
        locate_joint("tail.tip")


def test_orders_as_published() -> None:
    assert KINECT_V2.joints[20] == "upper_spine"  # NTU joint 21
    assert KINECT_V2.joints[8:12] == ("right_shoulder", "right_elbow", "right_wrist", "right_hand")
    assert SMPL_22.joints[15] == "head"
    assert COCO_17.joints[9:11] == ("left_wrist", "right_wrist")


def test_parts_and_sides() -> None:
    assert KINECT_V2.parts[KINECT_V2.index("right_thumb")] == "right_arm"
    assert {joint.part for joint in VOCABULARY.values()} == set(PARTS)
    assert VOCABULARY["left_knee"].side == "left"
    assert VOCABULARY["left_eye"].part == "head"
    assert VOCABULARY["spine"].side == "centre"


@pytest.mark.parametrize("topology", ALL, ids=lambda t: t.name)
def test_json_round_trip(topology: Topology) -> None:
    again = Topology.from_json(topology.to_json())
    assert again == topology
    assert again.sha256 == topology.sha256


def test_the_hash_depends_on_the_definition() -> None:
    assert len({topology.sha256 for topology in ALL}) == len(ALL)


def test_registry() -> None:
    assert get_topology("coco_17") is COCO_17
    with pytest.raises(
        UsageError, match="unknown topology .coco.; expected one of .*coco_17, .*kin"
    ):
        get_topology("coco")
    with pytest.raises(UsageError, match="a different topology of this name is registered"):
        register_topology(Topology("coco_17", ("nose",), ()))
    assert register_topology(Topology.from_json(COCO_17.to_json())) is COCO_17


def test_all_that_are_built_in_are_known_without_their_readers() -> None:
    known = list_topologies()
    assert list(known) == sorted(known)
    names = {t.name for t in (*ALL, *POSE_TOPOLOGIES, *MOCAP_TOPOLOGIES)}
    assert names <= set(known)
    assert {"openpose_25", "smplh_52", "kit_21", "h36m_17", "h36m_32"} <= names
    assert all(get_topology(name) is topology for name, topology in known.items())
    with pytest.raises(UsageError, match="a different topology of this name is registered"):
        register_topology(Topology("kit_21", ("nose",), ()))


def test_impossible_topologies() -> None:
    with pytest.raises(UsageError, match=r"unknown joints \['tail'\]"):
        Topology("cat", ("tail",), ())
    with pytest.raises(UsageError, match="a joint name twice"):
        Topology("twin", ("head", "head"), ())
    with pytest.raises(UsageError, match="a bone names a joint that is not there"):
        Topology("short", ("head",), ((0, 1),))
    with pytest.raises(UsageError, match="no joint 'neck'"):
        KINECT_V1.index("neck")
    assert KINECT_V1.find("neck", "upper_spine") == 2
    assert KINECT_V1.find("neck") is None
