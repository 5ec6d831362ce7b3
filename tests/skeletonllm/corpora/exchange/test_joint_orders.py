from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.exchange.joint_orders import WHOLE, choose_order, rate_order
from skeletonllm.corpora.exchange.pyskl import PysklReader
from skeletonllm.corpora.reader import Source, read_clips
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.pose_topologies import OPENPOSE_25
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V2, Topology

Write = Callable[[str, str | bytes], Path]


def body(topology: Topology) -> np.ndarray:
    """[T, V, 3] metres, the pelvis between the hips."""
    space = replace(topology, name=f"{topology.name}_tried", dims=3)
    joints = synthesize("hand waving", topology=space, seed=1).joints[:12, 0].astype(float)
    pelvis = topology.find("pelvis")
    if pelvis is not None:
        hips = [topology.index(f"{side}_hip") for side in ("left", "right")]
        joints[:, pelvis] = joints[:, hips].mean(1)
    return joints


PAIRS = [(COCO_17, H36M_17), (H36M_17, COCO_17), (KINECT_V2, OPENPOSE_25), (OPENPOSE_25, KINECT_V2)]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("right", "wrong"), PAIRS)
def test_a_body_tells_the_order_of_its_joints(right: Topology, wrong: Topology, dims: int) -> None:
    points = body(right)[..., :dims]
    assert rate_order(points, right) == WHOLE
    assert rate_order(points, wrong) != WHOLE
    assert choose_order(points, (right, wrong)) == (right, False)
    assert choose_order(points, (wrong, right)) == (right, True)
    assert choose_order(points * -1, (wrong, right)) == (right, True)


def test_who_is_not_seen_tells_nothing() -> None:
    points = body(KINECT_V2)
    points[:, KINECT_V2.index("left_ankle")] = np.nan
    assert rate_order(points, KINECT_V2) is None
    assert choose_order(points, (KINECT_V2, OPENPOSE_25)) == (KINECT_V2, False)


def test_joints_of_neither_order_leave_doubt() -> None:
    mixed = np.random.default_rng(3).normal(size=(40, 25, 3)) * np.geomspace(1, 99, 25)[:, None]
    assert choose_order(mixed, (KINECT_V2, OPENPOSE_25)) == (KINECT_V2, True)


@pytest.mark.parametrize(
    ("shown", "dims", "name", "skeleton", "doubtful"),
    [
        (OPENPOSE_25, 3, "clip", "openpose_25_3d", True),
        (KINECT_V2, 3, "clip", "kinect_v2", False),
        (H36M_17, 2, "clip", "h36m_17_picture", True),
        (COCO_17, 2, "clip", "coco_17", False),
        (KINECT_V2, 2, "S001C001P001R001A010", "kinect_v2_picture", True),
        (OPENPOSE_25, 2, "clip", "openpose_25", True),
    ],
)
def test_annotations_of_another_order_than_the_format_defines(
    write: Write, shown: Topology, dims: int, name: str, skeleton: str, doubtful: bool
) -> None:
    points = body(shown)[None, ..., :dims]
    points = (2 - points) * 200 if dims == 2 else points
    note: dict[str, Any] = {"frame_dir": name, "label": 9, "total_frames": 12, "keypoint": points}
    path = write("ours.pkl", pickle.dumps([note]))
    (clip,), _ = read_clips(PysklReader(), Source(str(path), "ours", 0))
    assert isinstance(clip, Clip)
    assert clip.motion.topology.name == skeleton
    assert ("skeleton_assumed" in clip.flags) is doubtful
    assert clip.motion.metric is (dims == 3 and not doubtful)


def test_an_ntu_label_that_is_not_that_of_the_name_is_flagged(write: Write) -> None:
    note = {"frame_dir": "S001C001P001R001A010", "keypoint": body(KINECT_V2)[None]}
    content = [note | {"label": 9}, note | {"label": 3, "frame_dir": "S001C001P001R002A010"}]
    path = write("ours.pkl", pickle.dumps(content))
    clips, _ = read_clips(PysklReader(), Source(str(path), "ours", 0))
    assert [clip.label for clip in clips] == ["clapping"] * 2
    assert ["label_contradicts_name" in clip.flags for clip in clips] == [False, True]


def test_kinect_s_joints_along_another_axis_are_flagged(write: Write) -> None:
    upright = body(KINECT_V2)
    notes = [
        {"frame_dir": name, "label": 9, "keypoint": points[None]}
        for name, points in (("a", upright), ("b", upright[..., [0, 2, 1]] * [1, -1, 1]))
    ]
    path = write("ours.pkl", pickle.dumps(notes))
    clips, _ = read_clips(PysklReader(), Source(str(path), "ours", 0))
    assert [clip.flags for clip in clips] == [("fps_assumed",), ("fps_assumed", "axes_assumed")]
