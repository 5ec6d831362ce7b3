"""The normalize job as a user meets it: good files, bad files, wrong requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from jobs import normalize
from jobs.common import run_job
from skeletonllm.clip import clips_from_table
from skeletonllm.storage import iter_tables, list_files, read_json
from skeletonllm.synthesis import (
    GOOD_WITH_GAPS,
    synthesize,
    write_bad_files,
    write_corpora,
    write_ntu,
    write_pyskl,
)
from skeletonllm.testing.processes import read_folder

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


ANNOTATION = {
    "frame_dir": "kick",
    "label": 0,
    "total_frames": 4,
    "img_shape": (480, 640),
    "original_shape": (480, 640),
    "keypoint": np.arange(4 * 17 * 2, dtype=np.float32).reshape(1, 4, 17, 2),
    "keypoint_score": np.ones((1, 4, 17), np.float32),
}
"""One clip as PYSKL writes it, of four frames."""


def run(source: Path, out: Path, *more: str, corpus: str = "ntu_rgbd") -> int:
    flags = ["--corpus", corpus, "--input", str(source), "--output", str(out), *more]
    return run_job(normalize.main, normalize.Flags, flags)


def rejects(out: Path) -> list[dict[str, str]]:
    return [row for _, t in iter_tables(f"{out}/rejects") for row in t.to_pylist()]


def write_good_files(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(count):
        motion = synthesize("sit down", subject=i % 4, seed=i)
        write_ntu(folder / f"S001C001P{i + 1:03d}R001A008.skeleton", motion)


def test_ten_good_files_come_out_and_each_bad_one_is_a_row(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    write_good_files(raw, 10)
    expected = write_bad_files(raw)
    assert run(raw, out) == 0
    clips = [c for _, t in iter_tables(f"{out}/parts") for c in clips_from_table(t)]
    found = {Path(row["source_uri"]).name: row["code"] for row in rejects(out)}
    assert found == expected
    assert len(clips) == 10 + 1
    assert any(clip.source_uri.endswith(GOOD_WITH_GAPS) for clip in clips)
    for row in rejects(out):
        assert len(row["message"]) > len(row["code"])
        assert not row["source_uri"].startswith("/")
    counts = read_json(f"{out}/manifest.json")["counts"]
    assert counts == {"clips": len(clips), "rejects": len(expected)}


def test_too_many_rejects_exit_with_2_and_still_write(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write_good_files(raw, 18)
    for i in range(2):
        (raw / f"S001C001P{90 + i:03d}R001A008.skeleton").touch()
    assert run(raw, tmp_path / "strict") == 2
    assert read_json(f"{tmp_path}/strict/manifest.json")["counts"] == {"clips": 18, "rejects": 2}
    assert run(raw, tmp_path / "lenient", "--max-reject-fraction", "0.1") == 0
    (raw / "S001C001P090R001A008.skeleton").unlink()
    assert run(raw, tmp_path / "few") == 0  # one of 19: below 20 files no fraction applies


def test_a_profile_that_suits_no_clip_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What suits one clip of a folder may not suit the next, so each is a row, and not an end."""
    folders = write_corpora(tmp_path / "raw", nw_ucla_clips_per_action=1)
    assert (
        run(Path(folders["nw_ucla"]), tmp_path / "out", "--profile", "pyskl", corpus="nw_ucla") == 2
    )
    assert {row["code"] for row in rejects(tmp_path / "out")} == {"unsuitable"}
    assert "profile pyskl of a clip of kinect_v1" in rejects(tmp_path / "out")[0]["message"]
    assert re.search(r"unsuitable\s*│ 10", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("corpus", "source", "said"),
    [
        ("ntu_rgbd", "nosuch", "no such file or folder"),
        ("ntu_rgbd", "empty", "no .skeleton file"),
        ("kinect_9", "empty", "unknown corpus 'kinect_9'; expected one of alphapose, "),
    ],
)
def test_a_wrong_request_is_one_sentence_and_exit_2(
    corpus: str, source: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / source, tmp_path / "out", corpus=corpus) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert error.count("\n") == 0
    assert not (tmp_path / "out").exists()


def test_another_configuration_is_refused_and_nothing_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    write_good_files(raw, 2)
    assert run(raw, out) == 0
    before = read_folder(out)
    assert run(raw, out) == 0  # finished: nothing to do
    assert run(raw, out, "--profile", "raw") == 2
    assert "made with config.profile = 'clean@2'; expected" in capsys.readouterr().err
    write_good_files(raw, 3)
    assert run(raw, out) == 2
    assert "made with units" in capsys.readouterr().err
    assert read_folder(out) == before


@pytest.mark.parametrize("corpus", ["ntu_rgbd", "nw_ucla", "humanml3d", "pyskl"])
def test_same_input_same_bytes_whatever_the_units_of_work(corpus: str, tmp_path: Path) -> None:
    folders = write_corpora(
        tmp_path / "raw",
        ntu_clips_per_action=1,
        nw_ucla_clips_per_action=1,
        humanml3d_clips=4,
        pyskl_clips_per_action=1,
    )
    for name in ("one", "two"):
        assert run(Path(folders[corpus]), tmp_path / name, corpus=corpus) == 0
    assert read_folder(tmp_path / "one") == read_folder(tmp_path / "two")
    assert "parts/part-00000.parquet" in list_files(str(tmp_path / "one"))


def test_an_old_name_of_a_corpus_is_said_once_and_written_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "raw").mkdir()
    write_pyskl(tmp_path / "raw" / "a.pkl", [ANNOTATION])
    out = tmp_path / "out"
    assert run(tmp_path / "raw", out, corpus="pose2d") == 0
    assert caplog.text.count("use --corpus pyskl") == 1
    assert read_json(f"{out}/manifest.json")["config"]["corpus"] == "pyskl"
    assert run(tmp_path / "raw", out, corpus="pyskl") == 0  # the same configuration: finished


BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT LeftUpLeg
  {
    OFFSET 10 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftLeg
    {
      OFFSET 0 -45 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 0 -40 0
      }
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.033333
0 90 0 0 0 0 0 10 0 0 0 0
0 90 1 0 0 0 0 20 0 0 5 0
0 90 2 0 0 0 0 30 0 0 9 0
"""


def test_a_skeleton_that_a_worker_made_from_a_file_is_defined_in_the_output(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "kick.bvh").write_text(BVH)
    out = tmp_path / "out"
    assert run(tmp_path / "raw", out, corpus="bvh") == 0
    (table,) = (t for _, t in iter_tables(f"{out}/parts"))
    (name,) = set(table.column("topology").to_pylist())
    assert list(read_json(f"{out}/topologies.json")) == [name]
    (clip,) = clips_from_table(table)
    assert clip.motion.topology.name == name
    assert clip.motion.num_frames == 3


@pytest.mark.parametrize("more", [(), ("--orientations",)], ids=["left out", "kept"])
def test_orientations_are_kept_on_request(tmp_path: Path, more: tuple[str, ...]) -> None:
    write_good_files(tmp_path / "in", 1)
    assert run(tmp_path / "in", tmp_path / "out", *more) == 0
    ((_, table),) = iter_tables(f"{tmp_path}/out/parts")
    (clip,) = clips_from_table(table)
    assert (clip.motion.orientations is not None) == bool(more)
    config = read_json(f"{tmp_path}/out/manifest.json")["config"]
    assert config.get("orientations", False) == bool(more)


def test_what_a_list_leaves_out_is_no_fault_of_the_files(tmp_path: Path) -> None:
    write_good_files(tmp_path / "in", 22)
    names = sorted(path.stem for path in (tmp_path / "in").iterdir())
    (tmp_path / "list.txt").write_text("\n".join(names[:6]))
    assert run(tmp_path / "in", tmp_path / "out", "--missing-list", f"{tmp_path}/list.txt") == 0
    counts = read_json(f"{tmp_path}/out/manifest.json")["counts"]
    assert counts == {"clips": 16, "rejects": 6, "listed": 6}


def test_the_picture_size_that_a_user_states_holds_where_files_state_none(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    triples = [value for j in range(18) for value in (0.3 + 0.02 * j, 0.5, 0.9)]
    frame = {"people": [{"pose_keypoints_2d": triples}]}
    (raw / "a_0_keypoints.json").write_text(json.dumps(frame))
    assert run(raw, out, "--image-size", "1920x1080", corpus="openpose") == 0
    ((_, table),) = iter_tables(f"{out}/parts")
    (clip,) = clips_from_table(table)
    assert clip.motion.image_size == (1920, 1080)
    assert "image_size_assumed" not in clip.flags
    assert read_json(f"{out}/manifest.json")["config"]["image_size"] == [1920, 1080]
    assert run(raw, out, "--image-size", "1920", corpus="openpose") == 2
    assert run(raw, out, corpus="openpose") == 2  # another request: its clips would be others
