from __future__ import annotations

from skeletonllm.viewer.examples import Examples


def test_the_same_skeleton_is_preferred() -> None:
    examples = Examples()
    for row, skeleton in enumerate(("coco", "kinect", "kinect")):
        examples.add(row, "n", "throw", skeleton)
    assert examples.find("n", "throw", "kinect") == 1
    assert examples.find("n", "throw", "smpl") == 0
    assert examples.find("n", "sit", "kinect") == examples.find("m", "throw", "coco") == -1
