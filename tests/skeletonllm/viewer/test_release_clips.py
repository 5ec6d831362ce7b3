from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import QUESTION, RATIONALE
from skeletonllm.shards import read_index
from skeletonllm.viewer.release_clips import ReleaseClips


def row_of(release: Path, clip_id: str) -> dict[str, Any]:
    rows = read_index(str(release)).to_pylist()
    return next(row for row in rows if row["clip_id"] == clip_id)


@pytest.fixture
def with_rejected(release: Path) -> Path:
    """A rationale that was rejected stands in the table and in no tar."""
    table = pq.read_table(release / "rationales.parquet")
    row = table.to_pylist()[0]
    row |= {"rationale_id": "alpha/002#9", "clip_id": "alpha/002", "status": "rejected"}
    row |= {"variant": 9, "grounded": 0.1}
    more = pa.Table.from_pylist([row], schema=RATIONALE.arrow)
    both = pa.concat_tables([RATIONALE.conform(table), more])
    pq.write_table(both, release / "rationales.parquet", row_group_size=3)
    return release


def test_rejected_rationales_come_from_the_table(with_rejected: Path) -> None:
    for wanted in (None, ["alpha/002", "alpha/003"]):
        entry = ReleaseClips(str(with_rejected), wanted).read(row_of(with_rejected, "alpha/002"))
        assert [r["status"] for r in entry.rationales] == ["accepted", "rejected"]
        assert entry.describe()["grounded"] == 0.1


def test_those_of_clips_that_nobody_looks_at_are_not_held(with_rejected: Path) -> None:
    clips = ReleaseClips(str(with_rejected), ["alpha/001"])
    assert len(clips.read(row_of(with_rejected, "alpha/002")).rationales) == 1


def write_questions(release: Path, clip_ids: list[str]) -> None:
    rest = {field.name: None if field.nullable else "x" for field in QUESTION.arrow}
    asked = {"kind": "side", "form": "open", "question": "Which hand?", "answer": "left"}
    rows = [{**rest, **asked, "question_id": f"q{i}", "clip_id": c} for i, c in enumerate(clip_ids)]
    table = pa.Table.from_pylist(rows, schema=QUESTION.arrow)
    pq.write_table(table, release / "questions.parquet")


def test_questions_are_those_of_the_clip(release: Path) -> None:
    write_questions(release, ["alpha/004"])
    clips = ReleaseClips(str(release))
    assert clips.read(row_of(release, "alpha/004")).questions[0]["answer"] == "left"
    assert clips.read(row_of(release, "alpha/003")).questions == ()


def test_questions_are_not_held_as_plain_data(release: Path) -> None:
    write_questions(release, ["alpha/004"] * 5_000)
    ReleaseClips(str(release))  # what is loaded once is none of it
    tracemalloc.start()
    clips = ReleaseClips(str(release))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(clips.read(row_of(release, "alpha/004")).questions) == 5_000
    assert held < 50 * 5_000  # as dicts each took 1.2 kB


def test_a_clip_says_where_it_lies(release: Path) -> None:
    row = row_of(release, "beta/001")
    place = ReleaseClips(str(release)).read(row).place
    assert place["tar"] == f"shards/{row['shard']}"
    assert place["sha256 of the motion"] == row["motion_sha256"]


def test_a_tar_that_is_gone_is_a_fault_and_no_end(release: Path) -> None:
    row = row_of(release, "alpha/001")
    (release / "shards" / row["shard"]).unlink()
    entry = ReleaseClips(str(release)).read(row)
    assert entry.clip is None
    assert entry.fault is not None
    assert entry.describe()["label"] == row["label"]
