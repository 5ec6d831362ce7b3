from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora import check_reader, get_reader, read_clips
from skeletonllm.corpora.labs.freemocap import is_named_so
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import UsageError
from skeletonllm.pose_topologies import MEDIAPIPE_WORLD_33
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.lab_writers import format_table_of_joints
from skeletonllm.testing.strategies import FEW_EXAMPLES

from .conftest import TO_Z_UP, ReadFile

COLUMN = "body_{joint}_{axis}"


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    motion = synthesize("hand waving", topology=MEDIAPIPE_WORLD_33, seed=1, space="world")
    return motion.joints[:6, 0].astype(np.float64)


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("points", [33, 75, 553])
def test_the_body_comes_first_whatever_else_was_tracked(
    places: np.ndarray, read_file: ReadFile, points: int
) -> None:
    raw = np.zeros((6, points, 3))
    raw[:, :33] = places @ TO_Z_UP * 1000
    ((clip,), _) = read_file("freemocap", "mediapipe_body_3d_xyz.npy", saved(raw))
    assert clip.flags == ("format_assumed", "fps_assumed", "unit_assumed")
    assert (clip.motion.topology, clip.motion.metric) == (MEDIAPIPE_WORLD_33, True)
    np.testing.assert_allclose(clip.motion.joints[:, 0], places, atol=1e-5)


def test_raw_arrays_in_the_axes_of_a_camera_are_turned(
    places: np.ndarray, read_file: ReadFile
) -> None:
    name = "mediapipe3dData_numFrames_numTrackedPoints_spatialXYZ.npy"
    ((clip,), _) = read_file("freemocap", name, saved(places * (1000, -1000, -1000)))
    assert "axes_assumed" in clip.flags
    np.testing.assert_allclose(clip.motion.joints[:, 0], places, atol=1e-5)


@FEW_EXAMPLES
@given(seed=st.integers(0, 2**32), start=st.sampled_from(["body_", ""]), more=st.booleans())
def test_tables_are_read_by_their_columns(
    places: np.ndarray,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    start: str,
    more: bool,
) -> None:
    lost = np.random.default_rng(seed).random(places.shape[:2]) < 0.2
    raw = np.where(lost[..., None], np.nan, places @ TO_Z_UP * 1000)
    text = format_table_of_joints(raw, NAMES, column=f"{start}{{joint}}_{{axis}}", number="%.9g")
    if more:
        text = "".join(f"{line},{i}\n" for i, line in enumerate(text.splitlines()))
    path = tmp_path_factory.mktemp("x") / "mediapipe_body_3d_xyz.csv"
    path.write_text(text)
    ((clip,), _) = read_clips(get_reader("freemocap"), Source(str(path), "a", 1))
    assert ("format_assumed" in clip.flags) == (not start)
    np.testing.assert_array_equal(clip.motion.observed[:, 0], ~lost)
    np.testing.assert_allclose(clip.motion.joints[:, 0][~lost], places[~lost], atol=1e-5)


def by_trajectory(raw: np.ndarray, stamps: list[str]) -> str:
    head = [f"body_{name}_{axis}" for name in NAMES for axis in "xyz"]
    rows = [
        f"{stamp},\"{{'cam0': 1.0, 'cam1': 2.0}}\",{','.join(map(str, row))}"
        for stamp, row in zip(stamps, raw.reshape(len(raw), -1).tolist(), strict=True)
    ]
    return "\n".join([",".join(["timestamp", "timestamp_by_camera", *head]), *rows, ""])


def by_frame(raw: np.ndarray, stamps: list[str], left_out: int = -1) -> str:
    """A row a point, with those of a hand and a face behind those of the body."""
    lines = ["frame,timestamp,timestamp_by_camera,model,keypoint,x,y,z,reprojection_error"]
    for t, pose in enumerate(raw):
        start = f"{t},{stamps[t]},\"{{'cam0': 1.0, 'cam1': 2.0}}\""
        for name, xyz in zip(NAMES, pose.tolist(), strict=True):
            if t != left_out:
                lines.append(f"{start},mediapipe_body,{name},{','.join(map(str, xyz))},0.1")
        lines += [f"{start},mediapipe_hand,right_0000,1,2,3,", f"{start},mediapipe_face,0000,,,,"]
    return "\n".join([*lines, ""])


EVEN = [f"{1.7e9 + t / 25:.3f}" for t in range(6)]
DATED = [f"2026-11-27 23:59:59.{800 + 40 * t:03d}" for t in range(5)] + ["2026-11-28 00:00:00.000"]
UNEVEN = [f"{1.7e9 + t:.3f}" for t in (0, 0.04, 0.06, 0.13, 0.16, 0.2)]


@pytest.mark.parametrize(
    ("stamps", "fps", "flags"),
    [
        (EVEN, 25.0, ("unit_assumed",)),
        (DATED, 25.0, ("unit_assumed",)),
        (UNEVEN, 25.0, ("irregular_frames", "unit_assumed")),
        ([""] * 6, 30.0, ("fps_assumed", "unit_assumed")),
        (["nan"] * 6, 30.0, ("fps_assumed", "unit_assumed")),
    ],
)
@pytest.mark.parametrize("kind", ["trajectory", "frame"])
def test_tables_with_stamps_have_their_rate(
    places: np.ndarray,
    read_file: ReadFile,
    kind: str,
    stamps: list[str],
    fps: float,
    flags: tuple[str, ...],
) -> None:
    write = by_frame if kind == "frame" else by_trajectory
    text = write(places @ TO_Z_UP * 1000, stamps)
    ((clip,), rejects) = read_file("freemocap", f"rec_by_{kind}.csv", text)
    assert (rejects, clip.flags) == ([], flags)
    assert clip.motion.fps == pytest.approx(fps, rel=1e-3)
    np.testing.assert_allclose(clip.motion.joints[:, 0], places, atol=1e-5)


def test_a_row_a_point_may_be_of_many_faces(places: np.ndarray, read_file: ReadFile) -> None:
    text = by_frame(places @ TO_Z_UP * 1000, EVEN)
    more = "".join(f"5,{EVEN[5]},{{}},mediapipe_face,{i:04d},1,2,3,\n" for i in range(410_000))
    ((clip,), rejects) = read_file("freemocap", "rec_by_frame.csv", text + more)
    assert (rejects, clip.motion.num_frames) == ([], 6)


def test_a_frame_without_a_body_is_empty(places: np.ndarray, read_file: ReadFile) -> None:
    text = by_frame(places @ TO_Z_UP * 1000, EVEN, left_out=2)
    ((clip,), _) = read_file("freemocap", "rec_by_frame.csv", text)
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True, True, True]


def test_files_of_hands_faces_errors_and_others_are_not_listed(tmp_path: Path) -> None:
    for name in (
        "mediapipe_right_hand_3d_xyz.npy", "mediapipe_face_3d_xyz.csv", "walk.npy", "table.csv",
        "mediapipe3dData_numFrames_numTrackedPoints_reprojectionError.npy",
    ):  # fmt: skip
        assert not is_named_so(name)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="named as this corpus names them"):
        get_reader("freemocap").sources(str(tmp_path))
    for name in ("freemocap_data_by_frame.csv", "x/mediaPipeSkel_3d_body_hands_face.npy"):
        assert is_named_so(name)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("mediapipe_body_3d_xyz.npy", saved(np.zeros((5, 17, 3))), "float64 (5, 17, 3)"),
        ("mediapipe_body_3d_xyz.npy", saved(np.zeros((5, 33, 3), int)), "int64 (5, 33, 3)"),
        ("mediapipe_body_3d_xyz.csv", b"body_nose_x,body_nose_y\n1,2\n", "body_nose_z"),
    ],
)
def test_other_content_is_refused_by_its_cause(
    read_file: ReadFile, name: str, content: bytes, found: str
) -> None:
    (clips, (reject,)) = read_file("freemocap", name, content)
    assert (clips, reject.code) == ([], "format")
    assert found in reject.message


def test_the_contract_holds(places: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "mediapipe_body_3d_xyz.npy").write_bytes(saved(places * 1000))
    assert check_reader(get_reader("freemocap"), str(tmp_path)) == []
