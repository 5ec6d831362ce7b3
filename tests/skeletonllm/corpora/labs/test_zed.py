from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.sensor_topologies import ZED_18, ZED_34, ZED_38
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.lab_writers import format_zed
from skeletonllm.topology import Topology

from .conftest import ReadFile


def body(topology: Topology) -> np.ndarray:
    motion = synthesize("hand waving", topology=topology, seed=1, space="world")
    return motion.joints[:6, 0].astype(np.float64)


@pytest.mark.parametrize("topology", [ZED_18, ZED_34, ZED_38])
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_what_the_joints_are_follows_from_their_number_and_is_flagged(
    read_file: ReadFile, topology: Topology, scale: float
) -> None:
    points = body(topology)
    ((clip,), rejects) = read_file("zed", "bodies.json", format_zed(points * scale, 15))
    assert (rejects, clip.flags) == ([], ("skeleton_assumed", "unit_assumed"))
    motion = clip.motion
    assert (motion.topology, motion.fps, motion.metric) == (topology, 15.0, True)
    np.testing.assert_allclose(motion.joints[:, 0], points, atol=1e-4)


def test_the_sdks_own_axes_are_turned_and_flagged(read_file: ReadFile) -> None:
    points = body(ZED_38) * (1000, -1000, -1000)
    ((clip,), _) = read_file("zed", "bodies.json", format_zed(points))
    assert clip.flags == ("skeleton_assumed", "unit_assumed", "axes_assumed")
    np.testing.assert_allclose(clip.motion.joints[:, 0], body(ZED_38), atol=1e-4)


def test_a_stated_format_is_no_guess(read_file: ReadFile) -> None:
    frames = list(json.loads(format_zed(body(ZED_34))).values())
    content = {"body_format": "BODY_FORMAT.BODY_34", "frames": frames}
    ((clip,), _) = read_file("zed", "bodies.json", json.dumps(content))
    assert clip.flags == ("unit_assumed",)


def test_missing_keypoints_people_and_confidences(read_file: ReadFile) -> None:
    content = json.loads(format_zed(np.where(np.arange(18)[:, None] == 4, np.nan, body(ZED_18))))
    keys = list(content)
    content[keys[1]]["body_list"][0]["keypoint"][3] = [float("nan")] * 3
    content[keys[2]]["body_list"] = []
    del content[keys[3]]["body_list"]
    content[keys[4]]["body_list"][0]["keypoint_confidence"] = [80.0] * 17 + [None]
    ((clip,), _) = read_file("zed", "bodies.json", json.dumps(content))
    assert clip.motion.present[:, 0].tolist() == [True, True, False, False, True, True]
    assert clip.motion.observed.sum(-1)[:, 0].tolist() == [17, 16, 0, 0, 16, 17]
    assert clip.motion.confidence[4, 0, 0] == pytest.approx(0.8)


@pytest.mark.parametrize("key", ["bodies", "object_list"])
def test_other_names_of_the_list_are_read(read_file: ReadFile, key: str) -> None:
    frames = list(json.loads(format_zed(body(ZED_18))).values())
    content = [{"timestamp": f["timestamp"], key: f["body_list"]} for f in frames]
    ((clip,), _) = read_file("zed", "bodies.json", json.dumps(content))
    assert (clip.motion.num_frames, clip.motion.fps) == (6, 30.0)


def test_frames_come_in_the_order_of_their_stamps(read_file: ReadFile) -> None:
    content = json.loads(format_zed(body(ZED_18)))
    mixed = {key: content[key] for key in sorted(content, reverse=True)}
    ((clip,), _) = read_file("zed", "bodies.json", json.dumps(mixed))
    np.testing.assert_allclose(clip.motion.joints[:, 0], body(ZED_18), atol=1e-4)


@pytest.mark.parametrize(
    ("content", "code", "found"),
    [
        ({"people": []}, "format", "expected frames with a body_list"),
        ([{"bodies": [{"joint_positions": []}]}], "format", "expected frames with a body_list"),
        ([1, 2], "format", "expected frames with a body_list"),
        ({"1": {"is_tracked": True, "body_list": []}}, "no_body", "nobody is tracked"),
        (
            {"1": {"body_list": [{"id": 1, "keypoint": [[1, 2, 3]] * 17}]}},
            "format",
            "bodies of 17 keypoints; expected 18, 34 or 38",
        ),
        (
            {"1": {"body_list": [{"id": 1, "keypoint": [[1, 2]] * 18}]}},
            "format",
            "keypoint of shape (18, 2)",
        ),
    ],
)
def test_other_json_is_refused_by_its_cause(
    read_file: ReadFile, content: Any, code: str, found: str
) -> None:
    (clips, (reject,)) = read_file("zed", "a.json", json.dumps(content))
    assert (clips, reject.code) == ([], code)
    assert found in reject.message


def test_the_contract_holds(tmp_path: Path) -> None:
    (tmp_path / "bodies.json").write_text(format_zed(body(ZED_38)))
    assert check_reader(get_reader("zed"), str(tmp_path)) == []
