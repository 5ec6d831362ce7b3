from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.labs.kinect_azure import NAMES
from skeletonllm.sensor_topologies import AZURE_32
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.lab_writers import format_azure, format_table_of_joints

from .conftest import ReadFile

TO_SDK = (-1000, -1000, 1000)


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    motion = synthesize("hand waving", topology=AZURE_32, seed=1, space="camera")
    return motion.joints[:6, 0].astype(np.float64)


def test_the_sdks_order_is_that_of_the_skeleton() -> None:
    assert len(NAMES) == len(AZURE_32)
    pairs = dict(zip(NAMES, AZURE_32.joints, strict=True))
    known = {
        "pelvis": "pelvis", "spine_chest": "upper_spine", "clavicle_left": "left_collar",
        "handtip_right": "right_hand_tip", "hip_left": "left_hip", "foot_right": "right_foot",
        "head": "head", "eye_left": "left_eye", "ear_right": "right_ear",
    }  # fmt: skip
    assert {name: pairs[name] for name in known} == known


def test_millimetres_of_the_sensor_become_metres_of_our_camera(
    places: np.ndarray, read_file: ReadFile
) -> None:
    ((clip,), rejects) = read_file("kinect_azure", "a.json", format_azure(places * TO_SDK, NAMES))
    assert (rejects, clip.flags, clip.person_ids) == ([], (), ("1",))
    motion = clip.motion
    assert (motion.topology, motion.fps, motion.space) == (AZURE_32, 30.0, "camera")
    assert motion.metric
    np.testing.assert_allclose(motion.joints[:, 0], places, atol=1e-5)


def test_two_bodies_and_an_empty_frame(places: np.ndarray, read_file: ReadFile) -> None:
    content = json.loads(format_azure(places * TO_SDK, NAMES))
    frames = content["frames"]
    for frame in frames:
        other = {**frame["bodies"][0], "body_id": 7}
        frame["bodies"] = [other, frame["bodies"][0]]
        frame["num_bodies"] = 2
    frames[2] |= {"bodies": [], "num_bodies": 0}
    frames[3]["num_bodies"] = 3
    ((clip,), _) = read_file("kinect_azure", "a.json", json.dumps(content))
    assert sorted(clip.person_ids) == ["1", "7"]
    assert clip.flags == ("fewer_bodies_than_declared",)
    assert clip.motion.present.sum(1).tolist() == [2, 2, 0, 2, 2, 2]


def test_confidences_are_levels(places: np.ndarray, read_file: ReadFile) -> None:
    content = json.loads(format_azure(places * TO_SDK, NAMES))
    for frame in content["frames"]:
        frame["bodies"][0]["joint_confidence"] = [2] * 30 + [1, 0]
    ((clip,), _) = read_file("kinect_azure", "a.json", json.dumps(content["frames"]))
    assert clip.motion.confidence[0, 0, -3:].tolist() == [1, 0.5, 0]


@pytest.mark.parametrize(
    "column",
    ["{joint}_{axis}", "{joint}.{axis}", "{joint}_pos_{axis}", "K4ABT_JOINT_{joint}_{axis}"],
)
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_tables_are_read_by_the_names_of_their_columns(
    places: np.ndarray, read_file: ReadFile, column: str, scale: float
) -> None:
    rows = format_table_of_joints(places * (-1, -1, 1) * scale, NAMES, column=column).splitlines()
    stamps = ["timestamp", *(str(t * 66_667) for t in range(6))]
    text = "\n".join(f"{stamp},{row}" for stamp, row in zip(stamps, rows, strict=True))
    ((clip,), _) = read_file("kinect_azure", "a.csv", text.upper() if scale == 1 else text)
    assert clip.flags == ("unit_assumed",)
    assert (clip.motion.fps, clip.motion.metric) == (15.0, True)
    np.testing.assert_allclose(clip.motion.joints[:, 0], places, atol=1e-5)


def test_rows_of_bodies_are_persons_of_frames(places: np.ndarray, read_file: ReadFile) -> None:
    rows = format_table_of_joints(places * TO_SDK, NAMES).splitlines()
    lines = [f"frame,body_id,{rows[0]}"]
    lines += [f"{t},{who},{row}" for t, row in enumerate(rows[1:]) for who in (3, 4)]
    ((clip,), _) = read_file("kinect_azure", "a.csv", "\n".join(lines))
    assert (clip.person_ids, clip.motion.num_frames) == (("3", "4"), 6)
    assert "fps_assumed" in clip.flags


@pytest.mark.parametrize("form", ["positions by name", "joints", "joints by name", "flat joints"])
def test_other_forms_of_bodies_are_read(places: np.ndarray, read_file: ReadFile, form: str) -> None:
    content = json.loads(format_azure(places * TO_SDK, NAMES))
    for frame in content["frames"]:
        body = frame["bodies"][0]
        rows = body.pop("joint_positions")
        points = [dict(zip("xyz", row, strict=True)) for row in rows]
        joints = [{"position": row, "confidence_level": 2} for row in rows]
        body |= {
            "positions by name": {"joint_positions": dict(zip(NAMES, rows, strict=True))},
            "joints": {"joints": joints},
            "joints by name": {"joints": dict(zip(NAMES, joints, strict=True))},
            "flat joints": {"joints": points},
        }[form]
    ((clip,), _) = read_file("kinect_azure", "a.json", json.dumps({"frames": content["frames"]}))
    np.testing.assert_allclose(clip.motion.joints[:, 0], places, atol=1e-5)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"frames": []}, "offline_processor"),
        ([{"bodies": [{"keypoints": []}]}], "offline_processor"),
        ({"k4abt_sdk_version": "1", "joint_names": ["HEAD"], "frames": []}, "joints HEAD"),
        ([{"bodies": [{"joint_positions": [[1, 2, 3]]}]}], "expected 32 points"),
        ([{"bodies": [{"joint_positions": [[1, 2, 3]] * 32}]}, 7], "frame 1"),
    ],
)
def test_other_json_is_refused_by_its_cause(read_file: ReadFile, content: Any, found: str) -> None:
    (clips, (reject,)) = read_file("kinect_azure", "a.json", json.dumps(content))
    assert (clips, reject.code) == ([], "format")
    assert found in reject.message


def test_other_tables_are_refused_by_their_cause(read_file: ReadFile) -> None:
    (_, (reject,)) = read_file("kinect_azure", "a.csv", "pelvis_x,pelvis_y,pelvis_z\n1,2,3\n")
    assert "no columns of spine_navel, spine_chest" in reject.message


def test_the_contract_holds(places: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(format_azure(places * TO_SDK, NAMES))
    (tmp_path / "b.csv").write_text(format_table_of_joints(places * TO_SDK, NAMES))
    assert check_reader(get_reader("kinect_azure"), str(tmp_path)) == []


def test_words_in_other_columns_are_no_unread_cells(
    places: np.ndarray, read_file: ReadFile
) -> None:
    text = format_table_of_joints(places * TO_SDK, NAMES)
    text = "".join(f"{line},{'note' if i == 0 else 'ok'}\n" for i, line in enumerate(text.split()))
    ((clip,), _) = read_file("kinect_azure", "a.csv", text)
    assert "unread_cells" not in clip.flags


def test_a_line_of_cells_without_end_is_refused(read_file: ReadFile) -> None:
    (_, (reject,)) = read_file("kinect_azure", "a.csv", "pelvis_x," * 100_000)
    assert (reject.code, "cells" in reject.message) == ("unsafe", True)
