"""Files written before the columns were renamed: read still, or refused with both versions.

``tests/fixtures/v1`` holds what the jobs wrote then, of two synthesized clips of NW-UCLA and an
empty file; pages and cards were left out, and so were parts that no later stage reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import cli
from schemas import CLIP, DUPLICATE, NEGATIVE, QUALITY, RATIONALE, REJECT, SAMPLE, TableSchema
from skeletonllm.clip_folders import clip_units
from skeletonllm.errors import SchemaError, StateError
from skeletonllm.evaluation.coverage import read_rows
from skeletonllm.release import cut_release, describe_release, verify_release
from skeletonllm.shards import decode, load_topologies, read_index, read_members
from skeletonllm.storage import (
    Plan,
    claim,
    finished,
    read_json,
    read_table,
    stage_of,
    write_table,
)
from skeletonllm.storage.layout import INDEX
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.releases import write_manifest, write_release
from skeletonllm.training import TrainState
from skeletonllm.views.view import View

V1 = Path(__file__).parent / "fixtures" / "v1"
TABLES: list[tuple[str, TableSchema, str, int]] = [
    ("clips/clips/part-00000.parquet", CLIP, "2.0.0", 2),
    ("clips/rejects/part-00000.parquet", REJECT, "", 1),
    ("negatives/negatives/part-00000.parquet", NEGATIVE, "2.2.0", 90),
    ("rationales/rationales/part-00000.parquet", RATIONALE, "", 2),
    ("rationales/rejects/part-00000.parquet", REJECT, "", 0),
    ("shards/index/part-00000.parquet", SAMPLE, "3.1.0", 2),
    ("quality/quality.parquet", QUALITY, "2.0.0", 2),
    ("quality/duplicates.parquet", DUPLICATE, "", 0),
    ("release/index.parquet", SAMPLE, "3.1.0", 2),
    ("release/negatives.parquet", NEGATIVE, "2.2.0", 90),
    ("release/rationales.parquet", RATIONALE, "", 2),
    ("release/rejects.parquet", REJECT, "", 1),
]
"""File, its schema, the version that is expected of it where it is refused, and its rows."""


@pytest.mark.parametrize(("name", "schema", "expected", "rows"), TABLES)
def test_a_table_of_version_1_is_read_or_refused(
    name: str, schema: TableSchema, expected: str, rows: int
) -> None:
    url = str(V1 / name)
    assert len(read_table(url)) == rows
    if not expected:
        table = read_table(url, schema=schema)
        assert (len(table), schema.faults(table)) == (rows, [])
        return
    with pytest.raises(SchemaError) as caught:
        read_table(url, schema=schema)
    assert str(caught.value) == (
        f"{url}: written in version 1.0.0 of the table {schema.name!r}; expected {expected} or "
        f"another {expected[0]}.x. Run the job that makes it again, into another folder, or read "
        "it with the earlier version of skeletonllm that wrote it."
    )


def no_plan(stage: str) -> Plan:
    return Plan(stage, "1", {}, ())


def old(folder: str) -> str:
    return str(V1 / folder)


READERS: list[tuple[str, str, Callable[[], Any]]] = [
    ("plan.json", "a stage's folder", lambda: stage_of(old("clips"))),
    ("manifest.json", "a stage's folder", lambda: finished(old("clips"), "normalize")),
    ("manifest.json", "a stage's folder", lambda: finished(old("rationales"), "build_rationales")),
    ("manifest.json", "a stage's folder", lambda: clip_units([old("clips")])),
    ("plan.json", "a stage's folder", lambda: claim(old("clips"), no_plan("normalize"))),
    ("plan.json", "a stage's folder", lambda: claim(old("shards"), no_plan("build_shards"))),
    ("plan.json", "a stage's folder", lambda: read_rows(old("clips"))),
    ("index.parquet", "the table 'sample'", lambda: read_rows(old("release"))),
    ("part-00000.parquet", "the table 'sample'", lambda: read_index(old("shards"))),
    ("index.parquet", "the table 'sample'", lambda: Stream(old("release"), View(), batch_size=1)),
    ("manifest.json", "a release", lambda: describe_release(old("release"))),
    ("manifest.json", "a release", lambda: verify_release(old("release"))),
    (
        "manifest.json",
        "a stage's folder",
        lambda: cut_release(
            "nowhere", "toy", "2.0.0", shards_dir=old("shards"), clips_dirs=[old("clips")]
        ),
    ),
]


@pytest.mark.parametrize(("file", "layout", "read"), READERS)
def test_a_folder_of_version_1_is_refused(
    file: str, layout: str, read: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = (
        rf"{re.escape(file)}: written in version 1\.0\.0 of {layout}; expected [23]\.[0-9]\.0 or an"
    )
    with pytest.raises(SchemaError, match=said):
        read()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["release", "shards"])
def test_a_sample_of_version_1_is_refused(folder: str) -> None:
    load_topologies(str(V1 / "clips"))
    (tar,) = (V1 / folder / "shards").iterdir()
    row: dict[str, Any] = read_table(f"{V1}/release/index.parquet").to_pylist()[0]
    members = read_members(tar.read_bytes()[row["offset"] :][: row["size"]], row["key"])
    said = rf"{row['key']}: written in version 1\.0\.0 of a sample; expected 3\.1\.0 or another"
    with pytest.raises(SchemaError, match=said):
        decode(members)


def test_a_folder_of_samples_of_version_2_is_refused(tmp_path: Path) -> None:
    """They held their negatives themselves, and the index no hashes."""
    folder = write_release(str(tmp_path / "release"), per_action=1)
    part = tmp_path / "release" / INDEX / "part-00000.parquet"
    index = read_table(str(part)).drop_columns(["bytes_hash", "content_hash"])
    stated = {b"skeletonllm.schema": b"sample", b"skeletonllm.schema_version": b"2.0.0"}
    write_table(str(part), index.replace_schema_metadata(stated))
    write_manifest(folder)
    said = r"written in version 2\.0\.0 of the table 'sample'; expected 3\.1\.0 or another 3\.x\. "
    for read in (read_index, lambda url: Stream(url, View(), batch_size=1)):
        with pytest.raises(SchemaError, match=said):
            read(folder)


@pytest.mark.parametrize(
    "call",
    [
        "inspect {v1}/clips",
        "inspect {v1}/clips/clips/part-00000.parquet",
        "inspect {v1}/release",
        "render {v1}/clips --out out",
        "splits {v1}/clips",
        "verify {v1}/release",
        "cut-release --name a --version 1.0.0 --clips {v1}/clips --shards {v1}/shards",
    ],
)
def test_a_verb_refuses_version_1_in_one_sentence(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(call.format(v1=V1).split()) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert re.match(
        r"error: .*: written in version 1\.0\.0 of .*; expected [23]\.[0-9]\.0 or ano", line
    )
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_version_1_is_refused_with_both_versions() -> None:
    with pytest.raises(StateError, match=r"schema_version '1\.0\.0'; expected '2\.0\.0'. Read it"):
        TrainState.read(V1 / "checkpoint")


def test_what_has_no_version_is_read_as_it_was() -> None:
    assert list(read_json(str(V1 / "clips" / "topologies.json"))) == ["kinect_v1"]
    load_topologies(str(V1 / "release"))
    assert read_json(str(V1 / "release" / "licences.json"))["synthetic"]["clips"] == 2


def test_no_old_file_names_the_machine_it_was_written_on() -> None:
    files = [path for path in V1.rglob("*") if path.is_file()]
    assert len(files) > 25
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":  # compressed: look at what it says
            content = str(read_table(str(path)).to_pylist()).encode()
        assert not re.search(rb"/(work|tmp|home|root|Users)/", content), path
