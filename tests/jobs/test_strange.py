"""Verbs that look at many clips, on a folder with every strange kind: each is shown or named."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from jobs import cli
from schemas import REJECT
from skeletonllm.storage import read_table, write_table
from tests.pipelines.strange import BROKEN, strange_motions, write_strange_clips


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_strange_clips(tmp_path_factory.mktemp("strange") / "clips")


def test_inspect_shows_all_clips_and_names_the_row_that_is_none(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["inspect", folder, "--rows", "99"]) == 0
    said = capsys.readouterr().out
    assert all(f"lab/{name}" in said for name in strange_motions())
    assert "first 19 clips" in said
    assert f"rejected raw/broken_row.bvh (format): {BROKEN}: confidence outside 0..1" in said


def test_inspect_counts_what_it_does_not_name(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_table(f"{folder}/parts/part-00000.parquet")
    broken = table.slice(len(table) - 1)
    write_table(f"{tmp_path}/part.parquet", pa.concat_tables([broken] * 3))
    assert cli.main(["inspect", f"{tmp_path}/part.parquet", "--rows", "2"]) == 0
    assert "... and 1 more rejected" in capsys.readouterr().out


def test_inspect_shows_a_table_of_other_things(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"source_uri": "raw/1", "stage": "read", "code": "empty", "message": "0 bytes"}
    write_table(f"{tmp_path}/part.parquet", pa.Table.from_pylist([row], schema=REJECT.arrow))
    assert cli.main(["inspect", f"{tmp_path}/part.parquet"]) == 0
    assert "0 bytes" in capsys.readouterr().out


def test_splits_counts_a_folder_of_strange_clips(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["splits", folder]) == 0
    assert "no published protocol has a clip here" in capsys.readouterr().out


def test_profiles_are_compared_on_strange_clips(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compare-profiles", folder, "raw", "clean"]) == 1  # clean refuses nobodies
    said = capsys.readouterr().out
    assert "not compared" not in said
    assert "lab/nobody_of_two: 100% not alike: clean rejects it (no_body)" in said
