"""Verifying a release against its manifest: every byte, every count, every sample."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, SAMPLE, manifest_faults
from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.release.gate import find_licence_faults
from skeletonllm.release.manifest import check_readable
from skeletonllm.shards import decode, hash_bytes, hash_content, read_members
from skeletonllm.shards.codec import META
from skeletonllm.storage import (
    exists,
    join,
    list_files,
    load_topologies,
    read_bytes,
    read_json,
    read_table,
    sha256_of,
)
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.views.questions import add_question_counts

TABLES = {"index": SAMPLE, "negatives": NEGATIVE, "rationales": RATIONALE, "rejects": REJECT}
OPTIONAL = {"questions": QUESTION}
"""Tables that only some releases have: those whose manifest lists them."""
_SCHEMAS = TABLES | OPTIONAL
_REQUIRED = (
    *(f"{name}.parquet" for name in TABLES),
    *("README.md croissant.json licences.json report.html statistics.json topologies.json".split()),
)


def verify_release(release: str) -> list[str]:
    """The faults of a release as sentences; empty if there are none.

    Bytes are checked against the manifest first. The contents of a file are checked only where its
    bytes are right, so that one flipped bit is one fault.

    Raises:
        UsageError: The folder has no manifest.
        SchemaError: It is of another major version.

    Example:
        >>> verify_release("releases/lab/1.0.0")  # doctest: +SKIP
        []
    """
    if not exists(join(release, MANIFEST)):
        hint = "Give the folder of one version: <root>/<name>/<version>."
        raise UsageError(f"no {MANIFEST}", where=release, hint=hint)
    try:
        manifest = read_json(join(release, MANIFEST))
    except UsageError as error:
        return [str(error)]
    if isinstance(manifest, dict) and "schema_version" in manifest:
        check_readable(manifest, release)
    faults = manifest_faults(manifest)
    if faults:
        return faults
    damaged = dict(_file_faults(release, manifest))
    return [*damaged.values(), *_content_faults(release, manifest, set(damaged))]


def _file_faults(release: str, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """``(path, fault)`` of each missing, changed, extra or unlisted file."""
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = set(list_files(release)) - {MANIFEST}
    for path in sorted(present - set(listed)):
        yield path, f"{path}: not in the manifest"
    for path in sorted(set(_REQUIRED) - set(listed)):
        yield path, f"{path}: the manifest does not list it, and a release needs it"
    for path, entry in sorted(listed.items()):
        if path not in present:
            yield path, f"{path}: missing"
            continue
        digest, size = sha256_of(join(release, path))
        if size != entry["bytes"]:
            yield path, f"{path}: {size} bytes; the manifest says {entry['bytes']}"
        elif digest != entry["sha256"]:
            yield path, f"{path}: sha256 {digest[:12]}; the manifest says {entry['sha256'][:12]}"


def _content_faults(release: str, manifest: dict[str, Any], damaged: set[str]) -> Iterator[str]:
    tables: dict[str, pa.Table] = {}
    listed = {entry["path"] for entry in manifest["files"]}
    for name in (*TABLES, *(name for name in OPTIONAL if f"{name}.parquet" in listed)):
        if f"{name}.parquet" not in damaged:
            yield from _table_faults(release, name, tables)
    yield from _count_faults(manifest, tables)
    yield from _question_faults(tables)
    if "licences.json" not in damaged:
        yield from _licence_faults(manifest, read_json(join(release, "licences.json")))
    if "index" in tables and "topologies.json" not in damaged:
        yield from _sample_faults(release, manifest, tables["index"], damaged)


def _table_faults(release: str, name: str, tables: dict[str, pa.Table]) -> Iterator[str]:
    """Read a table; keep it if it fits its schema."""
    path = f"{name}.parquet"
    try:
        table = read_table(join(release, path), schema=_SCHEMAS[name])
    except (OSError, pa.ArrowException) as error:
        yield f"{path}: cannot be read ({error})"
        return
    except SchemaError as error:
        error.where = path
        yield str(error)
        return
    faults = _SCHEMAS[name].faults(table)
    yield from (f"{path}: {fault}" for fault in faults)
    if not faults:
        tables[name] = table


def _count_faults(manifest: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    counts = {name: len(table) for name, table in tables.items()}
    if "index" in tables:
        counts["samples"] = counts.pop("index")
        counts["shards"] = len(set(tables["index"].column("shard").to_pylist()))
    for name, count in sorted(counts.items()):
        stated = manifest["counts"].get(name)
        if stated != count:
            yield f"counts: {count} {name} found; the manifest says {stated}"


def _question_faults(tables: dict[str, pa.Table]) -> Iterator[str]:
    """Each question is about a sample, and the index counts it."""
    if "index" not in tables or "num_questions" not in tables["index"].column_names:
        return
    asked = tables.get("questions", QUESTION.arrow.empty_table())
    inside = pc.is_in(asked.column("clip_id"), value_set=tables["index"].column("clip_id"))
    others = asked.filter(pc.invert(inside))
    if len(others):
        yield f"questions.parquet: {len(others)} questions about no sample"
    counted = add_question_counts(tables["index"], asked).column("num_questions")
    stated = tables["index"].column("num_questions")
    wrong = tables["index"].filter(pc.not_equal(counted, stated)).column("clip_id").to_pylist()
    if wrong:
        yield f"index.parquet: num_questions of {len(wrong)} samples is off, first {wrong[0]!r}"


def _licence_faults(manifest: dict[str, Any], licences: dict[str, Any]) -> Iterator[str]:
    total = sum(terms["clips"] for terms in licences.values())
    if total != manifest["counts"].get("samples"):
        yield f"licences.json: terms for {total} clips of {manifest['counts'].get('samples')}"
    for fault in find_licence_faults(str(manifest.get("audience")), licences):
        yield f"licences.json: a public release holds {fault}"


def _sample_faults(
    release: str, manifest: dict[str, Any], index: pa.Table, damaged: set[str]
) -> Iterator[str]:
    """Index against tars: each row points at its sample, and no tar holds another."""
    try:
        load_topologies(release)
    except UsageError as error:
        yield str(error).removeprefix(join(release, ""))
        return
    positions = sorted(index.column("position").to_pylist())
    if positions != list(range(len(index))):
        yield "index.parquet: positions are not 0, 1, 2, ..."
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in index.to_pylist():
        rows.setdefault(f"shards/{row['shard']}", []).append(row)
    tars = {e["path"] for e in manifest["files"] if e["path"].endswith(".tar")}
    for path in sorted(tars | set(rows)):
        if path not in tars:
            yield f"{path}: in the index, but not in the manifest"
        elif path not in damaged:
            yield from _shard_faults(path, read_bytes(join(release, path)), rows.get(path, []))


def _shard_faults(path: str, data: bytes, rows: list[dict[str, Any]]) -> Iterator[str]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            inside = {name.split(".", 1)[0] for name in tar.getnames()}
    except tarfile.TarError as error:
        yield f"{path}: not a tar ({error})"
        return
    unlisted = sorted(inside - {row["key"] for row in rows})
    if unlisted or len(inside) != len(rows):
        counts = f"{len(inside)} samples, {len(rows)} in the index"
        yield f"{path}: {counts}" + (f"; not indexed: {unlisted[0]}" if unlisted else "")
    for row in rows:
        fault = _row_fault(data[row["offset"] : row["offset"] + row["size"]], row)
        if fault:
            yield f"{path}, sample {row['key']}: {fault}"


def _row_fault(data: bytes, row: dict[str, Any]) -> str | None:
    """What is wrong with the bytes a row of the index points at, if anything."""
    try:
        members = read_members(data, row["key"])
        sample = decode(members)
    except (ReleaseError, SchemaError) as error:
        return f"the index does not point at it ({error})"
    facts = {
        "clip_id": sample.clip.clip_id,
        "label": sample.label,
        "num_frames": sample.motion.num_frames,
        "num_rationales": len(sample.rationales),
        "motion_sha256": json.loads(members[META]).get("motion_sha256"),
    }
    wrong = [name for name, value in facts.items() if row[name] != value]
    if wrong:
        return f"{wrong[0]} {facts[wrong[0]]!r}; the index says {row[wrong[0]]!r}"
    # Last: what is wrong within a sample also has another hash, and says less.
    for name, found in (
        ("bytes_hash", hash_bytes(data)),
        ("content_hash", hash_content(members)),
    ):
        if row[name] != found:
            return f"{name} {found.hex()}; the index says {row[name].hex()}"
    return None
