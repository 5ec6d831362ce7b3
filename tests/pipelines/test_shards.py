"""Where samples go: by corpus and id, whatever the parts of the clips and wherever they lie."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.gather import gather_tars
from pipelines.rationales import RationalesConfig, build_rationales
from pipelines.shards import ShardsConfig, build_shards, pack_unit
from schemas import REJECT, SAMPLE
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.clip_folders import clip_units, lineage
from skeletonllm.errors import ReleaseError
from skeletonllm.release import cut_release, verify_release
from skeletonllm.shards import placement, read_index
from skeletonllm.shards.placement import order_of_clip
from skeletonllm.storage import Plan, iter_tables, read_json, read_table, write_json, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder
from skeletonllm.topology import get_topology

pytestmark = pytest.mark.ray
LABELS = ("sit down", "throw", "jump up")


def lab_clips(count: int, corpus: str = "lab") -> list[Clip]:
    motions = [synthesize(label, seed=1, fps=5) for label in LABELS]
    return [
        make_clip(
            motions[i % 3],
            clip_id=f"{corpus}/{i:03d}",
            corpus=corpus,
            source_uri=f"{i:03d}.txt",
            label=LABELS[i % 3],
            label_id=i % 3,
            label_namespace="lab",
        )
        for i in range(count)
    ]


def write_parts(folder: Path, clips: Sequence[Clip], each: int) -> str:
    """A finished clips folder of several parts."""
    for number, start in enumerate(range(0, len(clips), each)):
        table = clips_to_table(clips[start : start + each])
        write_table(str(folder / f"parts/part-{number:05d}.parquet"), table)
    skeleton = clips[0].motion.topology.name
    write_json(str(folder / "topologies.json"), {skeleton: get_topology(skeleton).to_json()})
    write_json(str(folder / "licences.json"), {})
    return finish_stage(str(folder), "normalize", {"corpus": "lab"}, {"clips": len(clips)})


def build(output: Path, *clips: str) -> dict[str, str]:
    """Path -> hash of all files of the shards."""
    build_shards(ShardsConfig(clips=clips, output=str(output)))
    return hashes(output)


def hashes(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def content(files: dict[str, str]) -> dict[str, str]:
    return {name: sha for name, sha in files.items() if name.startswith(("tars/", "index/"))}


@pytest.fixture
def small_tars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "MOST_SAMPLES", 8)


@pytest.mark.usefixtures("local_ray", "small_tars")
def test_parts_of_the_clips_and_their_order_do_not_matter(tmp_path: Path) -> None:
    clips = lab_clips(40)
    few = build(tmp_path / "few", write_parts(tmp_path / "a", clips, 40))
    many = build(tmp_path / "many", write_parts(tmp_path / "b", clips[::-1], 3))
    assert content(few) == content(many)
    assert len([name for name in few if name.startswith("tars/")]) > 4
    assert not (tmp_path / "few/work").exists()
    index = read_index(str(tmp_path / "few"))
    assert SAMPLE.faults(index) == []
    ids = index.column("clip_id").to_pylist()
    assert ids == sorted((c.clip_id for c in clips), key=order_of_clip)


@pytest.mark.usefixtures("local_ray")
@pytest.mark.parametrize("changed", ["clips", "rationales"])
def test_shards_are_not_built_of_parts_that_were_changed(tmp_path: Path, changed: str) -> None:
    clips = write_parts(tmp_path / "clips", lab_clips(6), 3)
    told = str(tmp_path / "rationales")
    build_rationales(RationalesConfig((clips,), told))
    part = str(tmp_path / changed / "parts" / "part-00001.parquet")
    write_table(part, read_table(part).slice(1))
    stage = {"clips": "normalize", "rationales": "build_rationales"}[changed]
    said = rf"part-00001\.parquet: sha256 \w+; .*the manifest of {stage} says"
    config = ShardsConfig(clips=(clips,), output=str(tmp_path / "shards"), rationales=told)
    with pytest.raises(ReleaseError, match=said):
        build_shards(config)


@pytest.mark.usefixtures("local_ray", "small_tars")
def test_one_changed_label_rewrites_one_tar(tmp_path: Path) -> None:
    clips = lab_clips(40)
    before = build(tmp_path / "before", write_parts(tmp_path / "a", clips, 10))
    clips[17] = replace(clips[17], label="throw", label_id=1)
    after = build(tmp_path / "after", write_parts(tmp_path / "b", clips, 10))
    tars = {name for name in before.keys() | after.keys() if name.startswith("tars/")}
    assert len([name for name in tars if before.get(name) != after.get(name)]) == 1


@pytest.mark.usefixtures("local_ray")
def test_folders_may_be_moved_and_renamed(tmp_path: Path) -> None:
    clips = write_parts(tmp_path / "clips", lab_clips(12), 4)
    here = build(tmp_path / "here", clips)
    moved = shutil.move(clips, tmp_path / "other" / "name")
    assert build(tmp_path / "there", str(moved)) == here
    again = shutil.move(tmp_path / "here", tmp_path / "again")
    (again / "manifest.json").unlink()
    assert build(again, str(moved)) == here  # a job that was killed before its end goes on


@pytest.mark.usefixtures("local_ray")
def test_a_corpus_has_tars_of_its_own(tmp_path: Path) -> None:
    folders = [
        write_clips_folder(str(tmp_path / name), lab_clips(5, name)) for name in ("lab", "alley")
    ]
    build(tmp_path / "shards", *folders)
    index = read_index(str(tmp_path / "shards"))
    of_tar = set(zip(*(index.column(n).to_pylist() for n in ("shard", "corpus")), strict=True))
    assert of_tar == {("alley.tar", "alley"), ("lab.tar", "lab")}


@pytest.mark.usefixtures("local_ray")
def test_a_clip_that_comes_twice_is_a_reject_and_the_release_is_sound(tmp_path: Path) -> None:
    first = write_clips_folder(str(tmp_path / "a"), lab_clips(4))
    second = write_clips_folder(str(tmp_path / "b"), lab_clips(6)[3:])
    shards = tmp_path / "shards"
    manifest = build_shards(ShardsConfig(clips=(first, second), output=str(shards)))
    assert (manifest["counts"]["samples"], manifest["counts"]["rejects"]) == (6, 1)
    (rejects,) = [t for _, t in iter_tables(str(shards / "rejects"), schema=REJECT)]
    (row,) = rejects.to_pylist()
    assert (row["code"], row["source_uri"]) == ("duplicate_id", "003.txt")
    assert "a second clip lab/003" in row["message"]
    release = cut_release(
        str(tmp_path / "releases"),
        "lab",
        "1.0.0",
        shards_dir=str(shards),
        clips_dirs=[first, second],
        code="test",
    )
    assert verify_release(release) == []
    assert read_json(f"{release}/statistics.json")["clips"] == 6


@pytest.mark.usefixtures("local_ray")
def test_an_id_in_two_corpora_is_one_clip_and_the_release_is_sound(tmp_path: Path) -> None:
    lab, alley = lab_clips(4), lab_clips(4, "alley")
    alley[1] = replace(alley[1], clip_id="lab/002", source_uri="other.txt", label="throw")
    folders = [
        write_clips_folder(str(tmp_path / "lab"), lab),
        write_clips_folder(str(tmp_path / "alley"), alley),
    ]
    shards = tmp_path / "shards"
    manifest = build_shards(ShardsConfig(clips=tuple(folders), output=str(shards)))
    assert (manifest["counts"]["samples"], manifest["counts"]["rejects"]) == (7, 1)
    (rejects,) = [t for _, t in iter_tables(str(shards / "rejects"), schema=REJECT)]
    (row,) = rejects.to_pylist()
    assert (row["code"], row["source_uri"]) == ("duplicate_id", "other.txt")
    index = read_index(str(shards))
    kept = dict(zip(*(index.column(n).to_pylist() for n in ("clip_id", "corpus")), strict=True))
    assert kept["lab/002"] == "lab"
    named = {"shards_dir": str(shards), "clips_dirs": folders, "code": "test"}
    release = cut_release(str(tmp_path / "releases"), "lab", "1.0.0", **named)
    assert verify_release(release) == []
    build_shards(ShardsConfig(clips=tuple(folders[::-1]), output=str(tmp_path / "turned")))
    (turned,) = [t for _, t in iter_tables(str(tmp_path / "turned/rejects"), schema=REJECT)]
    assert turned.column("source_uri").to_pylist() == ["002.txt"]


@pytest.mark.usefixtures("local_ray")
def test_packed_samples_that_changed_are_told_and_packed_again(tmp_path: Path) -> None:
    clips = write_clips_folder(str(tmp_path / "clips"), lab_clips(4))
    config = ShardsConfig(clips=(clips,), output=str(tmp_path / "shards"))
    plan = Plan("build_shards", "4", {"inputs": lineage([clips])}, clip_units([clips]))
    pack_unit(plan.units[0], config=config)
    packed = tmp_path / "shards/work/packed/part-00000.tar"
    data = bytearray(packed.read_bytes())
    data[700] ^= 1
    packed.write_bytes(data)
    with pytest.raises(ReleaseError, match="its bytes have changed since it was packed"):
        gather_tars(config.output, plan, None)
    for path in packed.parent.iterdir():
        path.unlink()
    pack_unit(plan.units[0], config=config)
    gather_tars(config.output, plan, None)
    assert len(read_index(config.output)) == 4


@pytest.mark.usefixtures("local_ray")
def test_no_clip_at_all_gives_no_tar(tmp_path: Path) -> None:
    empty = pa.Table.from_batches([], clips_to_table(lab_clips(1)).schema)
    folder = tmp_path / "clips"
    write_table(str(folder / "parts/part-00000.parquet"), empty)
    clips = finish_stage(str(folder), "normalize", {"corpus": "lab"}, {"clips": 0})
    manifest = build_shards(ShardsConfig(clips=(clips,), output=str(tmp_path / "shards")))
    assert manifest["counts"] == {"shards": 0, "samples": 0, "rationales": 0}
