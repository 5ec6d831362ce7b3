"""A release and a finished folder of shards of the same small clips, as the jobs leave them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import NEGATIVE
from skeletonllm.release.manifest import build_manifest, list_entries
from skeletonllm.shards import read_index
from skeletonllm.shards.index import write_index
from skeletonllm.storage import Plan, finish, read_json, write_json, write_table
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.topology import COCO_17, KINECT_V2

Change = Callable[[dict[str, Any]], None]


def list_again(folder: Path, change: Change = lambda _: None) -> None:
    """Write the manifest of a release anew, as if what lies there now had been released.

    Args:
        folder: Of the release.
        change: What to change in the manifest besides.
    """
    path = folder / MANIFEST
    head = dict(read_json(str(path))) if path.exists() else {}
    path.unlink(missing_ok=True)
    for key in ("schema", "schema_version", "files"):
        head.pop(key, None)
    manifest = build_manifest(head, list_entries(str(folder)))
    change(manifest)
    write_json(str(path), manifest)


def make_release(shards: Path, target: Path) -> Path:
    """A release of a folder of shards."""
    shutil.copytree(shards / "tars", target / "shards")
    index = read_index(str(shards))
    write_index(str(target / "index.parquet"), index)
    write_json(f"{target}/topologies.json", {t.name: t.to_json() for t in (COCO_17, KINECT_V2)})
    write_table(str(target / "negatives.parquet"), pa.Table.from_pylist([], NEGATIVE.arrow))
    head: dict[str, Any] = {"name": "lab", "version": "1.0.0", "counts": {"samples": len(index)}}
    list_again(target, lambda manifest: manifest.update(head))
    return target


@pytest.fixture(scope="session")
def released(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 50 clips in 7 tars; read only."""
    return make_release(folder, tmp_path_factory.mktemp("released") / "lab")


@pytest.fixture(scope="session")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished folder of shards of the same clips; read only."""
    target = shutil.copytree(folder, tmp_path_factory.mktemp("built") / "shards")
    (target / MANIFEST).unlink()
    finish(str(target), Plan("build_shards", "1", {}, ()), lambda: {"samples": 50})
    return target


@pytest.fixture
def own_release(released: Path, tmp_path: Path) -> Path:
    """A copy of the release, to be changed."""
    return Path(shutil.copytree(released, tmp_path / "own"))
