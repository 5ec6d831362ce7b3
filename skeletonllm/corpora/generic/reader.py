"""Any lab's CSV, NPY, NPZ or Parquet files, with a small YAML that says what they hold.

A table has a row a frame (or a row a frame and person) and a column a coordinate; an array has the
axes frame, joint and axis in any order, and perhaps person. The YAML is described in
docs/CORPORA.md and :mod:`skeletonllm.corpora.generic.layout`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.generic.layout import METRES, Layout, layout_of
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, Motion

if TYPE_CHECKING:
    from skeletonllm.corpora.generic.tables import Table

ARRAYS, TABLES = (".npy", ".npz"), (".csv", ".parquet")
REACH = {"px": 1e5, "none": 1e5}
REACH_M = 1000.0

MAX_NUMBER = 2**31 - 1
"""Largest frame number: they are stored in 32 bits."""

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
        """All files of the four kinds."""
        return list_sources(root, *ARRAYS, *TABLES)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        layout = layout_of(source)
        name = plain_path(source.uri)
        is_array = name.lower().endswith(ARRAYS)
        read = _of_array if is_array else _of_table
        raw, present, trust, frames, persons = read(name, data, layout)
        yield clip_of(
            self,
            source,
            data,
            _motion(raw, present, trust, layout),
            frame_index=frames,
            person_ids=persons,
            **_facts(source.source_id, layout),
        )


Content = tuple[Raw, BoolArray, Raw, tuple[int, ...], tuple[str, ...]]
"""Coordinates [T, P, J, D], present [T, P], confidence [T, P, J], frame numbers, person ids."""


def _of_array(uri: str, data: bytes, layout: Layout) -> Content:
    from skeletonllm.corpora.generic.tables import read_array  # noqa: PLC0415 - it needs pyarrow

    array = read_array(uri, data, layout.array)
    order, joints, dims = layout.order, len(layout.topology), layout.topology.dims
    sizes = dict(zip(order, array.shape, strict=False))
    if array.ndim != len(order) or (sizes["joint"], sizes["axis"]) != (joints, dims):
        found = f"an array {array.shape}"
        wanted = f"axes {', '.join(order)} with {joints} joints and {dims} coordinates"
        raise SourceError("format", found, expected=wanted)
    check_size(sizes["frame"], sizes.get("person", 1), joints)
    axes = ["frame", *(["person"] if "person" in order else []), "joint", "axis"]
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        raw = array.transpose([order.index(axis) for axis in axes]).astype(np.float64)
    raw = raw if "person" in order else np.expand_dims(raw, 1)
    trust = (~_missing(raw, layout)).astype(np.float64)
    frames, persons = raw.shape[:2]
    alone = "person" not in order
    present = np.asarray(trust.any(-1) | alone, np.bool_)
    return raw, present, trust, tuple(range(frames)), tuple(map(str, range(persons)))


def _of_table(uri: str, data: bytes, layout: Layout) -> Content:
    """A row a frame; with a column of persons, a row a frame and person."""
    from skeletonllm.corpora.generic.tables import read_table  # noqa: PLC0415 - it needs pyarrow

    table = read_table(uri, data, layout)
    rows, joints = len(table.values), len(layout.topology)
    check_size(rows, 1, joints)
    frames = np.arange(rows) if table.frames is None else _numbers(table.frames)
    names = list(dict.fromkeys(table.persons or ["0"]))
    step = int(np.gcd.reduce(np.diff(np.unique(frames)))) or 1
    first, last = int(frames.min()), int(frames.max())
    count = (last - first) // step + 1
    check_size(count, len(names), joints)
    check_gaps(count, rows)
    place = {name: i for i, name in enumerate(names)}
    at = (frames - first) // step, np.array([place[p] for p in table.persons or ["0"] * rows])
    present = np.zeros((count, len(names)), np.bool_)
    present[at] = True
    if int(present.sum()) < rows:
        raise SourceError("format", "two rows of one frame and person", expected="one")
    raw = np.full((count, len(names), joints, layout.topology.dims), np.nan)
    trust = np.zeros((count, len(names), joints))
    raw[at], trust[at] = _coordinates(table, layout)
    return raw, present, trust, tuple(range(first, last + 1, step)), tuple(names)


def _coordinates(table: Table, layout: Layout) -> tuple[Raw, Raw]:
    """Coordinates [N, J, D] and confidence [N, J] of the rows."""
    joints, dims = len(layout.topology), layout.topology.dims
    raw = table.values[:, : joints * dims].reshape(-1, joints, dims)
    trust = (~_missing(raw, layout)).astype(np.float64)
    if layout.confidence:
        trust *= np.nan_to_num(table.values[:, joints * dims :], nan=0.0, posinf=1.0, neginf=0.0)
    return raw, np.clip(trust, 0, 1)


def _numbers(values: Raw) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    if not (np.isfinite(values) & (values == np.floor(values)) & (values >= 0)).all():
        raise SourceError("format", "a frame number that is no whole number from 0 on")
    if values.max() > MAX_NUMBER:
        raise SourceError("format", f"frame {values.max():g}", expected=f"at most {MAX_NUMBER}")
    return values.astype(np.int64)


def _missing(raw: Raw, layout: Layout) -> BoolArray:
    """Missing joints: always those with a NaN, and zeros only where the YAML says so."""
    lost = np.isnan(raw).any(-1)
    zero = (raw == 0).all(-1) & (layout.missing == "zero")
    return np.asarray(lost | zero, np.bool_)


def _motion(raw: Raw, present: BoolArray, trust: Raw, layout: Layout) -> Motion:
    with np.errstate(over="ignore"):
        scaled = np.where(np.isnan(raw), 0.0, raw) * METRES[layout.units]
    reach = REACH.get(layout.units, REACH_M)
    depth = ((0, 0), (0, 0), (0, 0), (0, 3 - raw.shape[-1]))
    joints, confidence = observed(
        np.pad(scaled, depth), present, trust.astype(np.float32), reach=reach
    )
    if layout.space != "image":
        turn = np.array(_TURNS[layout.up], np.float32)
        turn[2] *= -1 if layout.handed == "left" else 1
        joints = np.ascontiguousarray(joints @ turn.T)
    return Motion(
        joints,
        present,
        confidence,
        topology=layout.topology,
        fps=layout.fps,
        space=layout.space,
        metric=layout.units not in REACH,
        image_size=layout.image_size,
    )


def _facts(source_id: str, layout: Layout) -> Facts:
    """What the name says, by the YAML's pattern."""
    match = layout.name.fullmatch(source_id) if layout.name else None
    if match is None:
        return {}
    facts = cast(Facts, match.groupdict())
    if layout.labels and "label" in facts:
        if facts["label"] not in layout.labels:
            expected = ", ".join(layout.labels)
            raise SourceError("unknown_label", repr(facts["label"]), expected=expected)
        facts["label_id"] = layout.labels.index(facts["label"])
        facts["label_namespace"] = "generic"
    return facts
