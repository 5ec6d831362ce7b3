"""A release read by many tasks is the same release."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pipelines.tars import run_tars
from skeletonllm.errors import UsageError
from skeletonllm.release import cut_release, inspect_release
from skeletonllm.shards import encode
from skeletonllm.storage import join, sha256_of
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder

VERIFY = partial(run_tars, stage="verify")
pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Eight clips in four tars."""
    motion = synthesize("throw", fps=10)
    clips = [
        make_clip(motion, clip_id=f"lab/{i}", source_sha256=f"{i:064x}", licence="cc0-1.0")
        for i in range(8)
    ]
    folder = write_clips_folder(str(tmp_path / "clips"), clips)
    shards = str(tmp_path / "shards")
    write_shards(shards, [encode(clip) for clip in clips], per_shard=2)
    inputs = {folder: sha256_of(join(folder, "manifest.json"))[0]}
    finish_stage(shards, "build_shards", {"inputs": inputs}, {"samples": 8, "shards": 4})
    root = str(tmp_path / "releases")
    return Path(cut_release(root, "lab", "1.0.0", shards_dir=shards, clips_dirs=[folder]))


def test_tasks_find_what_one_process_finds(release: Path) -> None:
    alone = inspect_release(str(release))
    assert (alone.faults, alone.samples) == ((), 8)
    assert "7 clips have, number for number, the motion of another clip" in alone.findings[0]
    assert inspect_release(str(release), VERIFY) == alone


def test_tasks_find_faults_in_the_order_of_the_tars(release: Path) -> None:
    for name in ("shard-000003.tar", "shard-000001.tar"):
        tar = release / "shards" / name
        data = bytearray(tar.read_bytes())
        data[700] ^= 1
        tar.write_bytes(data)
    found = inspect_release(str(release), VERIFY)
    assert found == inspect_release(str(release))
    assert [fault[:23] for fault in found.faults] == [
        "shards/shard-000001.tar",
        "shards/shard-000003.tar",
    ]
    assert found.samples == 4


def test_no_release_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no manifest\.json"):
        inspect_release(str(tmp_path), VERIFY)
