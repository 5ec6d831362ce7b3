"""The quality job as a user meets it: raw files with faults in, a verdict out, twice the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs import normalize, quality
from jobs.common import run_job
from schemas import DUPLICATE, QUALITY
from skeletonllm import topology
from skeletonllm.storage import read_json, read_table
from skeletonllm.synthesis import synthesize, write_ntu
from skeletonllm.testing.processes import read_folder
from skeletonllm.topology import KINECT_V1, KINECT_V2
from tests.jobs.test_normalize import BVH

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


def run(clips: Path, out: Path) -> int:
    return run_job(quality.main, quality.Flags, [str(clips), "--output", str(out)])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, local_ray: None) -> Path:
    """Six clips in three parts, one of them a copy under another label, and a file of nothing."""
    folder = tmp_path_factory.mktemp("quality")
    raw = folder / "raw"
    raw.mkdir()
    for i in range(5):
        motion = synthesize("sit down", subject=i, seed=i)
        write_ntu(raw / f"S001C001P{i + 1:03d}R001A008.skeleton", motion)
    first, copy = "S001C001P001R001A008.skeleton", "S001C001P001R001A009.skeleton"
    shutil.copy(raw / first, raw / copy)
    (raw / "S001C001P009R001A008.skeleton").touch()
    flags = ["--corpus", "ntu_rgbd", "--input", str(raw), "--output", str(folder / "clips")]
    assert run_job(normalize.main, normalize.Flags, [*flags, "--files-per-part", "2"]) == 0
    return folder / "clips"


def test_a_report_and_two_tables(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(clips, out) == 0
    rows, pairs = (read_table(f"{out}/{n}.parquet") for n in ("measurements", "duplicates"))
    assert QUALITY.faults(rows) == DUPLICATE.faults(pairs) == []
    (pair,) = pairs.to_pylist()
    assert (pair["label"], pair["same_label"]) == ("stand up", "sit down")
    page = (out / "report.html").read_text()
    assert "5 of 6 clips (83.3%) pass every check." in page
    assert "1 of 7 sources or clips (14.3%) not read: empty 1." in page
    assert "stand up / sit down: conflict" in page
    counts = read_json(f"{out}/manifest.json")["counts"]
    assert counts == {"clips": 6, "sound": 5, "duplicate": 1, "label_conflict": 1}


@pytest.mark.parametrize("kind", ["parts", "rejects"])
def test_a_changed_folder_gives_no_report(
    clips: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = Path(shutil.copytree(clips, tmp_path / "clips"))
    first, *_, last = sorted((changed / kind).iterdir())
    shutil.copy(first, last)
    assert run(changed, tmp_path / "out") != 0
    assert "A finished folder was changed: run `skeletonllm normalize`" in capsys.readouterr().err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_same_input_same_bytes_and_a_rerun_does_nothing(clips: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run(clips, tmp_path / name) == 0
    before = read_folder(tmp_path / "one")
    assert before == read_folder(tmp_path / "two")
    assert run(clips, tmp_path / "one") == 0
    assert read_folder(tmp_path / "one") == before


def test_an_unfinished_run_goes_on(clips: Path, tmp_path: Path) -> None:
    assert run(clips, tmp_path / "whole") == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")
    for name in ("manifest.json", "report.html", "measured/part-00001.parquet"):
        (tmp_path / "killed" / name).unlink()
    assert run(clips, tmp_path / "killed") == 0
    assert read_folder(tmp_path / "killed") == read_folder(tmp_path / "whole")


def test_skeletons_that_only_workers_have_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A skeleton made from a file is known to who read the clip; the page needs it, too."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "kick.bvh").write_text(BVH)
    flags = ["--corpus", "bvh", "--input", f"{tmp_path}/raw", "--output", f"{tmp_path}/clips"]
    assert run_job(normalize.main, normalize.Flags, flags) == 0
    built_in = {t.name: t for t in (KINECT_V1, KINECT_V2)}
    monkeypatch.setattr(topology, "_REGISTRY", built_in)
    assert run(tmp_path / "clips", tmp_path / "out") == 0
    assert "of fewer than 8 frames." in (tmp_path / "out" / "report.html").read_text()


def test_what_is_no_output_of_normalize(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, tmp_path / "out") == 2
    assert "the folder is no output of normalize" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
