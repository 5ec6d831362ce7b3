from __future__ import annotations

from skeletonllm.topology import COCO_17, KINECT_V2
from skeletonllm.viewer.columns import COLUMNS
from skeletonllm.viewer.head import describe_topology, make_head


def test_a_skeleton_says_joints_bones_and_sides() -> None:
    found = describe_topology(KINECT_V2)
    assert len(found["sides"]) == len(found["joints"]) == 25
    assert found["sides"][KINECT_V2.index("right_wrist")] == "right"
    assert found["sides"][KINECT_V2.index("pelvis")] == "mid"
    assert [0, 1] in found["edges"]
    assert describe_topology(COCO_17)["sides"][COCO_17.index("left_eye")] == "left"


def test_each_skeleton_is_there_once() -> None:
    head = make_head(
        mode="served",
        kind="clips",
        title="t",
        total=3,
        shown=3,
        overview={},
        topologies=["kinect_v2", "coco_17", "kinect_v2"],
        columns=COLUMNS,
    )
    assert list(head["topologies"]) == ["coco_17", "kinect_v2"]
    assert head["blocks"] == {"rows": 1, "texts": 0, "motions": 0}
    assert head["block_size"] == {"texts": 128, "motions": 64}
