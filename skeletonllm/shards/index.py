"""The index of a release (or of a shards stage), and one sample by its bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.shards.codec import META, MOTION, Sample, decode
from skeletonllm.storage import exists, iter_tables, join, read_json, read_table
from skeletonllm.storage.files import filesystem
from skeletonllm.topology import Topology, register_topology


def read_index(folder: str) -> pa.Table:
    """All rows in order of position, from ``index.parquet`` or the parts of ``index/``.

    Raises:
        ReleaseError: There is no index, or positions are not 0, 1, 2, ...
        SchemaError: It is not of :data:`schemas.SAMPLE`.
    """
    whole = join(folder, "index.parquet")
    if exists(whole):
        tables = [read_table(whole)]
    else:
        tables = [table for _, table in iter_tables(join(folder, "index"))]
    if not tables:
        raise ReleaseError("no index", where=folder, hint="Is this a release or a shards folder?")
    faults = [fault for table in tables for fault in SAMPLE.faults(table)]
    if faults:
        raise SchemaError("; ".join(faults), where=folder)
    index = pa.concat_tables(tables).sort_by("position")
    if index.column("position").to_pylist() != list(range(len(index))):
        raise ReleaseError("positions of the index are not 0, 1, 2, ...", where=folder)
    return index


def members_of(data: bytes, key: str) -> dict[str, Any]:
    """The members of one sample by extension, as plain ``webdataset`` yields them.

    Args:
        data: Its bytes in the tar.
        key: Of the sample.

    Raises:
        ReleaseError: The bytes are not this sample.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            members = {member.name: _content(tar, member) for member in tar}
    except (OSError, tarfile.TarError) as error:
        raise ReleaseError(f"no member of a tar ({error})", where=f"sample {key}") from error
    wanted = {f"{key}.{extension}": extension for extension in (META, MOTION)}
    if set(members) != set(wanted):
        expected = " and ".join(sorted(wanted))
        raise ReleaseError(f"members {sorted(members)}", expected=expected, where=f"sample {key}")
    return {"__key__": key, **{wanted[name]: members[name] for name in wanted}}


def read_range(folder: str, row: Mapping[str, Any]) -> bytes:
    """The bytes of one sample, by one range request.

    Args:
        folder: The release; the tar is ``<folder>/shards/<shard>``.
        row: A row of its index.

    Raises:
        UsageError: The tar is not there.
        OSError: The storage failed.
    """
    url = join(folder, "shards", row["shard"])
    fs, path = filesystem(url)
    try:
        return bytes(fs.cat_file(path, start=row["offset"], end=row["offset"] + row["size"]))
    except FileNotFoundError:
        hint = "Run `skeletonllm verify` on the release."
        raise UsageError("the index names a tar that is not there", where=url, hint=hint) from None


def read_sample(folder: str, row: Mapping[str, Any]) -> Sample:
    """One sample, decoded.

    Args:
        folder: The release.
        row: A row of its index.

    Raises:
        ReleaseError: The bytes at this place are not this sample, or are damaged.
        UsageError: The tar is not there.
    """
    return decode(members_of(read_range(folder, row), row["key"]))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return b"" if file is None else file.read()


def load_topologies(folder: str) -> None:
    """Register the skeletons a release defines in ``topologies.json``, where it has one.

    Raises:
        UsageError: One of them has the name but not the definition of a skeleton known here.
    """
    path = join(folder, "topologies.json")
    if exists(path):
        for definition in read_json(path).values():
            register_topology(Topology.from_json(definition))
