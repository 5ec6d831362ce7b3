"""Samples into one tar, and a row a sample that says where it lies."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.errors import SchemaError
from skeletonllm.shards.codec import META
from skeletonllm.shards.hashes import hash_bytes, hash_content
from skeletonllm.shards.index_rows import describe_sample
from skeletonllm.storage import write_bytes


def write_shard(url: str, samples: Iterable[Mapping[str, bytes]], start: int = 0) -> pa.Table:
    """Write one tar, atomically, and return its part of the index.

    A shard is a unit (<= 512 clips or 64 MB), so it is made in memory and written at once.

    Args:
        url: Where the tar goes; its base name becomes ``shard`` in the index.
        samples: What :func:`encode` gives, in the order of the tar. Without any, no tar is written.
        start: Place of the first sample in the release.

    Returns:
        Rows of :data:`schemas.SAMPLE`; ``offset`` and ``size`` are the bytes of both members,
        ``bytes_hash`` is their hash.

    Raises:
        SchemaError: A row breaks the schema, for example a clip twice; nothing is written.

    Example:
        >>> samples = (encode(clip) for clip in clips)  # doctest: +SKIP
        >>> index = write_shard("out/shards/tars/shard-000000.tar", samples)  # doctest: +SKIP
    """
    name = os.path.basename(url)  # noqa: PTH119 - a URL, not a path
    data, rows = _pack(name, samples, start)
    table = pa.Table.from_pylist(rows, schema=SAMPLE.arrow)
    faults = SAMPLE.faults(table)
    if faults:
        raise SchemaError("; ".join(faults), where=url)
    if rows:
        write_bytes(url, data)
    return table


def join_samples(url: str, samples: Sequence[bytes]) -> list[int]:
    """Write one tar of samples that lie packed in other tars; give the offset of each.

    The bytes are those of :func:`write_shard` for the same samples in the same order.

    Args:
        url: Where the tar goes, atomically.
        samples: The bytes of each: headers, members and padding.
    """
    offsets = [0, *accumulate(map(len, samples))]
    length = -(-(offsets[-1] + _END) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
    write_bytes(url, b"".join([*samples, bytes(length - offsets[-1])]))
    return offsets[:-1]


_END = 2 * tarfile.BLOCKSIZE
"""Of a tar: two empty blocks, and then padding to a whole record."""


def _pack(
    shard: str, samples: Iterable[Mapping[str, bytes]], start: int
) -> tuple[bytes, list[dict[str, Any]]]:
    import webdataset  # noqa: PLC0415 - it imports torch, and who reads shards needs neither

    buffer = io.BytesIO()
    rows: list[dict[str, Any]] = []
    with webdataset.TarWriter(buffer, user="", group="", encoder=False, mtime=0) as tar:
        for position, members in enumerate(samples, start):
            row = describe_sample(json.loads(members[META]))
            offset = tar.tarstream.offset
            tar.write({"__key__": row["key"], **members})
            place = {"shard": shard, "offset": offset, "size": tar.tarstream.offset - offset}
            content = {"content_hash": hash_content(members)}
            rows.append({**row, **place, **content, "position": position})
    data = buffer.getvalue()
    for row in rows:
        row["bytes_hash"] = hash_bytes(data[row["offset"] : row["offset"] + row["size"]])
    return data, rows
