"""Moving or renaming folders changes nothing: plans hold content, not paths."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from pipelines.negatives import NegativesConfig, mine_negatives
from pipelines.normalize import NormalizeConfig, normalize_corpus
from pipelines.quality import QualityConfig, check_quality
from pipelines.questions import QuestionsConfig, build_questions
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.shards import ShardsConfig, build_shards
from skeletonllm.errors import OutputMismatch
from skeletonllm.synthesis import synthesize, write_ntu
from skeletonllm.testing.processes import read_folder

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

NAMES = ("S001C001P001R001A008", "S001C001P002R001A007", "S002C001P003R001A008")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "nturgb"
    (folder / "deeper").mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        motion = synthesize("sit down", seed=seed, fps=30)
        write_ntu(folder / ("deeper" if seed else ".") / f"{name}.skeleton", motion)
    return folder


def normalize(raw: Path, output: Path) -> str:
    normalize_corpus(NormalizeConfig("ntu_rgbd", str(raw), str(output), files_per_part=2))
    return str(output)


def run_all(raw: Path, root: Path) -> dict[str, Path]:
    """Every stage, each in a folder of its name."""
    names = ("clips", "quality", "rationales", "questions", "negatives", "shards")
    out = {name: root / name for name in names}
    clips = (normalize(raw, out["clips"]),)
    check_quality(QualityConfig(clips, str(out["quality"])))
    build_rationales(RationalesConfig(clips, str(out["rationales"])))
    build_questions(QuestionsConfig(clips, str(out["questions"])))
    mine_negatives(NegativesConfig(clips, str(out["negatives"])))
    given = {name: str(out[name]) for name in ("rationales", "negatives", "questions")}
    build_shards(ShardsConfig(clips=clips, output=str(out["shards"]), **given))
    return out


def test_all_stages_write_the_same_bytes_wherever_folders_lie(raw: Path, tmp_path: Path) -> None:
    here = run_all(raw, tmp_path / "here")
    moved = Path(shutil.move(raw, tmp_path / "disk 2" / "other name"))
    there = run_all(moved, tmp_path / "somewhere" / "else")
    for name, folder in here.items():
        assert read_folder(there[name]) == read_folder(folder), name
    texts = [p.read_text() for p in (tmp_path / "here").rglob("*.json")]
    assert texts
    assert not [text for text in texts if str(tmp_path) in text or "nturgb" in text]


def test_a_killed_job_goes_on_from_where_the_folders_are_now(raw: Path, tmp_path: Path) -> None:
    whole = read_folder(Path(normalize(raw, tmp_path / "whole")))
    begun = Path(normalize(raw, tmp_path / "begun"))
    for name in ("manifest.json", "parts/part-00001.parquet"):
        (begun / name).unlink()
    moved = Path(shutil.move(raw, tmp_path / "moved"))
    elsewhere = Path(shutil.move(begun, tmp_path / "elsewhere"))
    assert read_folder(Path(normalize(moved, elsewhere))) == whole


def test_a_file_that_was_replaced_by_a_longer_one_is_another_corpus(
    raw: Path, tmp_path: Path
) -> None:
    output = tmp_path / "clips"
    normalize(raw, output)
    (output / "manifest.json").unlink()
    with (raw / f"{NAMES[0]}.skeleton").open("a") as file:
        file.write("\n")
    with pytest.raises(OutputMismatch, match="made with units"):
        normalize(raw, output)


def test_an_archive_is_its_content(raw: Path, tmp_path: Path) -> None:
    unpacked = read_folder(Path(normalize(raw, tmp_path / "unpacked")))
    archive = tmp_path / "motions.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(raw.rglob("*.skeleton")):
            packed.write(path, path.relative_to(raw))
    assert read_folder(Path(normalize(archive, tmp_path / "packed"))) == unpacked
