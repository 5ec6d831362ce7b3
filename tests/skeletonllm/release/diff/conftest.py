"""Releases that differ from a first one in what a test says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from skeletonllm.clip import Clip
from skeletonllm.release import cut_release
from skeletonllm.storage import read_json, read_table, sha256_of, write_json, write_table

Corpora = tuple[list[Clip], list[Clip]]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def corpora(make_clip: Callable[..., Clip]) -> Corpora:
    """The clips of the release ``pristine``."""
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(8)]
    return first, [make_clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]


@pytest.fixture
def cut(tmp_path: Path, make_stages: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """Cut two lists of clips as a version of ``toy``; its folder."""

    def cut_clips(version: str, first: list[Clip], second: list[Clip], **given: Any) -> str:
        stages = make_stages(tmp_path / f"stages-{version}", first, second)
        return cut_release(str(tmp_path), "toy", version, code="test", **stages, **given)

    return cut_clips


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory, make_stages: Callable[..., Any]) -> Path:
    """A release with questions, read only."""
    root = tmp_path_factory.mktemp("asked")
    stages = make_stages(root / "stages", asked=True)
    return Path(cut_release(str(root), "toy", "1.0.0", code="test", **stages))


@pytest.fixture
def edit(tmp_path: Path, pristine: Path) -> Callable[..., str]:
    """A copy of ``pristine`` or another one with a file written anew, as a next version."""

    def edit_file(
        name: str, change: Callable[[Any], Any], version: str = "1.0.1", of: Path = pristine
    ) -> str:
        copy = Path(shutil.copytree(of, tmp_path / version))
        where = str(copy / name)
        if name.endswith(".json"):
            write_json(where, change(read_json(where)))
        else:
            table = read_table(where)
            rows = change(table.to_pylist())
            write_table(where, pa.Table.from_pylist(rows, schema=table.schema))
        manifest = read_json(str(copy / "manifest.json"))
        digest, size = sha256_of(where)
        entries = [e for e in manifest["files"] if e["path"] != name]
        manifest["files"] = [*entries, {"path": name, "sha256": digest, "bytes": size}]
        write_json(str(copy / "manifest.json"), {**manifest, "version": version})
        return str(copy)

    return edit_file
