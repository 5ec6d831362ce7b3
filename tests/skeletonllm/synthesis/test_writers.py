import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora.reader import get_reader, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.synthesis import (
    NW_UCLA_LABELS,
    make_pyskl_annotation,
    synthesize,
    write_humanml3d,
    write_ntu,
    write_nw_ucla,
    write_pyskl,
)
from skeletonllm.topology import COCO_17, KINECT_V1, SMPL_22

NAME = "S001C001P001R001A010"


def read_one(corpus: str, folder: Path) -> Motion:
    reader = get_reader(corpus)
    (source,) = reader.sources(str(folder))
    clips, rejects = read_clips(reader, source)
    assert rejects == []
    return clips[0].motion


def some_unseen(motion: Motion) -> Motion:
    """The second person is gone in frames 3 to 8, joint 5 of the first unseen in frame 2."""
    present, confidence = motion.present.copy(), motion.confidence.copy()
    present[3:9, 1] = False
    confidence[3:9, 1] = 0
    confidence[2, 0, 5] = 0
    confidence[4, 0, 6] = 0.5
    return replace(motion, present=present, confidence=confidence)


def test_ntu_has_the_lines_and_fields_of_the_corpus(tmp_path: Path) -> None:
    motion = some_unseen(synthesize("shaking hands"))
    write_ntu(tmp_path / "a.skeleton", motion, body_ids=["72057594037931327", "72057594037931328"])
    data = (tmp_path / "a.skeleton").read_bytes()
    assert data.endswith(b"\r\n")
    lines = data.decode("ascii").split("\r\n")
    assert lines[:3] == [str(motion.num_frames), "2", lines[2]]
    assert lines[2].split()[0] == "72057594037931327"
    assert len(lines[2].split()) == 10
    assert lines[3] == "25"
    assert {len(line.split()) for line in lines[4:29]} == {12}
    frame = 2 * (2 + 25) + 1
    assert lines[1 + 3 * frame] == "1"
    unseen = lines[1 + 2 * frame + 3 + 5].split()
    assert set(unseen) == {"0"}
    inferred = lines[1 + 3 * frame + (3 + 25) + 3 + 6].split()
    assert inferred[-1] == "1"


def test_ntu_columns_agree_with_the_cameras_of_a_kinect(tmp_path: Path) -> None:
    write_ntu(tmp_path / "a.skeleton", synthesize("clapping"), newline="\n")
    rows = [line.split() for line in (tmp_path / "a.skeleton").read_text().split("\n")]
    values = np.array([row for row in rows if len(row) == 12], float)
    x, y, z, depth_u, depth_v, colour_u, colour_v = values[:, :7].T
    assert np.corrcoef(x / z, colour_u)[0, 1] > 0.999
    assert np.corrcoef(y / z, depth_v)[0, 1] < -0.999
    assert (depth_u > 0).all()
    assert (depth_u < 512).all()
    assert (colour_v > 0).all()
    assert (colour_v < 1080).all()
    norms = np.linalg.norm(values[:, 7:11], axis=1)
    assert (np.isclose(norms, 1) | (norms == 0)).all()
    assert set(values[:, 11]) == {2}


def test_ntu_is_like_an_original_file(tmp_path: Path, shared: Path) -> None:
    write_ntu(tmp_path / "a.skeleton", synthesize("sit down"))
    ours = (tmp_path / "a.skeleton").read_bytes().split(b"\n")
    original = shared / "data/samples/ntu_rgbd/S001C001P001R001A008.skeleton"
    theirs = original.read_bytes().split(b"\n")
    for mine, real in zip(ours[:40], theirs[:40], strict=True):
        assert len(mine.split()) == len(real.split())
    pixel = [
        np.array([line.split()[:7] for line in lines[4:29]], float) for lines in (ours, theirs)
    ]
    for column, index in ((3, 0), (5, 0), (4, 1), (6, 1)):
        slopes = [np.polyfit(p[:, index] / p[:, 2], p[:, column], 1)[0] for p in pixel]
        assert slopes[0] == pytest.approx(slopes[1], rel=0.05)


def test_ntu_survives_the_reader(tmp_path: Path) -> None:
    motion = some_unseen(synthesize("pushing someone"))
    write_ntu(tmp_path / f"{NAME}.skeleton", motion)
    back = read_one("ntu_rgbd", tmp_path)
    order = [0, 1] if np.allclose(back.joints[0, 0], motion.joints[0, 0], atol=1e-5) else [1, 0]
    back = back.select_persons(order)
    np.testing.assert_array_equal(back.present, motion.present)
    seen = motion.observed
    np.testing.assert_array_equal(back.observed, seen)
    np.testing.assert_allclose(back.joints[seen], motion.joints[seen], rtol=1e-6, atol=1e-6)


def test_nw_ucla_survives_the_reader_and_keeps_its_odd_label(tmp_path: Path) -> None:
    motion = synthesize("donning", topology=KINECT_V1)
    write_nw_ucla(tmp_path / "a08_s01_e00_v01.json", motion, NW_UCLA_LABELS[8])
    content = json.loads((tmp_path / "a08_s01_e00_v01.json").read_text())
    assert list(content) == ["file_name", "skeletons", "label"]
    assert (content["file_name"], content["label"]) == ("a08_s01_e00_v01", 7)
    np.testing.assert_allclose(read_one("nw_ucla", tmp_path).joints, motion.joints, atol=1e-6)


def test_nw_ucla_labels_are_those_of_original_files(shared: Path) -> None:
    for path in sorted((shared / "data/samples/nw_ucla").glob("*.json")):
        assert NW_UCLA_LABELS[int(path.name[1:3])] == json.loads(path.read_text())["label"]


def test_humanml3d_survives_the_reader_with_its_captions(tmp_path: Path) -> None:
    motion = synthesize("throw", topology=SMPL_22, fps=20.0)
    write_humanml3d(tmp_path, "000007", motion, ["a person throws with the left hand."])
    joints = np.load(tmp_path / "new_joints/000007.npy")
    assert (joints.dtype, joints.shape[1:]) == (np.float32, (22, 3))
    assert (tmp_path / "texts/000007.txt").read_text() == (
        "a person throws with the left hand.#"
        "a/DET person/NOUN throws/VERB with/ADP the/DET left/ADJ hand/NOUN#0.0#0.0\n"
    )
    np.testing.assert_array_equal(read_one("humanml3d", tmp_path).joints, motion.joints)


def test_pyskl_has_the_keys_and_types_of_the_format(tmp_path: Path) -> None:
    motion = some_unseen(synthesize("high-five", topology=COCO_17))
    annotation = make_pyskl_annotation(NAME, motion, 111)
    write_pyskl(tmp_path / "ntu.pkl", [annotation], {"xsub_train": [NAME]})
    content = pickle.loads((tmp_path / "ntu.pkl").read_bytes())
    assert content["split"] == {"xsub_train": [NAME]}
    (found,) = content["annotations"]
    assert (found["frame_dir"], found["label"], found["img_shape"]) == (NAME, 111, (1080, 1920))
    assert found["keypoint"].shape == (2, motion.num_frames, 17, 2)
    assert found["keypoint_score"].shape == (2, motion.num_frames, 17)
    assert found["keypoint"].dtype == found["keypoint_score"].dtype == np.float16
    assert (found["keypoint"][1, 3:9] == 0).all()


def test_pyskl_survives_the_reader(tmp_path: Path) -> None:
    motion = synthesize("clapping", topology=COCO_17)
    write_pyskl(tmp_path / "ntu.pkl", [make_pyskl_annotation(NAME, motion, 9)])
    back = read_one("pyskl", tmp_path)
    np.testing.assert_allclose(back.joints, motion.joints, atol=0.6)  # float16 of up to 1920
    assert back.image_size == (1920, 1080)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_same_motion_is_the_same_bytes(tmp_path: Path, line_end: str) -> None:
    for name in ("a", "b"):
        write_ntu(tmp_path / name, synthesize("throw"), newline=line_end)
        motion = synthesize("throw", topology=COCO_17)
        write_pyskl(tmp_path / f"{name}.pkl", [make_pyskl_annotation(NAME, motion, 6)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.pkl").read_bytes() == (tmp_path / "b.pkl").read_bytes()


def test_a_motion_of_another_skeleton_is_refused(tmp_path: Path) -> None:
    motion = synthesize("throw", topology=KINECT_V1)
    with pytest.raises(UsageError, match="kinect_v1 in camera space; expected kinect_v2 in camera"):
        write_ntu(tmp_path / "a", motion)
    with pytest.raises(UsageError, match="a motion of 30 fps; expected 20"):
        write_humanml3d(tmp_path, "0", synthesize("throw", topology=SMPL_22), [])
    assert list(tmp_path.iterdir()) == []
