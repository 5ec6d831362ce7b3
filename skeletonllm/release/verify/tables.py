"""The tables of a release: their schemas, their rows against each other, and the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, RELEASE_VERSION, SAMPLE
from schemas.base import stated_version
from schemas.release import find_layout
from schemas.versions import is_later
from skeletonllm.errors import SchemaError
from skeletonllm.release.cutting.ids import KnownIds
from skeletonllm.storage import join
from skeletonllm.storage.files import filesystem, is_local, read_pieces, write_pieces
from skeletonllm.storage.layout import SHARDS, table_file
from skeletonllm.storage.tables import TableFile, iter_batches, open_table
from skeletonllm.views.questions import add_question_counts

TABLES = {"index": SAMPLE, "negatives": NEGATIVE, "rationales": RATIONALE, "rejects": REJECT}
OPTIONAL = {"questions": QUESTION}
"""Tables that only some releases have: those whose manifest lists them."""
_SCHEMAS = TABLES | OPTIONAL

SHOWN = 3
"""Rows that a sentence names, where many have one fault."""

Tables = dict[str, TableFile]
"""Those that can be read and fit their schema, by name; they are read again where they are needed,
some rows or some columns at a time."""
_BATCH, _LIGHT_BATCH = 1 << 12, 1 << 15
"""Rows that are checked together: of tables with texts, and of the index."""


def read_tables(
    release: str, manifest: Mapping[str, Any], damaged: set[str], near: str | None = None
) -> tuple[Tables, list[str]]:
    """The tables whose bytes are right and which fit their schema; and what is wrong with others.

    Args:
        release: Its folder.
        manifest: Of the right form.
        damaged: Paths of files that are not what the manifest lists.
        near: Folder on this machine, which must last as long as the tables; those on a store are
            copied to it, since all checks together ask for a table some ten times, and for the
            index at every tar. None to read them where they lie.
    """
    tables: Tables = {}
    faults: list[str] = []
    listed = {entry["path"] for entry in manifest["files"]}
    for name in (*TABLES, *(name for name in OPTIONAL if table_file(name) in listed)):
        if table_file(name) not in damaged:
            faults += _read_one(release, name, tables, near)
    return tables, faults


def _read_one(release: str, name: str, tables: Tables, near: str | None) -> Iterator[str]:
    """Read a table; keep it if it fits its schema."""
    path = table_file(name)
    try:
        table = TableFile([_bring_near(release, path, near)], _SCHEMAS[name])
        ids = name == "index" and _has_ids(table)
        faults = list(_find_repeats(table)) if ids else []
        faults = faults or [f"{path}: {fault}" for fault in _find_row_faults(table)]
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        yield f"{path}: cannot be read ({error})"
        return
    except SchemaError as error:
        error.where = path
        yield str(error)
        return
    yield from faults
    if not faults:
        tables[name] = table


def _bring_near(release: str, path: str, near: str | None) -> str:
    url = join(release, path)
    if near is None or is_local(filesystem(url)[0]):
        return url
    copy = join(near, path)
    write_pieces(copy, read_pieces(url))
    return copy


def _has_ids(table: TableFile) -> bool:
    """Whether every row has the texts by which it is found; where not, its schema says so."""
    names = table.table_schema.unique
    return all(
        pa.types.is_string(column.type) and not column.null_count
        for rows in table.batches(names, _LIGHT_BATCH)
        for column in rows.columns
    )


def _find_row_faults(table: TableFile) -> Iterator[str]:
    """Faults of the first rows that have any; then values that stand twice, far apart."""
    schema = table.table_schema
    light = schema.name == SAMPLE.name
    for rows in table.batches(rows=_LIGHT_BATCH if light else _BATCH):
        if faults := schema.faults(rows):
            yield from faults
            return
    for column in schema.unique:
        if twice := find_twice(table, column):
            (value, count), *more = twice
            said = f"{schema.name}.{column}: {value!r} stands {count} times"
            yield f"{said}, and {len(more)} more stand more than once" if more else said


def find_twice(table: pa.Table | TableFile, column: str) -> list[tuple[str, int]]:
    """Texts of a column that stand more than once, with how often.

    Args:
        table: Of which one column is read.
        column: Its name.
    """
    known = KnownIds(rows.column(column) for rows in iter_batches(table, [column]))
    rows = known.list_twice()
    if not len(rows):
        return []
    counted = Counter(table.column(column).take(pa.array(rows)).to_pylist())
    return [(value, count) for value, count in counted.items() if count > 1]


def _find_repeats(index: TableFile) -> Iterator[str]:
    """Samples that stand in two places; the schema would name them, and not the places."""
    for column, what in (("clip_id", "clip"), ("key", "sample")):
        twice = find_twice(index, column)
        for value, count in twice[:SHOWN]:
            rows = index.select([column, "shard"])
            rows = rows.filter(pc.equal(rows.column(column), value))
            where = " and ".join(f"{SHARDS}/{shard}" for shard in rows.column("shard").to_pylist())
            yield f"index.parquet: {what} {value} stands {count} times: {where}"
        if len(twice) > SHOWN:
            yield f"index.parquet: {len(twice) - SHOWN} more {what}s stand more than once"
        if twice:
            return


def find_count_faults(manifest: Mapping[str, Any], tables: Tables) -> Iterator[str]:
    """Counts of the manifest that are not those of the tables.

    Args:
        manifest: Of the right form.
        tables: Of the release.
    """
    counts = {name: len(table) for name, table in tables.items()}
    if "index" in tables:
        counts["samples"] = counts.pop("index")
        counts["shards"] = len(pc.unique(tables["index"].column("shard")))
    for name, count in sorted(counts.items()):
        stated = manifest["counts"].get(name)
        if stated != count or type(stated) is not int:
            yield f"counts: {count} {name} found; the manifest says {stated}"
    if not is_later(manifest["schema_version"], RELEASE_VERSION):
        listed = {entry["path"] for entry in manifest["files"]}
        asked = {name for name in OPTIONAL if table_file(name) in listed}
        for name in sorted(set(manifest["counts"]) - {*_COUNTED, *asked}):
            yield f"counts: {name!r} is {manifest['counts'][name]}; no release counts it"


_COUNTED = ("samples", "shards", *(name for name in TABLES if name != "index"))
"""What the manifest of every release counts."""


def read_version(table: TableFile) -> str:
    """The version of its schema that a table states."""
    with open_table(table.files[0]) as parquet:
        return str(stated_version(parquet.schema_arrow))


def find_version_faults(manifest: Mapping[str, Any], tables: Tables) -> Iterator[str]:
    """Tables of versions that no release of the stated layout has.

    An earlier version excuses what it could not say yet. So it is no excuse by its own word: the
    layout bounds the versions of the tables, and the index states that of the samples.

    Args:
        manifest: Of the right form.
        tables: Of the release.
    """
    layout = find_layout(manifest["schema_version"])
    bounds = {} if layout is None else layout.tables
    for name, table in tables.items():
        oldest, newest = bounds.get(name, ("", ""))
        found = read_version(table)
        if is_later(oldest, found) or (newest is not None and is_later(found, newest)):
            said = " to ".join(dict.fromkeys((oldest, newest or "later"))) or "no such table"
            of = f"a release of schema_version {manifest['schema_version']}"
            yield f"{table_file(name)}: version {found}; {of} has {said}"


def sum_sizes(tables: Tables) -> int | None:
    """Bytes of all samples; None where the index is not right."""
    index = tables.get("index")
    return None if index is None else int(pc.sum(index.column("size"), min_count=0).as_py())


def find_question_faults(tables: Tables) -> Iterator[str]:
    """Each question is about a sample, and the index counts it."""
    if "index" not in tables:
        return
    index = tables["index"].select(["clip_id", "num_questions"])
    asked = QUESTION.arrow.empty_table().select(["clip_id"])
    if "questions" in tables:
        asked = tables["questions"].select(["clip_id"])
    inside = pc.is_in(asked.column("clip_id"), value_set=index.column("clip_id"))
    others = asked.filter(pc.invert(inside)).column("clip_id")
    if len(others):
        yield f"questions.parquet: {len(others)} questions about no sample, first {others[0]}"
    counted = add_question_counts(index, asked).column("num_questions")
    stated = index.column("num_questions")
    wrong = index.filter(pc.not_equal(counted, stated)).column("clip_id").to_pylist()
    if wrong:
        yield f"index.parquet: num_questions of {len(wrong)} samples is off, first {wrong[0]!r}"


_PLACES = ("position", "shard", "offset", "key")


def find_position_faults(index: pa.Table | TableFile) -> Iterator[str]:
    """The places of the samples are a line, and each tar is a stretch of it, in its order."""
    positions = index.column("position").to_numpy()
    line = np.arange(len(index))
    if not np.array_equal(np.sort(positions), line):
        yield "index.parquet: positions are not 0, 1, 2, ..."
        return
    in_order = np.array_equal(positions, line)  # as every cut writes it: then it is not held
    rows = index if in_order else index.select(_PLACES).sort_by("position")
    seen: set[str] = set()
    last, before = None, 0
    for part in iter_batches(rows, _PLACES, _LIGHT_BATCH):
        for position, shard, offset, key in zip(*_list_values(part), strict=True):
            astray = offset < before if shard == last else shard in seen
            if astray:
                said = f"position {position} of sample {key} is not its place in the tars"
                yield f"index.parquet: {said}"
                return
            seen.add(shard)
            last, before = shard, offset


def _list_values(rows: pa.Table) -> list[list[Any]]:
    return [rows.column(name).to_pylist() for name in _PLACES]
