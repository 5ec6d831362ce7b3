"""Tools that others use read a recipe: by what stands on its card, and every table of it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from skeletonllm.storage import read_json, read_table
from tests.skeletonllm.publishing.conftest import Made
from tests.skeletonllm.release.test_tools import NOT_INSTALLED, THEIRS, flat_columns, plain

TABLES = ("annotations", "index", "negatives", "questions", "rationales", "rejects")


@pytest.fixture
def place(made: Made, tmp_path: Path) -> Path:
    """The recipe as ``lab/1.0.0``, as its card names it; the folder above."""
    shutil.copytree(made.recipe, tmp_path / "lab" / "1.0.0")
    return tmp_path


def read(recipe: Path, table: str) -> pa.Table:
    paths = sorted((recipe / table).glob("*.parquet")) or [recipe / f"{table}.parquet"]
    return pa.concat_tables(read_table(str(path)) for path in paths)


def test_the_query_of_the_card_finds_the_first_clips(
    made: Made, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    monkeypatch.chdir(place)
    (query,) = re.findall(r"```sql\n(.*?)```", (made.recipe / "README.md").read_text(), re.DOTALL)
    found = duckdb.sql(query).to_arrow_table().to_pylist()
    told = {row["clip_id"]: row for row in read(made.recipe, "annotations").to_pylist()}
    index = read(made.recipe, "index").to_pylist()[:5]
    assert [row["decoded_sha256"] for row in found] == [
        told[row["clip_id"]]["decoded_sha256"] for row in index
    ]
    assert [int(row["frames"]) for row in found] == [row["num_frames"] for row in index]


def test_duckdb_reads_every_column_of_every_table(made: Made) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    for path in sorted(made.recipe.rglob("*.parquet")):
        theirs = duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table()
        assert theirs.to_pylist() == read_table(str(path)).to_pylist(), path.name


@pytest.mark.filterwarnings(THEIRS)
def test_mlcroissant_reads_every_table_without_a_warning(
    made: Made, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    croissant = pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    monkeypatch.chdir(place)
    with caplog.at_level(logging.WARNING):
        data = croissant.Dataset("lab/1.0.0/croissant.json")
        for table in TABLES:
            paths = sorted((made.recipe / table).glob("*.parquet"))
            parts = map(flat_columns, paths or [made.recipe / f"{table}.parquet"])
            expected = pa.concat_tables(parts).to_pylist()
            rows = [
                {k.partition("/")[2]: plain(v) for k, v in row.items()}
                for row in data.records(table)
            ]
            assert len(rows) == len(expected)
            for row in expected:
                assert {k: plain(v) for k, v in row.items()} in rows, table
    assert data.metadata.ctx.issues.warnings == set()
    assert [record.getMessage() for record in caplog.records] == []


def test_croissant_describes_every_file_of_the_recipe(made: Made) -> None:
    described = read_json(str(made.recipe / "croissant.json"))["distribution"]
    files = {e["path"]: e for e in read_json(str(made.recipe / "manifest.json"))["files"]}
    for item in described:
        if "contentUrl" in item:
            assert item["sha256"] == files[item["contentUrl"]]["sha256"]
    (patterns,) = [item["includes"] for item in described if "includes" in item]
    assert patterns == "annotations/*.parquet"
    assert not [item for item in described if "tar" in item["encodingFormat"]]


LOAD = """
import json, sys
from datasets import load_dataset

found = {}
for table in json.loads(sys.argv[1]):
    for streaming in (True, False):
        rows = load_dataset("./lab/1.0.0", table, split="train", streaming=streaming)
        found.setdefault(table, []).append([row for row in rows])
print(json.dumps(found, default=repr))
"""


def test_datasets_loads_every_table_with_and_without_streaming(made: Made, place: Path) -> None:
    pytest.importorskip("datasets", reason=NOT_INSTALLED.format("datasets"))
    expected = {table: read(made.recipe, table) for table in TABLES}
    full = [table for table, rows in expected.items() if len(rows)]  # it makes none of no rows
    assert set(TABLES) - set(full) <= {"rejects"}
    card = (made.recipe / "README.md").read_text()
    declared = yaml.safe_load(card.split("---\n")[1])
    assert sorted(config["config_name"] for config in declared["configs"]) == full
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(place / "hub")}
    call = [sys.executable, "-c", LOAD, json.dumps(full)]
    done = subprocess.run(call, cwd=place, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for table, (streamed, whole) in json.loads(done.stdout).items():
        ours = json.loads(json.dumps(expected[table].to_pylist(), default=repr))
        assert streamed == ours
        assert whole == ours


def test_the_code_of_the_card_loads_the_annotations(made: Made, place: Path) -> None:
    pytest.importorskip("datasets", reason=NOT_INSTALLED.format("datasets"))
    card = (made.recipe / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(place / "hub")}
    call = [sys.executable, "-c", code + "print(len(told))"]
    done = subprocess.run(call, cwd=place, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(read(made.recipe, "annotations"))
