"""Tars that hold more or less than the index says, and samples that stand twice."""

from __future__ import annotations

import pickle
import tarfile
from pathlib import Path
from typing import Any

import pytest

from schemas import RATIONALE, SAMPLE
from skeletonllm.release import verify_release
from skeletonllm.release.verify import inspect_release
from skeletonllm.release.verify.tars import TarTask, check_tar, plan_tars
from skeletonllm.shards import hash_bytes
from skeletonllm.storage import read_json
from skeletonllm.storage.tables import TableFile
from tests.skeletonllm.release.verify.forge import (
    SIZES,
    edit_head,
    edit_manifest,
    edit_table,
    only_fault,
    read_rows,
    readmit,
)


def append_sample(release: Path, row: dict[str, Any], tar: str) -> int:
    """Write a sample behind the last one of another tar; give its place there."""
    data = (release / "shards" / row["shard"]).read_bytes()
    target = release / "shards" / tar
    ends = [r["offset"] + r["size"] for r in read_rows(release, "index") if r["shard"] == tar]
    content = target.read_bytes()[: max(ends)]
    sample = data[row["offset"] : row["offset"] + row["size"]]
    target.write_bytes(content + sample + bytes(1024))
    readmit(release, f"shards/{tar}")
    return max(ends)


def test_a_sample_in_two_tars_is_found_without_a_row_of_its_own(release: Path) -> None:
    row = read_rows(release, "index")[0]
    append_sample(release, row, "shard-000002.tar")
    said = f"shards/shard-000002.tar: 2 samples, 1 in the index; not indexed: {row['key']}"
    assert only_fault(release) == said


def test_a_sample_in_two_tars_is_found_with_a_row_of_its_own(release: Path) -> None:
    row = read_rows(release, "index")[0]
    offset = append_sample(release, row, "shard-000002.tar")
    again = {**row, "shard": "shard-000002.tar", "offset": offset, "position": 11}
    edit_table(release, "index", lambda rows: rows.append(again))
    places = "shards/shard-000000.tar and shards/shard-000002.tar"
    said = f"index.parquet: clip {row['clip_id']} stands 2 times: {places}"
    assert said in verify_release(str(release))


def test_a_key_twice_is_found(release: Path) -> None:
    rows = read_rows(release, "index")
    edit_table(release, "index", lambda own: own[3].update(key=rows[4]["key"]))
    said = f"index.parquet: sample {rows[4]['key']} stands 2 times"
    assert any(fault.startswith(said) for fault in verify_release(str(release)))


def test_many_repeats_are_counted_and_a_few_are_named(release: Path) -> None:
    edit_table(release, "index", lambda rows: rows.extend([dict(row) for row in rows[:6]]))
    faults = [f for f in verify_release(str(release)) if f.startswith("index.parquet: ")]
    assert len(faults) == 4
    assert faults[-1] == "index.parquet: 3 more clips stand more than once"


@pytest.mark.parametrize("where", ["gap", "end"])
def test_bytes_of_no_sample_are_found(release: Path, where: str) -> None:
    tar = release / "shards/shard-000002.tar"
    data = tar.read_bytes()
    (row,) = [r for r in read_rows(release, "index") if r["shard"] == tar.name]
    if where == "end":
        tar.write_bytes(data[:-1] + b"x")
    else:
        tar.write_bytes(bytes(512) + data)
        moved = row["offset"] + 512
        edit_table(release, "index", lambda rows: rows[10].update(offset=moved))
    readmit(release, "shards/shard-000002.tar")
    first = verify_release(str(release))[0]
    assert first.startswith("shards/shard-000002.tar: ")


def insert(release: Path, before: bytes, behind: bytes) -> Path:
    """Bytes before and behind the first sample of the first tar, as a part of its range."""
    tar = release / "shards/shard-000000.tar"
    rows = read_rows(release, "index")
    size, grown = rows[0]["size"], len(before) + len(behind)
    data = tar.read_bytes()
    sample = before + data[:size] + behind
    tar.write_bytes(sample + data[size:])

    def move(own: list[dict[str, Any]]) -> None:
        own[0] |= {"size": len(sample), "bytes_hash": hash_bytes(sample)}
        for row in own[1:5]:
            row["offset"] += grown

    edit_table(release, "index", move)
    size = sum(row["size"] for row in read_rows(release, "index"))
    edit_head(release, {SIZES: str(size)})
    readmit(release, "shards/shard-000000.tar")
    return tar


def header(name: str, kind: bytes, content: bytes = b"") -> bytes:
    """A member of a kind, with its content and padding."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


RENAMED = b"18 path=/etc/evil\n"


@pytest.mark.parametrize(
    ("before", "behind", "seen"),
    [
        (b"", bytes(1024), 2),
        (bytes(1024), b"", 0),
        (header("pax", tarfile.XGLTYPE, RENAMED), b"", 10),
        (header("pax", tarfile.XHDTYPE, RENAMED), b"", 10),
        (header("pax", tarfile.XHDTYPE, b"25 comment=hidden things\n"), b"", 10),
    ],
)
def test_what_other_readers_take_for_the_end_or_for_a_name_is_found(
    release: Path, before: bytes, behind: bytes, seen: int
) -> None:
    with tarfile.open(insert(release, before, behind)) as plain:
        assert len(plain.getnames()) == seen
    (key,) = [r["key"] for r in read_rows(release, "index") if r["clip_id"] == "alpha/000"]
    assert only_fault(release).startswith(f"shards/shard-000000.tar, sample {key}: ")


def test_a_header_has_no_room_for_more(release: Path) -> None:
    """Link, owner and date of a member, and the rest of its last block."""
    tar = release / "shards/shard-000000.tar"
    rows = read_rows(release, "index")
    data = bytearray(tar.read_bytes())
    info = tarfile.TarInfo.frombuf(bytes(data[:512]), "utf-8", "strict")
    info.linkname = "hidden"
    data[:512] = info.tobuf(tarfile.USTAR_FORMAT)
    tar.write_bytes(data)
    hashed = hash_bytes(bytes(data[: rows[0]["size"]]))
    edit_table(release, "index", lambda own: own[0].update(bytes_hash=hashed))
    readmit(release, "shards/shard-000000.tar")
    said = "its bytes in the tar are more than its members as they are written"
    assert only_fault(release) == f"shards/shard-000000.tar, sample {rows[0]['key']}: {said}"


def test_a_tar_that_the_manifest_forgot_is_found(release: Path) -> None:
    edit_manifest(
        release,
        lambda m: m.update(files=[e for e in m["files"] if e["path"] != "shards/shard-000002.tar"]),
    )
    faults = verify_release(str(release))
    assert "shards/shard-000002.tar: not in the manifest" in faults
    assert "shards/shard-000002.tar: in the index, but not in the manifest" in faults


def tasks_of(release: Path, folder: Path) -> list[TarTask]:
    manifest = read_json(str(release / "manifest.json"))
    entries = [e for e in manifest["files"] if e["path"].endswith(".tar")]
    schemas = {"index": SAMPLE, "rationales": RATIONALE}
    tables = (TableFile([str(release / f"{n}.parquet")], s) for n, s in schemas.items())
    topologies = read_json(str(release / "topologies.json"))
    return list(plan_tars(str(release), entries, *tables, topologies, folder=str(folder)))


def test_each_tar_has_its_own_rows_of_the_tables(pristine: Path, tmp_path: Path) -> None:
    tasks = tasks_of(pristine, tmp_path)
    assert [len(task.rows.load()) for task in tasks if task.rows] == [5, 5, 1]
    assert [len(t.rationales.load()) for t in tasks if t.rationales is not None] == [5, 3, 0]


def test_a_task_and_its_report_travel_between_processes(pristine: Path, tmp_path: Path) -> None:
    task = pickle.loads(pickle.dumps(tasks_of(pristine, tmp_path)[1]))
    report = pickle.loads(pickle.dumps(check_tar(task)))
    assert report.faults == ()
    assert report.whole
    assert report.facts.column("clip_id").to_pylist()[0] == "alpha/005"


def test_a_task_takes_its_own_rows_with_it_and_no_others(release: Path, tmp_path: Path) -> None:
    def grow(rows: Any) -> None:
        rows += [
            {**rows[0], "clip_id": f"lab/{i}", "key": f"lab-{i}", "shard": f"shard-{i}.tar"}
            for i in range(1000)
        ]

    before = len(pickle.dumps(tasks_of(release, tmp_path)[1]))
    edit_table(release, "index", grow)
    assert len(pickle.dumps(tasks_of(release, tmp_path)[1])) < before + 1000


def test_without_an_index_only_the_bytes_of_a_tar_are_checked(
    pristine: Path, tmp_path: Path
) -> None:
    entry = tasks_of(pristine, tmp_path)[0].entry
    report = check_tar(TarTask(str(pristine), entry, None))
    assert (report.faults, report.whole, len(report.facts)) == ((), False, 0)
    wrong = check_tar(TarTask(str(pristine), {**entry, "bytes": 3}, None))
    assert "the manifest says 3" in wrong.faults[0]


def test_tars_in_any_order_give_the_same_report(release: Path) -> None:
    edit_table(release, "index", lambda rows: [row.update(subject="S9") for row in rows])
    found = inspect_release(str(release))
    assert inspect_release(str(release), lambda work, t: map(work, reversed(t))) == found
    assert len(found.faults) == 11
