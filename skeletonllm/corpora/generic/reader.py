"""Any lab's tables (CSV, TSV, text, Parquet) and arrays (NPY, NPZ), described by a small YAML.

A table has a row a frame (or a row a frame and person) and a column a coordinate; an array has the
axes frame, joint and axis in any order, and perhaps person, or joints and axes in one. The YAML is
described in docs/CORPORA.md and :mod:`skeletonllm.corpora.generic.layout`. A row that cannot be
read costs that row, with a reject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.generic.layout import IN_AXIS, METRES, Layout, layout_of
from skeletonllm.corpora.generic.missing import as_shares, find_missing
from skeletonllm.corpora.generic.timing import bring_to_rate, place_rows
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts, is_unlabelled
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, Motion

if TYPE_CHECKING:
    from skeletonllm.corpora.generic.tables import Table

ARRAYS, TABLES = (".npy", ".npz"), (".csv", ".tsv", ".txt", ".tab", ".parquet")
REACH = {"px": 1e5, "share": 100.0, "none": 1e5}
REACH_M = 1000.0

TOLD = 5
"""Rows that could not be read of which the reject tells."""

UNREAD_FRAMES = "unread_frames"
"""Flag: some rows could not be read; they are told in a reject."""

REPEATED_FRAMES = "repeated_frames"
"""Flag: some rows are of a frame and person that another row has; they are told in a reject."""

MOST_REPEATED = 0.1
"""Largest share of rows that may repeat one."""

_TURNS = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}
"""The rotation that takes each up to +y."""


class GenericReader:
    """Reader of files whose YAML says what they hold; a file without one is a reject."""

    name = "generic"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """An open namespace: the names come with the YAML."""
        return {"generic": ()}

    def sources(self, root: str) -> list[Source]:
        """All files of these kinds."""
        return list_sources(root, *ARRAYS, *TABLES)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, and a reject for the rows of it that are bad."""
        data = load(source)
        layout = layout_of(source)
        name = plain_path(source.uri)
        read = _of_array if name.lower().endswith(ARRAYS) else _of_table
        content = _at_one_rate(_believable(read(name, data, layout), layout))
        flags = (*content.flags, *((UNREAD_FRAMES,) if content.bad else ()))
        yield clip_of(
            self,
            source,
            data,
            _motion(content, layout),
            frame_index=content.frames,
            person_ids=content.persons,
            flags=flags,
            **_facts(source.source_id, layout),
        )
        if content.bad:
            more = len(content.bad) - TOLD
            found = "; ".join(content.bad[:TOLD]) + (f"; and {more} more" if more > 0 else "")
            yield Reject.of(f"{source.uri}#rows", SourceError("format", found))


@dataclass(frozen=True, eq=False)
class Content:
    """What a file holds: coordinates [T, P, J, D], present [T, P], confidence [T, P, J].

    Args:
        frames: Numbers of the frames.
        moments: Times of the frames, where they are still to be brought to ``fps``.
        bad: Sentences about rows that could not be read.
    """

    raw: Raw
    present: BoolArray
    trust: Raw
    frames: tuple[int, ...]
    persons: tuple[str, ...]
    fps: float
    flags: tuple[str, ...] = ()
    moments: Raw | None = None
    bad: tuple[str, ...] = ()


def _of_array(uri: str, data: bytes, layout: Layout) -> Content:
    from skeletonllm.corpora.generic.arrays import arrange, arrange_trust  # noqa: PLC0415
    from skeletonllm.corpora.generic.tables import read_array, read_beside, read_rate  # noqa: PLC0415 - pyarrow

    arranged = arrange(read_array(uri, data, layout.array), layout)
    raw, trust = arranged.raw, arranged.trust
    if layout.trust and layout.trust != IN_AXIS:
        trust = arrange_trust(read_beside(uri, data, layout.trust, "confidence"), raw)
    times = None
    if layout.fps is None and not layout.time:
        layout = replace(layout, fps=read_rate(uri, data))
    if layout.time:
        times = read_beside(uri, data, layout.time, "time").astype(np.float64).reshape(-1)
        if len(times) != len(raw):
            found = f"{len(times)} times in {layout.time}"
            raise SourceError("format", found, expected=f"{len(raw)}, one a frame")
    rows = place_rows(len(raw), None, times, layout)
    missing, flags = find_missing(raw, layout.missing)
    shares, more = (1.0, ()) if trust is None else as_shares(trust)
    sure, flags = ~missing * shares, (*flags, *more)
    present = np.asarray(sure.any(-1) | ("person" not in layout.order), np.bool_)
    shape = (len(rows.frames), *raw.shape[1:])
    whole, there = np.full(shape, np.nan), np.zeros(shape[:2], np.bool_)
    seen = np.zeros(shape[:3])
    whole[rows.places], there[rows.places], seen[rows.places] = raw, present, sure
    persons = tuple(map(str, range(shape[1])))
    flags = (*arranged.flags, *rows.flags, *flags)
    return Content(whole, there, seen, rows.frames, persons, rows.fps, flags, rows.moments)


def _of_table(uri: str, data: bytes, layout: Layout) -> Content:
    """A row a frame; with a column of persons, a row a frame and person."""
    from skeletonllm.corpora.generic.tables import read_table  # noqa: PLC0415 - it needs pyarrow

    table = read_table(uri, data, layout)
    check_size(len(table.values), 1, len(layout.topology))
    if table.in_seconds:
        layout = replace(layout, time_unit="s")
    table, repeated = _without_repeated(table, layout)
    count = len(table.values)
    values, trusts, flags = _coordinates(table, layout)
    rows = place_rows(count, table.frames, table.times, layout)
    names, numbers = _persons(table)
    at = rows.places, numbers
    shape = (len(rows.frames), len(names), *values.shape[1:])
    check_size(*shape[:3])
    present = np.zeros(shape[:2], np.bool_)
    present[at] = True
    present[rows.places[sorted(table.absent)]] = False
    trusts[sorted(table.absent)] = 0
    raw, trust = np.full(shape, np.nan), np.zeros(shape[:3])
    raw[at], trust[at] = values, trusts
    flags = (*table.flags, *repeated, *rows.flags, *flags)
    return Content(
        raw, present, trust, rows.frames, tuple(names), rows.fps, flags, rows.moments, table.bad
    )


def _persons(table: Table) -> tuple[list[str], Any]:
    """The names of the persons, and the number of each row's."""
    names = table.persons or ["0"] * len(table.values)
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return [*place], np.array([place[name] for name in names])


def _without_repeated(table: Table, layout: Layout) -> tuple[Table, tuple[str, ...]]:
    """The table without rows of a frame and person that it has already, and a flag.

    Where many are repeated, the table holds something else than is said of it: it is refused.
    """
    from skeletonllm.corpora.generic.tables import take_rows  # noqa: PLC0415 - it needs pyarrow

    places = place_rows(len(table.values), table.frames, table.times, layout).places
    pairs = np.stack([places, _persons(table)[1]], 1)
    _, firsts, which = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    origin = firsts[which.reshape(-1)]
    again = np.flatnonzero(origin != np.arange(len(origin))).tolist()
    if not again:
        return table, ()
    count, (stated, name) = len(table.values), _key_of_rows(table, layout)
    lines = table.lines or tuple(range(1, count + 1))
    said = [
        f"line {lines[i]}: {name} {stated[i]:.10g} again, which line {lines[origin[i]]} has"
        for i in again
    ]
    if len(again) > max(1, count * MOST_REPEATED) or len(again) * 2 >= count:
        more = f" ({len(again)} of {count} rows repeat one)"
        expected = "one row for each" + ("" if layout.person else ", or person: to say whose it is")
        hint = "Where the recording starts again, give each part a file of its own."
        raise SourceError("format", said[0] + more, expected=expected, hint=hint)
    kept = take_rows(table, sorted({*range(count)} - {*again}))
    return replace(kept, bad=(*kept.bad, *said)), (REPEATED_FRAMES,)


def _key_of_rows(table: Table, layout: Layout) -> tuple[Raw, str]:
    """What says which frame a row is, and the name of its column."""
    if table.frames is not None:
        return table.frames, layout.frame
    if table.times is not None:
        return table.times, layout.time
    return np.arange(len(table.values), dtype=np.float64), "row"


def _coordinates(table: Table, layout: Layout) -> tuple[Raw, Raw, tuple[str, ...]]:
    """Coordinates [N, J, D] and confidence [N, J] of the rows, and flags."""
    joints, dims = len(layout.topology), layout.topology.dims
    flags: tuple[str, ...] = ()
    raw, trust = table.values, table.trust
    if layout.form.header_rows == 0:
        from skeletonllm.corpora.generic.arrays import arrange  # noqa: PLC0415 - as in _of_array

        arranged = arrange(raw, layout)
        raw, flags = arranged.raw[:, 0], arranged.flags
        trust = None if arranged.trust is None else arranged.trust[:, 0]
    raw = raw.reshape(-1, joints, dims)
    missing, more = find_missing(raw, layout.missing)
    sure = (~missing).astype(np.float64)
    if trust is not None:
        shares, told = as_shares(trust)
        sure, more = sure * shares, (*more, *told)
    return raw, sure, (*flags, *more)


def _believable(content: Content, layout: Layout) -> Content:
    """Without frames in which a joint is infinitely far or beyond any room, unless all are so."""
    reach = REACH.get(layout.units, REACH_M) / METRES[layout.units]
    there = content.trust > 0
    distance = np.abs(np.where(there[..., None], content.raw, 0.0)).max(-1)
    far = np.asarray(distance > reach)  # [T, P, J]
    bad = np.asarray(far.any(-1).any(-1))
    if not bad.any() or bad.sum() * 2 > len(bad):
        return content
    first = int(np.argmax(bad))
    value = float(distance[first].max())
    sentence = f"{int(bad.sum())} frames with a coordinate beyond {reach:g}, the first in frame "
    sentence += f"{content.frames[first]} ({value:g})"
    return Content(
        np.where(bad[:, None, None, None], np.nan, content.raw),
        content.present & ~bad[:, None],
        np.where(bad[:, None, None], 0.0, content.trust),
        content.frames, content.persons, content.fps, content.flags, content.moments,
        (*content.bad, sentence),
    )  # fmt: skip


def _at_one_rate(content: Content) -> Content:
    """The content with uneven times brought to a rate, where that is asked for."""
    if content.moments is None:
        return content
    raw, present, trust = bring_to_rate(
        content.raw, content.present, content.trust, content.moments, content.fps
    )
    frames = tuple(range(len(raw)))
    return Content(
        raw, present, trust, frames, content.persons, content.fps, content.flags, None, content.bad
    )


def _motion(content: Content, layout: Layout) -> Motion:
    raw = content.raw
    with np.errstate(over="ignore"):
        scaled = np.where(np.isnan(raw), 0.0, raw) * METRES[layout.units]
    if layout.units == "share" and layout.image_size:
        scaled = scaled * layout.image_size
    reach = REACH["px"] if layout.units == "share" else REACH.get(layout.units, REACH_M)
    depth = ((0, 0), (0, 0), (0, 0), (0, 3 - raw.shape[-1]))
    joints, confidence = observed(
        np.pad(scaled, depth), content.present, content.trust.astype(np.float32), reach=reach
    )
    if layout.space != "image":
        turn = np.array(_TURNS[layout.up], np.float32)
        turn[2] *= -1 if layout.handed == "left" else 1
        joints = np.ascontiguousarray(joints @ turn.T)
    return Motion(
        joints,
        content.present,
        confidence,
        topology=layout.topology,
        fps=content.fps,
        space=layout.space,
        metric=layout.units not in REACH,
        image_size=layout.image_size,
    )


def _facts(source_id: str, layout: Layout) -> Mapping[str, Any]:
    """What the name says, by the YAML's pattern."""
    match = layout.name.fullmatch(source_id) if layout.name else None
    if match is None:
        return {}
    facts = cast(Facts, match.groupdict())
    if "label" in facts and is_unlabelled(facts["label"]) and facts["label"] not in layout.labels:
        facts.pop("label")
    if "label" in facts and not layout.labels:
        caption = Caption(facts.pop("label"))  # without a list it has no number
        return {**facts, "captions": (caption,)}
    if "label" in facts:
        if facts["label"] not in layout.labels:
            expected = ", ".join(layout.labels)
            raise SourceError("unknown_label", repr(facts["label"]), expected=expected)
        facts["label_id"] = layout.labels.index(facts["label"])
        facts["label_namespace"] = "generic"
    return facts
