"""Motive's CSV export (OptiTrack): the bones of skeletons, or else the markers.

    Format Version,1.23,Take Name,walk,Capture Frame Rate,120.0,Export Frame Rate,120.0,
        ...,Total Exported Frames,600,Rotation Type,Quaternion,Length Units,Meters, ...

    ,Type,Bone,Bone,...                (first cells empty, or Type and Name and ID)
    ,Name,Ann:Hip,Ann:Hip,...
    ,ID,7:1,7:1,...
    ,Parent,...                        (since 1.25)
    ,,Rotation,Rotation,...,Position,Position,Position
    Frame,Time (Seconds),X,Y,Z,W,X,Y,Z, ...

Where a skeleton was solved, its bones are taken, each standing where it begins; else the labelled
markers. Rotations, rigid bodies, what Motive computed back from them (``Bone Marker``, ``Rigid Body
Marker``) and markers called ``Unlabeled`` are left out. Motive's y is up; where the body shows
another axis, that is taken and flagged (OptiTrack documentation, "Data Export: CSV").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import (
    UNITS_M,
    Points,
    compare_counts,
    frame_numbers,
    name_points,
    rate_of_times,
    record,
)
from skeletonllm.corpora.labs.segment_names import MOTIVE
from skeletonllm.corpora.labs.text_rows import (
    UNREAD_CELLS,
    Rows,
    leading_rows,
    parse_rows,
    read_table,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.joint_names import name_joints
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import settle_rate
from skeletonllm.errors import SourceError

ORIGIN = "the names of a Motive export"
START = "format version"
_KINDS = ("bone", "marker", "bone marker", "rigid body", "rigid body marker", "marker set")


class OptiTrackCsvReader:
    """Reader of ``.csv`` files of Motive."""

    name = "optitrack_csv"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.csv`` files below ``root``."""
        return list_sources(root, ".csv")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, a person for each skeleton or prefix of markers."""
        data = load(source)
        points, bones = parse_motive(data)
        found = record(points, self.name, ORIGIN, name_bones if bones else None)
        yield clip_of(
            self, source, data, found.motion, frame_index=found.frame_index,
            person_ids=found.person_ids, flags=found.flags,
        )  # fmt: skip


def name_bones(labels: list[str]) -> tuple[list[str], list[str]]:
    """A joint name for each bone, in Motive's own naming or that of FBX, and those not known.

    Example:
        >>> name_bones(["Hip", "LThigh", "LeftUpLeg", "tail"])[0][:2]
        ['pelvis', 'left_hip']
    """
    own = [MOTIVE.get(label.lower()) for label in labels]
    if sum(name is not None for name in own) * 2 >= len(labels):
        rest = [label for label, name in zip(labels, own, strict=True) if name is None]
        found, unknown = name_points(rest)
        others = iter(found)
        names: dict[str, None] = {}
        for name in own:
            word = name or next(others)
            while word in names:
                word = f"{word.partition('.')[0]}.{len(names)}"
            names[word] = None
        return list(names), unknown
    names_of_rig = name_joints(labels, [i - 1 for i in range(len(labels))], [True] * len(labels))
    return names_of_rig, [x for x, name in zip(labels, names_of_rig, strict=True) if "." in name]


def parse_motive(data: bytes) -> tuple[Points, bool]:
    """The points of a file, and whether they are bones.

    Raises:
        SourceError: ``format`` with what was found instead; ``no_body`` where neither bones nor
            labelled markers are there; ``no_frames``.
    """
    rows, decimal_comma = parse_rows(data, START)
    facts = {k.lower(): v for k, v in zip(rows[0][::2], rows[0][1::2], strict=False)}
    head = next((i for i, row in enumerate(rows[:20]) if row and row[0].lower() == "frame"), None)
    if head is None or head < 2:
        raise SourceError("format", "no line Frame, Time (Seconds), X, Y, Z")
    kinds, names = _heads(rows[1:head])
    labels, columns, bones = _choose(kinds, names, rows[head - 1], rows[head])
    body = leading_rows(rows, head + 1)
    table, unread = read_table(body, max(c for at in columns for c in at) + 1, decimal_comma)
    if not len(table):
        raise SourceError("no_frames", "a head without frames")
    values = table[:, [c for at in columns for c in at]].reshape(len(table), len(labels), 3)
    stated = _number(facts.get("total exported frames"))
    rate = _number(facts.get("export frame rate")) or _number(facts.get("capture frame rate"))
    numbers = frame_numbers(table[:, 0])
    rate, contradicted = settle_rate(rate, table[:, 1], numbers)
    flags = (*compare_counts(stated, len(table)), *((UNREAD_CELLS,) if unread else ()))
    points = Points(
        values=values,
        labels=labels,
        fps=rate or rate_of_times(table[:, 1]),
        numbers=numbers,
        unit_m=UNITS_M.get(facts.get("length units", "").lower()),
        up="+y",
        flags=(*flags, *contradicted),
    )
    return points, bones


def _heads(rows: Rows) -> tuple[list[str], list[str]]:
    """The row of types, and that of names below it."""
    for i, row in enumerate(rows[:-1]):
        told = {cell.lower() for cell in row[2:] if cell}
        if told and told <= set(_KINDS):
            return [cell.lower() for cell in row], rows[i + 1]
    raise SourceError("format", "no line of types", expected="Bone, Marker, Rigid Body ...")


def _choose(
    kinds: Sequence[str], names: Sequence[str], what: Sequence[str], axes: Sequence[str]
) -> tuple[list[str], list[list[int]], bool]:
    """Labels with the columns of their x, y and z: bones if there are any, else markers."""
    for kind in ("bone", "marker"):
        found: dict[str, dict[str, int]] = {}
        for i in range(min(map(len, (kinds, names, what, axes)))):
            own = names[i].rpartition(":")[2].lower()
            if kinds[i] == kind and what[i].lower() == "position" and "unlabeled" not in own:
                found.setdefault(_label(names[i]), {}).setdefault(axes[i].upper(), i)
        whole = {k: [at[a] for a in "XYZ"] for k, at in found.items() if {*"XYZ"} <= {*at}}
        if whole:
            return list(whole), list(whole.values()), kind == "bone"
    there = ", ".join(sorted({kind for kind in kinds[2:] if kind}))
    found_text = f"columns of {there or 'nothing'}"[:200]
    raise SourceError("no_body", found_text, expected="positions of bones or labelled markers")


def _label(name: str) -> str:
    """``Ann:Ann_LThigh`` is ``Ann:LThigh``; the root, which Motive calls ``Ann``, is the hip."""
    prefix, mark, own = name.rpartition(":")
    if not mark:
        return name
    own = own.removeprefix(f"{prefix}_")
    return f"{prefix}:{'Hip' if own == prefix else own}"


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
