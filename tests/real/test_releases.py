"""A release of a real corpus: the leaks that the corpus brings along are found by themselves."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.normalize import normalize
from skeletonllm.release import cut_release, inspect_release
from skeletonllm.shards import encode
from skeletonllm.storage import join, sha256_of
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder

pytestmark = pytest.mark.real


def test_nw_ucla_brings_95_copies_over_the_cross_view_split(shared: Path, tmp_path: Path) -> None:
    """Of actions 2 and 3, view 3 is view 2 again: only these are read, to be quick."""
    raw = tmp_path / "raw"
    with tarfile.open(shared / "data" / "corpora" / "nw_ucla.tar.xz") as tar:
        tar.extractall(raw, filter="data")
    reader = get_reader("nw_ucla")
    sources = [s for s in reader.sources(str(raw)) if "a02_" in s.uri or "a03_" in s.uri]
    clips = [normalize(clip) for source in sources for clip in read_clips(reader, source)[0]]
    folder = write_clips_folder(str(tmp_path / "clips"), clips)
    shards = str(tmp_path / "shards")
    write_shards(shards, [encode(clip) for clip in clips], per_shard=100)
    inputs = {folder: sha256_of(join(folder, "manifest.json"))[0]}
    counts = {"samples": len(clips), "shards": -(-len(clips) // 100)}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)
    root = str(tmp_path / "releases")
    release = cut_release(root, "ucla", "1.0.0", shards_dir=shards, clips_dirs=[folder])
    found = inspect_release(release)
    assert found.faults == ()
    first, second = found.findings
    assert first.startswith("nw_ucla/xview: 95 motions in both parts: nw_ucla/a02_s01_e00_v02 = ")
    assert second.startswith("95 clips have, number for number, the motion of another clip: ")
    assert second.endswith("; they differ: 95 of them in camera")
    assert f"- {first}\n" in Path(release, "README.md").read_text()
