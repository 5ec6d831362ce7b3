"""The index of a release or of a shards stage, and reading of single samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards.checked_files import load_checked_topologies, read_checked_table
from skeletonllm.shards.codec import Sample, decode
from skeletonllm.shards.hashes import hash_bytes
from skeletonllm.shards.manifest import Manifest, find_manifest
from skeletonllm.shards.members import read_members
from skeletonllm.storage import exists, join, list_files
from skeletonllm.storage.layout import INDEX, SHARDS, TARS, table_file
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.storage.tables import regroup, write_groups
from skeletonllm.topology import is_registered

_PART = re.compile(rf"{INDEX}/[^/]+\.parquet")

WORDS = ("shard", "corpus", "topology", "label", "label_namespace", "subject", "camera", "setup")
"""Columns of few words that stand in many rows: kept once each, as dictionaries."""
_COUNTS = (
    *("num_frames", "num_persons", "label_id"),
    *("num_rationales", "num_captions", "num_questions"),
)
_HASHES = ("bytes_hash", "content_hash")
_VERIFY = "Run `skeletonllm verify` on the release."
ROW_GROUP = 1 << 15
"""Rows of one row group: what is decoded at once, and what one whole row costs to read. With 65,536
the peak of reading a million rows was 8 MB higher, and as fast."""


def write_index(url: str, tables: pa.Table | Iterable[pa.Table]) -> int:
    """Write the index of a release so that a million rows are opened in a fraction of a second.

    Places are stored as differences and ids by their common beginnings; hashes are left as they
    are, since nothing compresses them; no statistics, since nobody looks for a range of values.

    Args:
        url: The file.
        tables: Rows of :data:`schemas.SAMPLE`, by position; of many tables, one row group is held.

    Returns:
        How many rows it has.
    """
    given = [tables] if isinstance(tables, pa.Table) else tables
    schema = tables.schema if isinstance(tables, pa.Table) else SAMPLE.arrow
    names = schema.names
    options = {
        "compression": {n: "none" if n in _HASHES else "zstd" for n in names},
        "use_dictionary": [n for n in (*WORDS, *_COUNTS) if n in names],
        "column_encoding": {
            **dict.fromkeys(("position", "offset", "size"), "DELTA_BINARY_PACKED"),
            **dict.fromkeys(("key", "clip_id"), "DELTA_BYTE_ARRAY"),
        },
        "write_statistics": False,
        "store_schema": True,
    }
    return write_groups(url, regroup(given, ROW_GROUP), schema, options)


def find_index(manifest: Manifest) -> list[str]:
    """Paths of the files that are the index, in order: one of a release, a part a tar of shards.

    Raises:
        ReleaseError: There is none.
    """
    whole, folder = table_file(INDEX), manifest.folder
    if manifest.checked:
        found = (
            [whole] if whole in manifest.files else list(filter(_PART.fullmatch, manifest.files))
        )
    elif exists(join(folder, whole)):
        found = [whole]
    else:
        parts = (f"{INDEX}/{name}" for name in list_files(join(folder, INDEX)))
        found = list(filter(_PART.fullmatch, parts))
    if found:
        # The number of a part grows beyond its five digits at 51 million samples.
        return sorted(found, key=lambda path: (len(path), path))
    hint = "Give the folder of a release, or the output of build-shards."
    raise ReleaseError("no index", where=folder, hint=hint)


def read_index(folder: str) -> pa.Table:
    """All rows of :data:`schemas.SAMPLE` by position, from ``index.parquet`` or from ``index/``.

    Files that the manifest lists are checked against it, and every row against the schema: for a
    million rows use :func:`skeletonllm.shards.catalogue.open_catalogue`. The skeletons that the
    folder defines are registered.

    Raises:
        ReleaseError: There is no index, it differs from what the manifest lists, or positions are
            not 0, 1, 2, ...
        SchemaError: It is not of :data:`schemas.SAMPLE`, or of another major version of it.
        UsageError: The folder defines a known skeleton otherwise.
    """
    manifest = find_manifest(folder)
    load_checked_topologies(manifest)
    tables = [read_checked_table(folder, n, manifest, SAMPLE) for n in find_index(manifest)]
    faults = [fault for table in tables for fault in SAMPLE.faults(table)]
    if faults:
        raise SchemaError("; ".join(faults), where=folder)
    index = pa.concat_tables(tables).sort_by("position")
    if not np.array_equal(index.column("position").to_numpy(), np.arange(len(index))):
        raise ReleaseError("positions of the index are not 0, 1, 2, ...", where=folder)
    return index


def iter_index(folder: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows of :func:`read_index`, a file at a time; its files must be in order of position.

    Args:
        folder: Of a release or of a shards stage.
        columns: Those to read; None for all. Rows are checked where all are read.

    Raises:
        ReleaseError: As :func:`read_index`.
        SchemaError: As :func:`read_index`.
        UsageError: As :func:`read_index`.
    """
    manifest = find_manifest(folder)
    load_checked_topologies(manifest)
    wanted = None if columns is None else list(dict.fromkeys([*columns, "position"]))
    start = 0
    for name in find_index(manifest):
        table = read_checked_table(folder, name, manifest, SAMPLE, wanted)
        if wanted is None and (faults := SAMPLE.faults(table)):
            raise SchemaError("; ".join(faults), where=join(folder, name))
        table = table.sort_by("position")
        expected = np.arange(start, start + len(table))
        if not np.array_equal(table.column("position").to_numpy(), expected):
            raise ReleaseError("positions of the index are not 0, 1, 2, ...", where=folder)
        start += len(table)
        yield table if columns is None else table.select(columns)


def read_range(folder: str, row: Mapping[str, Any]) -> bytes:
    """The bytes of one sample, by one range request.

    Args:
        folder: The release, or the folder of a shards stage.
        row: A row of its index.

    Raises:
        UsageError: The tar is not there.
        TruncatedFile: The tar ends before the sample does.
        StorageError: The store gave no answer, however often it was asked.
    """
    # A release first: it is what is read over a network, where each look costs a request.
    for place in (SHARDS, TARS):
        with suppress(FileNotFoundError):
            name, start = f"{place}/{row['shard']}", row["offset"]
            return _open_ranges(folder).read(name, start, start + row["size"])
    place = SHARDS if exists(join(folder, table_file(INDEX))) else TARS
    where = join(folder, place, row["shard"])
    raise UsageError("the index names a tar that does not exist", where=where, hint=_VERIFY)


@lru_cache(maxsize=4)
def _open_ranges(folder: str) -> RangeReader:
    return RangeReader(folder)


def read_sample(folder: str, row: Mapping[str, Any]) -> Sample:
    """One sample of a release, decoded.

    Args:
        folder: The release, or the folder of a shards stage.
        row: A row of its index.

    Raises:
        ReleaseError: The bytes at this place are not this sample, or are damaged.
        UsageError: The tar is not there.
    """
    # Rows may come from another process than the one that read the index.
    if not is_registered(row["topology"]):
        load_checked_topologies(find_manifest(folder))
    data = read_range(folder, row)
    if hash_bytes(data) != row["bytes_hash"]:
        found = "its bytes are not those that the index has the hash of"
        raise ReleaseError(found, where=f"sample {row['key']}", hint=_VERIFY)
    return decode(read_members(data, row["key"]))
