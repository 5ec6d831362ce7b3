"""Where Gaussians sit on a skeleton and on the body."""

from __future__ import annotations

import pytest
import torch

from skeletonllm.draction.gaussians.primitives import NODES, make_primitives
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, PARTS, SMPL_22, Topology

ALL = [KINECT_V2, KINECT_V1, SMPL_22, COCO_17]


@pytest.mark.parametrize("topology", ALL, ids=lambda t: t.name)
def test_blends_and_anchors_sum_to_one(topology: Topology) -> None:
    shapes = make_primitives(topology, 10)
    count = len(topology) + 10 * len(topology.bones)
    assert shapes.blend.shape == (count, len(topology))
    ones = torch.ones(count)
    torch.testing.assert_close(shapes.blend.sum(1), ones)
    torch.testing.assert_close(shapes.anchors.sum(1), ones)
    assert (shapes.blend >= 0).all()
    assert (shapes.anchors >= 0).all()


def test_points_of_a_bone_are_evenly_between_its_ends() -> None:
    shapes = make_primitives(KINECT_V2, 3)
    proximal, distal = KINECT_V2.bones[5]
    rows = shapes.blend[len(KINECT_V2) + 15 : len(KINECT_V2) + 18]
    assert rows[:, proximal].tolist() == [0.75, 0.5, 0.25]
    assert rows[:, distal].tolist() == [0.25, 0.5, 0.75]


def test_a_bone_needs_both_its_ends_and_a_joint_itself() -> None:
    shapes = make_primitives(KINECT_V1, 10)
    assert shapes.needs.sum(1).tolist() == [1] * 20 + [2] * (len(shapes.blend) - 20)


def test_the_same_place_on_the_body_has_the_same_anchor_in_every_skeleton() -> None:
    rows = [make_primitives(t, 10).anchors[t.index("right_elbow")] for t in ALL]
    assert all(torch.equal(row, rows[0]) for row in rows)
    part = PARTS.index("right_arm")
    assert rows[0].view(len(PARTS), NODES)[part].sum() == 1


def test_neighbours_are_along_the_limb_and_ends_point_at_themselves() -> None:
    before, after = make_primitives(KINECT_V2, 1).neighbours
    elbow = KINECT_V2.index("left_elbow")
    assert before[elbow] == KINECT_V2.index("left_shoulder")
    assert after[elbow] == KINECT_V2.index("left_wrist")
    head, pelvis = KINECT_V2.index("head"), KINECT_V2.index("pelvis")
    assert after[head] == head
    assert before[pelvis] == pelvis


def test_a_topology_without_bones_is_its_joints() -> None:
    shapes = make_primitives(Topology("dots", ("head", "pelvis"), ()), 10)
    assert torch.equal(shapes.blend, torch.eye(2))
    assert not shapes.is_bone.any()
    assert shapes.neighbours.tolist() == [[0, 1], [0, 1]]
