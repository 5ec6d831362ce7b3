"""Recipes of real corpora: with their raw files the release comes again, byte for byte."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.normalize import normalize
from skeletonllm.publishing.recipe import inspect_recipe, make_recipe, rebuild_release
from skeletonllm.release import cut_release
from skeletonllm.shards import encode
from skeletonllm.storage import join, sha256_of
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder

pytestmark = pytest.mark.real


def cut(raw: Path, corpus: str, folder: Path) -> str:
    """A release of raw files, as the stages make it."""
    reader = get_reader(corpus)
    clips = [
        replace(normalize(c), source_uri=c.source_uri.removeprefix(f"{raw.parent}/"))
        for source in reader.sources(str(raw))
        for c in read_clips(reader, source)[0]
    ]
    clips_dir = write_clips_folder(str(folder / "clips"), clips)
    shards = str(folder / "shards")
    write_shards(shards, [encode(clip) for clip in clips], per_shard=64)
    inputs = {clips_dir: sha256_of(join(clips_dir, "manifest.json"))[0]}
    counts = {"samples": len(clips), "shards": -(-len(clips) // 64)}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)
    root = str(folder / "releases")
    return cut_release(root, corpus, "1.0.0", shards_dir=shards, clips_dirs=[clips_dir])


@pytest.mark.parametrize(("corpus", "part"), [("nw_ucla", "a02_"), ("utd_mhad", "a1_")])
def test_the_raw_files_and_the_recipe_give_the_release(
    corpus: str, part: str, shared: Path, tmp_path: Path
) -> None:
    """One action of each, to be quick; all of both were rebuilt by hand (docs/PUBLISHING.md)."""
    raw = tmp_path / corpus
    with tarfile.open(shared / "data" / "corpora" / f"{corpus}.tar.xz") as tar:
        members = [m for m in tar.getmembers() if m.isfile() and part in m.name]
        tar.extractall(raw, members, filter="data")
    release = cut(raw, corpus, tmp_path)
    recipe = make_recipe(release, str(tmp_path / "recipes"))
    assert inspect_recipe(recipe).faults == ()
    done = rebuild_release(recipe, [f"{corpus}={raw}"], str(tmp_path / "again"))
    assert (done.same, done.rejects, done.remarks) == (True, (), ())
    assert read_folder(Path(done.folder)) == read_folder(Path(release))
