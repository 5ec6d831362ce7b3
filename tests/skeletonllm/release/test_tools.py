"""Tools that others use read every kind of release.

DuckDB and ``mlcroissant`` by what stands on the card; ``datasets`` and ``webdataset`` the samples:
what the card promises of these two is in ``test_features.py``. Of recipes see
``publishing/recipe/test_card.py``.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skeletonllm.release import cut_release
from skeletonllm.shards import read_index
from skeletonllm.storage import read_json, read_table
from tests.skeletonllm.release.conftest import write_stages
from tests.skeletonllm.release.test_features import read_members

THEIRS = "ignore::DeprecationWarning"
"""What mlcroissant 1.1.1 calls of rdflib and pandas; nothing that a release could mend."""
NOT_INSTALLED = "{} is not installed (extra dev)"


def blocks_of(release: Path, language: str) -> list[str]:
    card = (release / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", card, re.DOTALL)


KINDS = ("internal", "public", "with questions")


@pytest.fixture(scope="module")
def releases(
    tmp_path_factory: pytest.TempPathFactory, stages: dict[str, Any], make_clip: Any
) -> dict[str, Path]:
    """One of each kind, each as ``toy/1.0.0`` below a folder of its own."""
    root = tmp_path_factory.mktemp("kinds")
    open_ = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(6)]
    other = [make_clip("beta", i, licence="cc-by-4.0", image=True) for i in range(3)]
    public = {**write_stages(root / "open", open_, other), "audience": "public"}
    asked = write_stages(root / "asked", open_, other, asked=True)
    given = dict(zip(KINDS, (stages, public, asked), strict=True))
    return {
        kind: Path(
            cut_release(
                str(root / kind.split()[-1]),
                "toy",
                "1.0.0",
                code="test",
                published="2026-11-27",
                **inputs,
            )
        )
        for kind, inputs in given.items()
    }


@pytest.fixture(params=KINDS)
def published(request: pytest.FixtureRequest, releases: dict[str, Path]) -> Path:
    return releases[request.param]


def test_each_kind_is_what_it_is_called(releases: dict[str, Path]) -> None:
    manifests = {kind: read_json(str(path / "manifest.json")) for kind, path in releases.items()}
    audiences = {kind: manifest["audience"] for kind, manifest in manifests.items()}
    assert audiences == dict(zip(KINDS, ("internal", "public", "internal"), strict=True))
    assert [kind for kind, m in manifests.items() if m["counts"].get("questions")] == [KINDS[2]]


READ = """
import json, sys
from glob import glob

import numpy as np
from datasets import load_dataset
from webdataset import WebDataset


def plain(meta, arrays):
    filled = {name: values for name, values in arrays.items() if values is not None}
    return [meta, {name: np.asarray(values).ravel().tolist() for name, values in filled.items()}]


found = {}
for release in sys.argv[1:]:
    tars = sorted(glob(f"{release}/shards/*.tar"))
    rows = WebDataset(tars, shardshuffle=False).decode()
    found[release] = [[plain(row["json"], dict(row["motion.npz"])) for row in rows]]
    for streaming in (True, False):
        rows = load_dataset(release, split="train", streaming=streaming)
        found[release].append([plain(row["json"], row["motion.npz"]) for row in rows])
print(json.dumps(found))
"""


def test_webdataset_and_datasets_read_the_samples_of_every_kind(
    releases: dict[str, Path], tmp_path: Path
) -> None:
    """In one process: ``datasets`` must not take one ``1.0.0`` of its cache for another."""
    pytest.importorskip("datasets", reason=NOT_INSTALLED.format("datasets"))
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    call = [sys.executable, "-c", READ, *map(str, releases.values())]
    done = subprocess.run(call, env=env, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    for release, readings in json.loads(done.stdout).items():
        expected = {
            meta["clip_id"]: [meta, {name: a.ravel().tolist() for name, a in arrays.items()}]
            for meta, arrays in read_members(Path(release, "shards"))
        }
        assert len(expected) == len(read_index(release))
        for rows in readings:
            assert {row[0]["clip_id"]: row for row in rows} == expected
            assert len(rows) == len(expected)


def test_the_query_of_the_card_counts_clips_and_rationales(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    monkeypatch.chdir(published.parents[1])
    (query,) = blocks_of(published, "sql")
    found = duckdb.sql(query).to_arrow_table().to_pylist()
    clips = read_index(str(published)).to_pylist()
    told = read_table(str(published / "rationales.parquet")).to_pylist()
    label_of = {row["clip_id"]: row["label"] for row in clips}
    for row in found:
        own = [r for r in told if label_of[r["clip_id"]] == row["label"]]
        assert row["clips"] == sum(c["label"] == row["label"] for c in clips)
        assert row["rationales"] == len(own)
        mean = sum(r["grounded"] for r in own) / len(own)
        assert row["grounded"] == pytest.approx(mean, abs=6e-4)
    assert [row["clips"] for row in found] == sorted((r["clips"] for r in found), reverse=True)
    assert len(found) == len(set(label_of.values()))


def test_duckdb_reads_every_column_of_every_table(published: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    for path in sorted(published.glob("*.parquet")):
        ours = read_table(str(path))
        theirs = duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table()
        assert theirs.num_rows == ours.num_rows
        assert theirs.to_pylist() == ours.to_pylist(), path.name


@pytest.mark.filterwarnings(THEIRS)
def test_mlcroissant_reads_every_table_without_a_warning(
    published: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    croissant = pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    monkeypatch.chdir(published.parents[1])
    with caplog.at_level(logging.WARNING):
        data = croissant.Dataset("toy/1.0.0/croissant.json")
        for path in sorted(published.glob("*.parquet")):
            expected = flat_columns(path)
            rows = list(data.records(path.stem))
            assert len(rows) == expected.num_rows
            for row, ours in zip(rows, expected.to_pylist(), strict=True):
                assert {k.partition("/")[2]: plain(v) for k, v in row.items()} == {
                    k: plain(v) for k, v in ours.items()
                }
    assert data.metadata.ctx.issues.warnings == set()
    assert [record.getMessage() for record in caplog.records] == []


def flat_columns(path: Path) -> pa.Table:
    """What Croissant 1.0 can say of a table: no lists of structs, no hashes in bytes."""
    table = pq.read_table(path)
    odd = (pa.types.is_nested, pa.types.is_fixed_size_binary)
    return table.select([f.name for f in table.schema if not any(is_odd(f.type) for is_odd in odd)])


def plain(value: Any) -> Any:
    """Texts of ``mlcroissant`` are bytes, and some of its numbers those of NumPy."""
    if isinstance(value, bytes):
        return value.decode()
    return float(value) if isinstance(value, (int, float)) else value


@pytest.mark.filterwarnings(THEIRS)
def test_the_code_on_the_card_lists_all_clips(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    monkeypatch.chdir(published.parents[1])
    code = blocks_of(published, "python")[-1]
    found: dict[str, Any] = {}
    exec(code, found)
    assert found["clip_ids"] == read_index(str(published)).column("clip_id").to_pylist()


@pytest.mark.filterwarnings(THEIRS)
def test_without_a_day_mlcroissant_misses_the_day_alone(pristine: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    data = croissant.Dataset(str(pristine / "croissant.json"))
    (warning,) = data.metadata.ctx.issues.warnings
    assert "datePublished" in warning
    assert read_json(str(pristine / "croissant.json"))["citeAs"]
