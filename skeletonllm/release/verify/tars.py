"""One tar: a pure function of its bytes and its rows, so that many can be read at once."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from skeletonllm.release.statistics import MissingJoints
from skeletonllm.release.verify.facts import FactsOfTar
from skeletonllm.release.verify.files import compare_bytes
from skeletonllm.release.verify.rows_of_tars import IndexRows, Rows, ToldRows
from skeletonllm.release.verify.samples import check_sample
from skeletonllm.release.verify.told import find_told_faults
from skeletonllm.shards.strange import describe_strange
from skeletonllm.storage import TOPOLOGIES, join, read_bytes
from skeletonllm.storage.layout import SHARDS
from skeletonllm.storage.tables import TableFile
from skeletonllm.topology import register_definitions


@dataclass(frozen=True)
class TarTask:
    """A tar to check.

    Args:
        release: Folder of the release.
        entry: Of the manifest: path, sha256, bytes.
        rows: Of the index, by offset, once it is its turn; None if only its bytes can be checked.
        rationales: Rows of the table that its samples must hold, in their order; None if there is
            no table to compare with.
        topologies: Definitions of the skeletons, by name.
        url: Where the tar lies; None for its place in the release.
    """

    release: str
    entry: Mapping[str, Any]
    rows: Rows | None
    rationales: Rows | None = field(default=None, repr=False)
    topologies: Mapping[str, Any] = field(default_factory=dict, repr=False)
    url: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Its own rows, read now: who gets the task may not see the files that they are in."""
        tables = (_pack_rows(rows) for rows in (self.rows, self.rationales))
        return _unpack_task, (self.release, self.entry, [*tables], self.topologies, self.url)


def _pack_rows(rows: Rows | None) -> bytes | None:
    if rows is None:
        return None
    table = rows.load()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _unpack_rows(packed: bytes | None) -> Rows | None:
    if packed is None:
        return None
    table = pa.ipc.open_stream(packed).read_all()
    return Rows(lambda start, end: table.slice(start, end - start), 0, len(table))


def _unpack_task(
    release: str,
    entry: Mapping[str, Any],
    packed: Sequence[bytes | None],
    topologies: Mapping[str, Any],
    url: str | None,
) -> TarTask:
    rows, rationales = map(_unpack_rows, packed)
    return TarTask(release, entry, rows, rationales, topologies, url)


@dataclass(frozen=True)
class TarReport:
    """What was found in a tar.

    Args:
        path: Of the tar.
        faults: Sentences.
        facts: Rows of ``FACTS``, of every sample that could be read.
        missing: Unobserved joints of the same samples.
        whole: Whether these are all samples of the tar.
    """

    path: str
    faults: tuple[str, ...]
    facts: pa.Table = field(repr=False)
    missing: MissingJoints = field(repr=False)
    whole: bool


def check_tar(task: TarTask) -> TarReport:
    """Read a tar once, and make again all that the release says of it."""
    path = task.entry["path"]
    data = read_bytes(task.url or join(task.release, path))
    facts = FactsOfTar(path.rpartition("/")[2])
    fault = compare_bytes(dict(task.entry), hashlib.sha256(data).hexdigest(), len(data))
    if fault or task.rows is None:
        found = (fault,) if fault else ()
        return TarReport(path, found, facts.to_table(), facts.missing, whole=False)
    register_definitions(task.topologies, join(task.release, TOPOLOGIES))
    try:
        faults, whole = _check_samples(path, data, task, facts)
        return TarReport(path, tuple(faults), facts.to_table(), facts.missing, whole)
    except Exception as error:
        told = describe_strange(error)
        if told is None:
            raise
        none = FactsOfTar(path.rpartition("/")[2])
        found = (f"{path}: its samples cannot be checked ({told})",)
        return TarReport(path, found, none.to_table(), none.missing, whole=False)


def _check_samples(
    path: str, data: bytes, task: TarTask, facts: FactsOfTar
) -> tuple[list[str], bool]:
    """Faults, and whether every sample could be read."""
    assert task.rows is not None
    rows = task.rows.load().to_pylist()
    stray = _find_stray_bytes(data, rows)
    listed = _list_unindexed(path, data, rows) if stray else None
    if listed is not None and not listed[1]:
        return listed[0], False
    faults = [] if listed is None else listed[0]
    told: list[tuple[str, str, Sequence[Any]]] = []
    for row in rows:
        sample = data[row["offset"] : row["offset"] + row["size"]]
        fault, rationales = check_sample(sample, row, facts)
        if rationales is not None:
            told.append((row["key"], row["clip_id"], rationales))
        if fault:
            faults.append(f"{path}, sample {row['key']}: {fault}")
    if stray and not faults:
        faults.append(f"{path}: {stray}")
    whole = len(told) == len(rows) and not stray
    if whole and task.rationales is not None:
        faults += find_told_faults(path, told, task.rationales.load())
    return faults, whole


def _find_stray_bytes(data: bytes, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Where bytes belong to no sample; None if the samples are all that the tar holds."""
    if not rows:
        return "no sample of the index lies in it"
    at = 0
    for row in rows:
        if row["offset"] != at:
            return f"bytes {at} to {row['offset']} belong to no sample"
        at += row["size"]
    if at > len(data) or data.count(0, at) != len(data) - at:
        return f"the bytes from {at} on belong to no sample"
    return None


def _list_unindexed(
    path: str, data: bytes, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[str], bool]:
    """What the tar holds beside its rows, by its own headers; and whether it is a tar at all."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            inside = {name.split(".", 1)[0] for name in tar.getnames()}
    except tarfile.TarError as error:
        return [f"{path}: not a tar ({error})"], False
    unlisted = sorted(inside - {row["key"] for row in rows})
    if not unlisted and len(inside) == len(rows):
        return [], True
    counts = f"{len(inside)} samples, {len(rows)} in the index"
    more = f"; not indexed: {unlisted[0]}" if unlisted else ""
    return [f"{path}: {counts}{more}"], True


def plan_tars(
    release: str,
    entries: Sequence[Mapping[str, Any]],
    index: TableFile | pa.Table | None,
    rationales: TableFile | pa.Table | None,
    topologies: Mapping[str, Any],
    *,
    folder: str,
    places: Mapping[str, str] | None = None,
) -> Iterator[TarTask]:
    """A task for each tar, with its own rows of the tables.

    Args:
        release: Its folder.
        entries: Of the manifest, of tars.
        index: None where it is damaged: then only the bytes of the tars are checked.
        rationales: None where there is nothing to compare with.
        topologies: Definitions of the skeletons, by name.
        folder: On this machine, for what is sorted; it must last as long as the tasks.
        places: Path -> URL of tars that do not lie in the release yet.
    """
    urls = places or {}
    if index is None:
        for entry in entries:
            yield TarTask(release, entry, None, url=urls.get(entry["path"]))
        return
    rows = IndexRows(index)
    told = None if rationales is None else ToldRows(folder, rows.clips, rationales)
    for entry in entries:
        start, end = rows.bounds.get(entry["path"].removeprefix(f"{SHARDS}/"), (0, 0))
        kept = None if told is None else Rows(told.read, start, end)
        url = urls.get(entry["path"])
        yield TarTask(release, entry, Rows(rows.read, start, end), kept, topologies, url)
