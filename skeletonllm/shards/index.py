"""The index of a release or of a shards stage, and reading of single samples."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards.codec import Sample, decode
from skeletonllm.shards.members import read_members
from skeletonllm.storage import exists, iter_tables, join, load_topologies, read_table
from skeletonllm.storage.files import filesystem
from skeletonllm.storage.layout import INDEX, SHARDS, TARS, table_file
from skeletonllm.topology import is_registered


def read_index(folder: str) -> pa.Table:
    """All rows of :data:`schemas.SAMPLE` by position, from ``index.parquet`` or from ``index/``.

    The skeletons that the folder defines are registered.

    Raises:
        ReleaseError: There is no index, or positions are not 0, 1, 2, ...
        SchemaError: It is not of :data:`schemas.SAMPLE`, or of another major version of it.
        UsageError: The folder defines a known skeleton otherwise.
    """
    load_topologies(folder)
    whole = join(folder, table_file(INDEX))
    if exists(whole):
        tables = [read_table(whole, schema=SAMPLE)]
    else:
        tables = [table for _, table in iter_tables(join(folder, INDEX), schema=SAMPLE)]
    if not tables:
        hint = "Give the folder of a release, or the output of build-shards."
        raise ReleaseError("no index", where=folder, hint=hint)
    faults = [fault for table in tables for fault in SAMPLE.faults(table)]
    if faults:
        raise SchemaError("; ".join(faults), where=folder)
    index = pa.concat_tables(tables).sort_by("position")
    if index.column("position").to_pylist() != list(range(len(index))):
        raise ReleaseError("positions of the index are not 0, 1, 2, ...", where=folder)
    return index


def read_range(folder: str, row: Mapping[str, Any]) -> bytes:
    """The bytes of one sample, by one range request.

    Args:
        folder: The release, or the folder of a shards stage.
        row: A row of its index.

    Raises:
        UsageError: The tar is not there.
        OSError: The storage failed.
    """
    # A release first: it is what is read over a network, where each look costs a request.
    for place in (SHARDS, TARS):
        fs, path = filesystem(join(folder, place, row["shard"]))
        with suppress(FileNotFoundError):
            return bytes(fs.cat_file(path, start=row["offset"], end=row["offset"] + row["size"]))
    place = SHARDS if exists(join(folder, table_file(INDEX))) else TARS
    hint = "Run `skeletonllm verify` on the release."
    where = join(folder, place, row["shard"])
    raise UsageError("the index names a tar that does not exist", where=where, hint=hint)


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
        load_topologies(folder)
    return decode(read_members(read_range(folder, row), row["key"]))
