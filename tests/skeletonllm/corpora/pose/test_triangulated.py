from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora import get_reader
from skeletonllm.corpora.pose.detections import People
from skeletonllm.corpora.pose.triangulated import space_clip
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError
from skeletonllm.pose_topologies import OPENPOSE_3D

TOPOLOGY = next(t for t in OPENPOSE_3D if t.name == "openpose_18_3d")
HEIGHTS = {"shoulder": 1.4, "neck": 1.42, "hip": 0.9, "knee": 0.5, "ankle": 0.1}


def body() -> np.ndarray:
    """Upright: y up, the left at +x."""
    joints = np.zeros((3, 1, 18, 3))
    for j, name in enumerate(TOPOLOGY.joints):
        side, _, word = name.partition("_")
        joints[..., j, 1] = HEIGHTS.get(word or side, 1.5)
        joints[..., j, 0] = {"left": 0.2, "right": -0.2}.get(side, 0.0)
    joints[..., TOPOLOGY.index("nose"), 2] = 0.1
    return joints


def people(joints: np.ndarray) -> People:
    shape = joints.shape
    return People(joints, np.ones(shape[:3]), np.ones(shape[:2], np.bool_), (0, 1, 2), ("0",), ())


TURNS = {
    "y": np.eye(3),
    "-y": np.diag((1.0, -1.0, -1.0)),
    "z": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T,
    "-z": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T,
    "x": np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]).T,
    "-x": np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]).T,
}


@pytest.mark.parametrize("unit", [1.0, 0.01, 0.001])
@pytest.mark.parametrize("up", TURNS)
def test_bodies_stand_upright_in_metres_and_are_no_mirror_images(up: str, unit: float) -> None:
    turned = body() @ TURNS[up].T / unit
    reader, source = get_reader("openpose"), Source("a*", "a", 0)
    clip = space_clip(reader, source, "0" * 64, people(turned), TOPOLOGY, flags=("more",))
    joints = clip.motion.joints[0, 0]
    centre, side = joints[TOPOLOGY.index("nose")], joints[TOPOLOGY.index("left_shoulder")]
    other = joints[TOPOLOGY.index("right_shoulder")]
    assert centre[1] == pytest.approx(1.5, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(side - other), 0.4, atol=1e-5)
    neck = joints[TOPOLOGY.index("neck")]
    handed = np.dot(np.cross(side - other, (0, 1, 0)), centre - neck)
    assert handed > 0  # the nose is before the face of one whose left is there
    assert clip.flags == ("fps_assumed", "unit_assumed", "axes_assumed", "more")
    assert not clip.motion.metric


def test_what_is_far_beyond_a_room_is_refused() -> None:
    far = body()
    far[1, 0, 4] = 1e4
    with pytest.raises(SourceError, match="beyond 100 m"):
        space_clip(get_reader("openpose"), Source("a", "a", 0), "", people(far), TOPOLOGY)
