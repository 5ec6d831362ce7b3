from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from schemas import REJECT
from skeletonllm.clip import Clip
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import cut_release, verify_release
from skeletonllm.shards import encode
from skeletonllm.storage import read_json, sha256_of, write_table
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage
from tests.skeletonllm.release.conftest import write_clips


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_release_has_everything_and_nothing_unfinished(pristine: Path) -> None:
    assert sorted(files_of(pristine)) == sorted(
        "README.md croissant.json index.parquet licences.json manifest.json negatives.parquet "
        "rationales.parquet rejects.parquet report.html statistics.json topologies.json "
        "shards/shard-000000.tar shards/shard-000001.tar shards/shard-000002.tar".split()
    )
    assert [p.name for p in pristine.parent.iterdir()] == ["1.0.0"]


def test_the_manifest_hashes_every_file_and_counts(pristine: Path) -> None:
    manifest = read_json(str(pristine / "manifest.json"))
    listed = {e["path"]: (e["sha256"], e["bytes"]) for e in manifest["files"]}
    present = [path for path in files_of(pristine) if path != "manifest.json"]
    assert listed == {path: sha256_of(str(pristine / path)) for path in present}
    assert manifest["counts"] == {
        "samples": 11,
        "shards": 3,
        "negatives": 6,
        "rationales": 8,
        "rejects": 2,
    }


def test_same_inputs_same_bytes_wherever_they_lie(
    tmp_path: Path, pristine: Path, make_stages
) -> None:
    stages = make_stages(tmp_path / "elsewhere")
    again = cut_release(str(tmp_path / "root"), "toy", "1.0.0", code="test", **stages)
    assert files_of(Path(again)) == files_of(pristine)
    assert str(tmp_path) not in json.dumps(read_json(f"{again}/manifest.json"))


def test_cutting_again_changes_nothing_and_other_bytes_are_refused(tmp_path: Path, stages) -> None:
    root = str(tmp_path)
    first = cut_release(root, "toy", "1.0.0", code="test", **stages)
    before = files_of(Path(first))
    assert cut_release(root, "toy", "1.0.0", code="test", **stages) == first
    with pytest.raises(
        ReleaseError, match=r"toy/1\.0\.0: this version exists with other contents \(.*choose a new"
    ):
        cut_release(root, "toy", "1.0.0", code="another", **stages)
    assert files_of(Path(first)) == before
    assert [p.name for p in Path(first).parent.iterdir()] == ["1.0.0"]


def test_what_a_killed_cut_left_is_replaced(tmp_path: Path, stages) -> None:
    left = tmp_path / "toy" / ".1.0.0.building"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")
    (tmp_path / "toy" / "1.0.0").mkdir()
    release = Path(cut_release(str(tmp_path), "toy", "1.0.0", **stages))
    assert verify_release(str(release)) == []
    assert not left.exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, stages) -> None:
    notes = tmp_path / "toy" / "1.0.0" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    with pytest.raises(ReleaseError, match=r"toy/1\.0\.0: the folder holds files but no release"):
        cut_release(str(tmp_path), "toy", "1.0.0", **stages)
    assert files_of(notes.parent) == {"notes.txt": b"mine"}


def test_on_an_object_store_the_manifest_comes_last(stages, monkeypatch) -> None:
    memory = fsspec.filesystem("memory")
    written: list[str] = []
    pipe = memory.pipe_file

    def record(_: object, path: str, data: bytes) -> None:
        written.append(path)
        pipe(path, data)

    monkeypatch.setattr(type(memory), "pipe_file", record)
    release = cut_release("memory://releases", "toy", "1.0.0", **stages)
    assert verify_release(release) == []
    in_place = [path for path in written if "/1.0.0/" in path]
    assert in_place[-1].endswith("toy/1.0.0/manifest.json")
    assert len(in_place) == len(set(in_place)) == 14
    assert len(memory.find("/releases")) == 14
    memory.rm("/releases", recursive=True)


def test_negatives_and_rationales_are_optional(tmp_path: Path, make_stages) -> None:
    stages = make_stages(tmp_path / "stages", explained=False)
    release = cut_release(str(tmp_path / "root"), "toy", "0.1.0", **stages)
    counts = read_json(f"{release}/manifest.json")["counts"]
    assert (counts["negatives"], counts["rationales"]) == (0, 0)
    assert verify_release(release) == []


def test_the_parent_is_part_of_the_lineage(tmp_path: Path, pristine: Path, stages) -> None:
    release = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **stages)
    assert read_json(f"{release}/manifest.json")["lineage"]["parent"] == {
        "name": "toy",
        "version": "1.0.0",
        "manifest_sha256": sha256_of(str(pristine / "manifest.json"))[0],
    }
    # What replaces a release of an earlier layout names it all the same: nothing of it is read.
    old = str(Path(__file__).parents[2] / "fixtures" / "v1" / "release")
    later = cut_release(str(tmp_path), "toy", "1.0.3", parent=old, **stages)
    assert read_json(f"{later}/manifest.json")["lineage"]["parent"]["version"] == "1.0.0"
    with pytest.raises(ReleaseError, match=r"the parent is not a release; expected manifest\.json"):
        cut_release(str(tmp_path), "toy", "1.0.2", parent=str(tmp_path), **stages)


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("Toy Set", "1.0.0", "name 'Toy Set'; expected lower-case letters"),
        ("../toy", "1.0.0", r"name '\.\./toy'"),
        ("toy\n", "1.0.0", r"name 'toy\\n'; expected lower-case letters"),
        ("toy", "1.0.0\n", r"version '1\.0\.0\\n'; expected MAJOR"),
        ("toy", "1.0", r"version '1\.0'; expected MAJOR\.MINOR\.PATCH"),
    ],
)
def test_refuses_impossible_names(tmp_path: Path, stages, name, version, said) -> None:
    with pytest.raises(UsageError, match=said):
        cut_release(str(tmp_path), name, version, **stages)
    assert list(tmp_path.iterdir()) == []


def test_public_refuses_closed_licences_and_writes_nothing(tmp_path: Path, stages) -> None:
    with pytest.raises(
        ReleaseError, match="may not hold 3 clips under 'nw_ucla'.*audience 'internal'"
    ):
        cut_release(str(tmp_path), "toy", "1.0.0", audience="public", **stages)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_input_shard_is_not_released(tmp_path: Path, stages) -> None:
    shards = Path(shutil.copytree(stages["shards_dir"], tmp_path / "shards"))
    tar = shards / "tars/shard-000001.tar"
    tar.write_bytes(tar.read_bytes()[:-1] + b"x")
    with pytest.raises(ReleaseError, match=r"shard-000001\.tar: sha256 \w+; the manifest says"):
        cut_release(str(tmp_path / "root"), "toy", "1.0.0", **{**stages, "shards_dir": str(shards)})
    assert not (tmp_path / "root/toy/1.0.0").exists()


def test_what_verify_calls_a_fault_is_refused_and_leaves_nothing(
    tmp_path: Path, make_stages, make_clip
) -> None:
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(5)]
    again = [make_clip("alpha", 1, licence="cc-by-4.0", image=True)]
    stages = make_stages(tmp_path / "stages", first, again)
    said = r"clip alpha/001 stands 2 times: shards/shard-000000\.tar and shards/shard-000001\.tar"
    with pytest.raises(ReleaseError, match=said):
        cut_release(str(tmp_path / "root"), "toy", "1.0.0", **stages)
    assert files_of(tmp_path / "root") == {}


def test_rationales_that_the_shards_hold_and_nobody_gave_are_refused(
    tmp_path: Path, stages
) -> None:
    shards = Path(shutil.copytree(stages["shards_dir"], tmp_path / "shards"))
    manifest = read_json(str(shards / "manifest.json"))
    kept = {f: s for f, s in manifest["config"]["inputs"].items() if f in stages["clips_dirs"]}
    manifest["config"]["inputs"] = kept
    (shards / "manifest.json").write_text(json.dumps(manifest))
    given = {"shards_dir": str(shards), "clips_dirs": stages["clips_dirs"]}
    with pytest.raises(ReleaseError, match=r"8 faults: .* 1 rationales; rationales\.parquet has 0"):
        cut_release(str(tmp_path / "root"), "toy", "1.0.0", **given)


def test_a_skeleton_whose_clips_were_all_left_out_is_not_defined(
    tmp_path: Path, make_clip: Callable[..., Clip]
) -> None:
    kept = [make_clip("alpha", number, licence="cc-by-4.0") for number in range(3)]
    lost = make_clip("alpha", 3, licence="cc-by-4.0", image=True)
    folder = write_clips(str(tmp_path / "clips"), [*kept, lost])
    assert set(read_json(f"{folder}/topologies.json")) == {"kinect_v2", "coco_17"}
    shards = str(tmp_path / "shards")
    write_shards(shards, [encode(clip) for clip in kept], per_shard=3)
    inputs = {folder: sha256_of(f"{folder}/manifest.json")[0]}
    refused = {"source_uri": lost.source_uri, "stage": "build_shards", "code": "x", "message": "y"}
    rejects = pa.Table.from_pylist([refused], schema=REJECT.arrow)
    write_table(f"{shards}/rejects/part-00000.parquet", rejects)
    counts = {"samples": 3, "shards": 1, "rejects": 1}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)
    release = cut_release(
        str(tmp_path / "out"), "toy", "1.0.0", shards_dir=shards, clips_dirs=[folder], code="test"
    )
    assert set(read_json(f"{release}/topologies.json")) == {"kinect_v2"}
    assert verify_release(release) == []
