from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.testing.killing.reader import Look, look_at, watch
from skeletonllm.testing.releases import write_manifest


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """Two whole versions, and one that is being built."""
    for version in ("1.0.0", "1.1.0", ".1.2.0.building"):
        folder = tmp_path / version
        (folder / "shards").mkdir(parents=True)
        (folder / "README.md").write_text(version)
        (folder / "shards" / "shard-000000.tar").write_bytes(b"tar")
        write_manifest(str(folder))
    return tmp_path


def test_the_newest_whole_version_is_read(versions: Path) -> None:
    assert look_at(str(versions)) == Look("1.1.0")
    (versions / "1.1.0" / "manifest.json").unlink()
    assert look_at(str(versions)) == Look("1.0.0")
    (versions / "1.0.0" / "manifest.json").unlink()
    assert look_at(str(versions)) == Look("")


def test_whatever_does_not_fit_together_is_a_fault(versions: Path) -> None:
    newest = versions / "1.1.0"
    (newest / "README.md").write_text("1.0.0")
    (newest / "shards" / "shard-000000.tar").unlink()
    (newest / "shards" / "shard-000001.tar").write_bytes(b"tar")
    assert look_at(str(versions)).faults == (
        "README.md: other bytes",
        "shards/shard-000000.tar: missing",
        "shards/shard-000001.tar: not stated",
    )
    (newest / "manifest.json").write_text("{")
    (fault,) = look_at(str(versions)).faults
    assert "manifest.json" in fault


def test_a_process_looks_until_the_block_ends(versions: Path) -> None:
    with watch(str(versions)) as looks:
        (versions / "1.1.0" / "README.md").write_text("half")
    assert len(looks) >= 2
    assert looks[0] == Look("1.1.0")
    assert looks[-1].faults == ("README.md: other bytes",)
