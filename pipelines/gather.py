"""Packed samples -> the tars of a release: each sample into the tar of its clip id's hash.

The driver holds the index of all samples, about 300 bytes each, and no sample. A task gathers the
tars of one stretch of the release; in every packed part that stretch is one range of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.stage import run_missing
from schemas import CLIP, SAMPLE
from skeletonllm.clip_folders import write_rejects
from skeletonllm.errors import ReleaseError, SourceError
from skeletonllm.rejects import Reject
from skeletonllm.shards.hashes import hash_bytes
from skeletonllm.shards.placement import TarPlace, place_samples, sort_samples
from skeletonllm.shards.writer import join_samples
from skeletonllm.storage import Plan, Unit, join, read_table, write_table
from skeletonllm.storage.layout import INDEX, PACKED, TARS
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.views.questions import add_question_counts

STRETCH_BYTES = 64 << 20
"""Bytes of the tars that one task gathers: it holds them all."""
STRETCH_TARS = 32
"""Most tars of one task: what a killed worker can lose."""

_PART = "part"
"""Column of the driver's index: in which packed part a sample lies."""


def gather_tars(output: str, plan: Plan, questions: pa.Table | None) -> None:
    """Write ``tars/`` and ``index/`` of the stage, out of its packed parts.

    Of two clips of one id the first stays, in the order in which the clips were given, and the
    other becomes a reject, be it of another corpus.

    Args:
        output: Folder of the stage.
        plan: Its plan; every unit of it is packed.
        questions: Rows of :data:`schemas.QUESTION`, which the index counts; None for none.
    """
    index = _refuse_twice(output, plan, _read_packed(output, plan.units))
    if questions is not None:
        index = add_question_counts(index, questions)
    stretches = list(_cut_stretches(place_samples(index), index.column("size").to_numpy()))
    units = tuple(Unit(i, tuple(p.name for p in places)) for i, places in enumerate(stretches))
    gathering = Plan(f"{plan.stage}: tars", plan.version, {}, units)

    def given(unit: Unit) -> tuple[Any, ...]:
        places = stretches[unit.index]
        start = places[0].start
        return places, index.slice(start, places[-1].end - start)

    run_missing(output, gathering, INDEX, partial(gather_unit, output=output), given)


def _read_packed(output: str, units: Sequence[Unit]) -> pa.Table:
    """The index of all packed samples in the order of the release, with the part of each."""
    tables = [SAMPLE.arrow.empty_table().append_column(_PART, pa.array([], pa.int32()))]
    for unit in units:
        url = join(output, PACKED, f"{unit.part}.parquet")
        table = read_table(url, schema=SAMPLE)
        number = pa.array(np.full(len(table), unit.index, np.int32))
        tables.append(table.append_column(_PART, number))
    index = pa.concat_tables(tables).combine_chunks()
    names = (index.column(name).to_pylist() for name in ("corpus", "clip_id"))
    return index.take(sort_samples(*names))


def _refuse_twice(output: str, plan: Plan, index: pa.Table) -> pa.Table:
    """The index with each clip once, in whatever corpora its id stands; the first packed stays."""
    ids = index.column("clip_id").combine_chunks().dictionary_encode().indices
    packed = np.argsort(index.column(_PART).to_numpy(), kind="stable")
    _, firsts = np.unique(ids.to_numpy(zero_copy_only=False)[packed], return_index=True)
    again = np.ones(len(index), np.bool_)
    again[packed[firsts]] = False
    if again.any():
        twice = index.filter(pa.array(again)).select(["clip_id", _PART]).to_pylist()
        rejects = [_reject_second(plan.units[row[_PART]], row["clip_id"]) for row in twice]
        write_rejects(output, Unit(len(plan.units), ()), rejects)
    return index.filter(pa.array(~again))


def _reject_second(unit: Unit, clip_id: str) -> Reject:
    (url,) = unit.inputs
    rows = read_table(url, ["clip_id", "source_uri"], CLIP).to_pylist()
    uri = next(row["source_uri"] for row in rows if row["clip_id"] == clip_id)
    return Reject.of(uri, SourceError("duplicate_id", f"a second clip {clip_id}"), "build_shards")


def _cut_stretches(
    places: Sequence[TarPlace], sizes: np.ndarray[Any, np.dtype[np.int64]]
) -> Iterator[tuple[TarPlace, ...]]:
    """Neighbouring tars, as many as one task holds."""
    before = np.concatenate([[0], np.cumsum(sizes)])
    stretch: list[TarPlace] = []
    for place in places:
        if stretch and (
            len(stretch) >= STRETCH_TARS
            or before[place.end] - before[stretch[0].start] > STRETCH_BYTES
        ):
            yield tuple(stretch)
            stretch = []
        stretch.append(place)
    if stretch:
        yield tuple(stretch)


def gather_unit(unit: Unit, places: Sequence[TarPlace], rows: pa.Table, *, output: str) -> None:
    """Write the tars of one stretch and, once they stand, its part of the index.

    Args:
        unit: Says which part of the index is written.
        places: Its tars, in order.
        rows: The samples of these tars: rows of the packed parts, and which part each is in.
        output: Folder of the stage.

    Raises:
        ReleaseError: A packed part is damaged.
    """
    samples = _read_samples(output, rows)
    start = places[0].start
    offsets: list[int] = []
    for place in places:
        url = join(output, TARS, place.name)
        offsets += join_samples(url, samples[place.start - start : place.end - start])
    names = [place.name for place in places for _ in range(place.start, place.end)]
    set_at = {"shard": names, "offset": offsets, "position": range(start, start + len(rows))}
    index = rows.drop_columns([_PART])
    for name, values in set_at.items():
        at = index.schema.get_field_index(name)
        field = SAMPLE.arrow.field(name)
        index = index.set_column(at, field, pa.array(values, field.type))
    write_table(join(output, INDEX, f"{unit.part}.parquet"), index)


def _read_samples(output: str, rows: pa.Table) -> list[bytes]:
    """The bytes of each sample: of every part the one range that they lie in."""
    names = (_PART, "offset", "size", "bytes_hash")
    part, offset, size, hashes = (rows.column(name).to_pylist() for name in names)
    reader = RangeReader(join(output, PACKED))
    samples = [b""] * len(rows)
    order = np.argsort(part, kind="stable")
    ends = [*np.flatnonzero(np.diff(np.asarray(part)[order], prepend=-1)), len(order)]
    for first, last in pairwise(ends):
        mine = order[first:last].tolist()
        name = f"{Unit(part[mine[0]], ()).part}.tar"
        start, end = offset[mine[0]], offset[mine[-1]] + size[mine[-1]]
        data = reader.read(name, start, end)
        for i in mine:
            samples[i] = data[offset[i] - start : offset[i] - start + size[i]]
            if hash_bytes(samples[i]) != hashes[i]:
                raise ReleaseError(
                    "its bytes have changed since it was packed",
                    where=join(output, PACKED, name),
                    hint="Delete it and its .parquet, and run the same command again.",
                )
    return samples
