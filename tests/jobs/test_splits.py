"""Missing lists and splits as a user meets them, from raw files to what training is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs import normalize, splits
from jobs.common import run_job
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.coverage import read_rows
from skeletonllm.storage import iter_tables
from skeletonllm.synthesis import synthesize, write_ntu
from skeletonllm.testing.stage_folders import finish_stage

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

FINE, EMPTY, LEFT = "S001C001P001R001A008", "S001C001P002R001A008", "S001C002P003R001A009"
BAD = "S001C003P003R001A009"
ABSENT = "S001C001P004R001A008"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    write_ntu(folder / f"{FINE}.skeleton", synthesize("sit down", seed=1))
    write_ntu(folder / f"{LEFT}.skeleton", synthesize("stand up", seed=2))
    (folder / f"{EMPTY}.skeleton").write_text("1\n0\n")
    (folder / f"{BAD}.skeleton").write_text("9\n")
    return folder


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "missing.txt"
    path.write_text(f"3 of the samples are incomplete.\r\n\r\n{FINE}\r\n{EMPTY}\r\n{ABSENT}\r\n")
    return path


def make(raw: Path, out: Path, *more: str) -> int:
    flags = ["--corpus", "ntu_rgbd", "--input", str(raw), "--output", str(out), *more]
    return run_job(normalize.main, normalize.Flags, flags)


def look(out: Path, *more: str) -> int:
    return run_job(splits.main, splits.Flags, [str(out), *more])


def test_a_listed_clip_is_a_reject_and_can_be_no_candidate(
    raw: Path, listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(raw, tmp_path / "out", "--missing-list", str(listed)) == 0
    said = capsys.readouterr().out
    assert f"1 listed, though the file reads well: {FINE}" in said
    assert f"1 listed, and the file bears it out: {EMPTY}" in said
    assert f"1 not listed, and yet rejected: {BAD} (truncated)" in said
    rejects = [row for _, t in iter_tables(f"{tmp_path}/out/rejects") for row in t.to_pylist()]
    codes = {Path(row["source_uri"]).stem: (row["code"], row["stage"]) for row in rejects}
    assert codes == {
        FINE: ("listed_missing", "listed"),
        EMPTY: ("listed_missing", "read"),
        BAD: ("truncated", "read"),
    }
    rows = read_rows(str(tmp_path / "out"))
    view = get_protocol("ntu60/xview").train
    assert view.candidates(view.select(rows)) == {"ntu": ("stand up",)}


def test_a_listed_file_that_gives_a_clip_reads_well_whatever_else_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "skeletons").mkdir()
    (tmp_path / "labels").mkdir()
    frames = [" ".join(str(0.01 * (t + i)) for i in range(150)) for t in range(8)]
    (tmp_path / "skeletons" / "0002-L.txt").write_text("\n".join(frames))
    (tmp_path / "labels" / "0002-L.txt").write_text("8,0,5,2\nno segment\n")
    (tmp_path / "listed.txt").write_text("0002-L\n")
    flags = ["--corpus", "pku_mmd", "--input", str(tmp_path / "skeletons")]
    more = ["--output", str(tmp_path / "out"), "--missing-list", str(tmp_path / "listed.txt")]
    assert run_job(normalize.main, normalize.Flags, [*flags, *more]) == 0
    (row,) = (row for _, t in iter_tables(f"{tmp_path}/out/rejects") for row in t.to_pylist())
    assert (row["code"], row["stage"]) == ("listed_missing", "listed")
    assert not len(read_rows(str(tmp_path / "out")))


def test_another_list_is_another_configuration(
    raw: Path, listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert make(raw, out, "--missing-list", str(listed)) == 0
    listed.write_text(f"{FINE}.skeleton\n{ABSENT}\n{EMPTY}\n")  # the same names
    assert make(raw, out, "--missing-list", str(listed)) == 0
    capsys.readouterr()
    assert make(raw, out) == 2
    assert "made with config.missing_lists = [['missing.txt', " in capsys.readouterr().err
    listed.write_text(f"{FINE}\n")
    assert make(raw, out, "--missing-list", str(listed)) == 2
    listed.write_text("<html>")
    assert make(raw, tmp_path / "new", "--missing-list", str(listed)) == 2
    assert not (tmp_path / "new").exists()


def test_splits_says_what_a_folder_gives(
    raw: Path, listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, told = tmp_path / "out", tmp_path / "splits.json"
    assert make(raw, out) == 0
    capsys.readouterr()
    assert look(out, "--missing-list", str(listed), "--json", str(told)) == 0
    said = capsys.readouterr().out
    assert f"1 listed, and yet a clip here: {FINE}" in said
    assert "ntu60/xsub: no train clip of 59 labels; 19 subjects" in said
    written = json.loads(told.read_text())
    assert written["missing"]["kept"] == [FINE]
    counts = {p["protocol"]: (p["train"], p["test"]) for p in written["protocols"]}
    assert counts["ntu60/xsub"] == (1, 1)
    assert counts["ntu60/xview"] == (1, 1)
    assert counts["ntu120/xset"] == (0, 2)
    assert look(out, "--strict") == 1


def test_splits_of_what_holds_no_clips_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(tmp_path) == 2
    assert "no clips here" in capsys.readouterr().err
    finish_stage(str(tmp_path), "normalize", {}, {})
    assert look(tmp_path) == 0
    assert "no published protocol has a clip here" in capsys.readouterr().out
    assert look(tmp_path, "--strict") == 1
