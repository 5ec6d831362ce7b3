"""MediaPipe's landmarks in tables: wide (a row a frame) and long (a row a landmark).

Wide columns are called by number (``x0, y0, z0, v0``; ``landmark_0_x``; from 0 or from 1) or by
MediaPipe's names (``NOSE_x``, ``x_left_shoulder``, ``leftShoulder.X``). Long tables have a column
of landmarks, by number or name, beside x, y, z and visibility; where a column tells pose from face
and hands, the pose is read. Columns of frames, times, persons, labels and videos are found by name.
A row that cannot be read costs that row. What is told by numbers alone is flagged as a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skeletonllm.corpora.formats.sheet import ROWS_SKIPPED, Form, Sheet, parse_sheet
from skeletonllm.corpora.formats.sheet_numbers import decimal_of, drop_unit_rows, read_columns
from skeletonllm.corpora.pose.landmarks.arrays import OFFSETS
from skeletonllm.corpora.pose.landmarks.recording import (
    NAMES,
    PLACES,
    Recording,
    are_theirs,
    place_frames,
    plain,
)
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.labels import is_unlabelled
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError

FRAMES = ("frame", "frameid", "frameidx", "frameindex", "framenumber", "frameno", "framenum")
TIMES = (
    "timestampms", "timems", "timestampus", "timestamps", "timestamp", "times", "timesec",
    "timeseconds", "time", "ms", "seconds", "t",
)  # fmt: skip
PERSONS = ("person", "personid", "poseid", "poseindex", "poseidx", "trackid", "subjectid")
VIDEOS = (
    "video", "videoid", "videoname", "file", "filename", "videofile", "clip", "clipid",
    "sequenceid", "sequence", "sampleid", "sample", "video_path", "path",
)  # fmt: skip
LABELS = ("label", "class", "action", "activity", "exercise", "gesture", "target")
KINDS = ("type", "kind", "landmarktype", "source")
LANDMARKS = (
    "landmark", "landmarkname", "name", "landmarkid", "landmarkindex", "landmarkidx",
    "landmarknumber", "joint", "jointname", "jointid", "keypoint", "keypointname", "keypointid",
    "keypointindex", "bodypart", "part", "point", "idx", "index", "id",
)  # fmt: skip
"""Names of columns, in lower case without marks."""

_AXES = {"x": 0, "y": 1, "z": 2}
_SCORES = frozenset("v vis visibility score c conf confidence likelihood".split())
_NOISE = frozenset(
    "landmark landmarks lm pose kp keypoint keypoints point pt joint body mp mediapipe".split()
)
_WORDS = re.compile(r"[a-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
MOST_ROWS_A_POSE = 33


@dataclass(frozen=True)
class Column:
    """What a column holds: an axis (3 is the score) of a landmark, or of the one that its row is.

    Args:
        place: Of the landmark, None in a long table.
        axis: 0, 1, 2 for x, y, z, 3 for the score.
        world: Whether it says that it is of the world.
        named: Whether the landmark is called by its name.
    """

    place: int | None
    axis: int
    world: bool
    named: bool


@lru_cache(4096)
def column_of(name: str) -> Column | None:
    """What a column's name says; None if it is none of a landmark.

    Example:
        >>> column_of("landmark_12_visibility"), column_of("face_1_x")
        (Column(place=12, axis=3, world=False, named=False), None)
    """
    words = _WORDS.findall(_CAMEL.sub("_", name[:80]).lower())
    world = "world" in words
    words = [word for word in words if word not in _NOISE and word != "world"]
    numbers = [word for word in words if word.isdigit()]
    rest = [word for word in words if not word.isdigit()]
    if len(numbers) > 1 or not rest:
        return None
    end = next((i for i in (-1, 0) if rest[i] in _AXES or rest[i] in _SCORES), None)
    if end is None:
        return None
    axis = _AXES.get(rest.pop(end), 3)
    if numbers:
        return None if rest else Column(int(numbers[0]), axis, world, False)
    if not rest:
        return Column(None, axis, world, False)
    place = PLACES.get("".join(rest))
    return None if place is None else Column(place, axis, world, True)


def read_table(data: bytes, *, world: bool) -> Iterator[Recording]:
    """The recordings of a table: one, or one for each video or stretch of a label in it.

    Args:
        data: Bytes of the file.
        world: Read the landmarks of the world.

    Raises:
        SourceError: ``format`` where no columns are MediaPipe's, and what reading a table raises.
    """
    yield from read_sheet(
        parse_sheet(
            data,
            Form(),
            lambda head: sum(column_of(name) is not None for name in head),
            lambda head: _columns(head, world),
        ),
        world=world,
    )


def sheet_of(rows: Sequence[Mapping[str, object]]) -> Sheet:
    """The table of rows that are objects, as JSON has them."""
    head = tuple(dict.fromkeys(name for row in rows for name in row))
    check_size(len(rows), 1, max(1, len(head) // 3))
    words = [["" if row.get(name) is None else str(row[name]) for name in head] for row in rows]
    return Sheet(head, words, [*range(1, len(rows) + 1)], ",", ".", (), ())


def read_sheet(sheet: Sheet, *, world: bool) -> Iterator[Recording]:
    """The recordings of a table's words.

    Args:
        sheet: The table.
        world: Read the landmarks of the world.

    Raises:
        SourceError: ``format`` where no columns are MediaPipe's.
    """
    columns, bare = _columns(sheet.head, world)
    names = [*columns]
    sheet, _ = drop_unit_rows(sheet, names)
    values, bad = read_columns(sheet, names, decimal_of(sheet, names))
    row_of = {line: row for row, line in enumerate(sheet.lines)}
    for line, count in sheet.wrong:
        bad[row_of[line]] = f"line {line}: {count} values; expected {len(sheet.head)}"
    at = {name: i for i, name in enumerate(names)}
    wide = any(column.place is not None for column in columns.values())
    flags = _guessed(columns) if wide else ()
    flags += (ROWS_SKIPPED,) if sheet.skipped else ()
    for part, label, rows in _parts(sheet):
        recording = Recording(bare=bare, label=label, part=part, flags=flags)
        recording.bad = [(bad[row], SourceError("format", bad[row])) for row in rows if row in bad]
        good = [row for row in rows if row not in bad]
        if good and wide:
            good = rows  # a bad row is a frame with nobody in it
            poses = _wide(values, columns, at, good)
            poses = [[] if row in bad else pose for row, pose in zip(good, poses, strict=True)]
        elif wide:
            poses = []
        else:
            poses, good = _long(sheet, values, columns, good, recording)
        _placed(recording, sheet, poses, good)
        yield recording


def _columns(head: Sequence[str], world: bool) -> tuple[dict[str, Column], bool]:
    """The columns to read, by name, and whether nothing says that they are of picture or world."""
    known = {name: column for name in head if (column := column_of(name)) is not None}
    spaces = {column.world for column in known.values() if column.axis < 2}
    if len(spaces) < 2 and not spaces >= {True}:
        own, bare = known, True
    else:
        own, bare = {n: c for n, c in known.items() if c.world == world}, False
    found = f"the columns {', '.join(head)[:160]}"
    wide = {name: column for name, column in own.items() if column.place is not None}
    named = {name: column for name, column in wide.items() if column.named}
    chosen = named or wide
    if not chosen and {column.axis for column in own.values()} >= {0, 1} and _find(head, LANDMARKS):
        return own, bare
    places = [{c.place for c in chosen.values() if c.axis == axis} for axis in (0, 1)]
    both = places[0] & places[1]
    if named:
        if are_theirs(place or 0 for place in both):
            return named, bare
    elif both:
        first = min(place or 0 for place in both)
        whole = both == set(range(first, first + len(both)))
        if first in (0, 1) and whole and len(both) in OFFSETS:
            return _counted_from_0(wide, first), bare
    raise SourceError("format", found, expected="x and y of MediaPipe's 33 landmarks")


def _counted_from_0(wide: dict[str, Column], first: int) -> dict[str, Column]:
    """The columns of the pose, which comes before hands and face."""
    return {
        name: Column(column.place - first, column.axis, column.world, False)
        for name, column in wide.items()
        if column.place is not None and column.place - first < len(NAMES)
    }


def _guessed(columns: dict[str, Column]) -> tuple[str, ...]:
    """Flags: numbers say nothing, and fewer names than 33 may be of another tool."""
    named = {column.place for column in columns.values() if column.named}
    if len(named) == len(NAMES):
        return ()
    return (FORMAT_ASSUMED,) if named else (FORMAT_ASSUMED, SKELETON_ASSUMED)


def _find(head: Sequence[str], names: Sequence[str]) -> str | None:
    """The column of the first of some plain names."""
    known = {plain(name): name for name in reversed(head)}
    return next((known[name] for name in names if name in known), None)


def _words(sheet: Sheet, names: Sequence[str]) -> list[str] | None:
    column = _find(sheet.head, names)
    if column is None:
        return None
    at = sheet.head.index(column)
    return [row[at] for row in sheet.rows]


def _parts(sheet: Sheet) -> Iterator[tuple[str, str | None, list[int]]]:
    """Name, label and rows of each clip: a video, or a stretch of one label."""
    videos, labels = _words(sheet, VIDEOS), _words(sheet, LABELS)
    keys: dict[tuple[str, int], list[int]] = {}
    stretch = 0
    for row in range(len(sheet.rows)):
        if labels and row and labels[row] != labels[row - 1]:
            stretch += 1
        keys.setdefault((videos[row] if videos else "", stretch), []).append(row)
    several_videos = len({video for video, _ in keys}) > 1
    for number, ((video, _), rows) in enumerate(keys.items()):
        named = re.sub(r"[^\w.-]+", "_", video)[-80:] if several_videos else ""
        twice = len(keys) > 1 and (not named or sum(v == video for v, _ in keys) > 1)
        part = "_".join(filter(None, [named, f"{number:04d}" if twice else ""]))
        label = labels[rows[0]] if labels else None
        yield part, None if is_unlabelled(label) else label, rows
    if not keys:
        yield "", None, []


def _wide(
    values: Raw, columns: dict[str, Column], at: dict[str, int], rows: list[int]
) -> list[list[Raw]]:
    poses = np.full((len(rows), len(NAMES), 4), np.nan)
    for name, column in columns.items():
        poses[:, column.place, column.axis] = values[rows, at[name]]
    return [[pose] if np.nan_to_num(pose[:, :3]).any() else [] for pose in poses]


def _long(
    sheet: Sheet,
    values: Raw,
    columns: dict[str, Column],
    rows: list[int],
    recording: Recording,
) -> tuple[list[list[Raw]], list[int]]:
    """Poses of rows of landmarks, and the first row of each."""
    words = _words(sheet, LANDMARKS) or []
    kinds, frames = _words(sheet, KINDS), _words(sheet, FRAMES) or _words(sheet, TIMES)
    persons = _words(sheet, PERSONS)
    if kinds and any(kind.lower() == "pose" for kind in kinds):
        rows = [row for row in rows if kinds[row].lower() == "pose"]
    places = _places([words[row] for row in rows])
    named = any(not words[row].replace(".", "").isdigit() for row in rows)
    if named and places and not are_theirs(places):
        found = f"landmarks such as {', '.join(dict.fromkeys(words[row] for row in rows))}"[:160]
        raise SourceError("format", found, expected=f"{NAMES[1]} and its other names")
    recording.flags += () if named else (FORMAT_ASSUMED, SKELETON_ASSUMED)
    if named and len({*places}) < len(NAMES):
        recording.flags += (FORMAT_ASSUMED,)
    people: dict[tuple[str, str, int], tuple[int, Raw]] = {}
    turn, last = 0, -1
    for row, place in zip(rows, places, strict=True):
        turn += frames is None and place <= last
        last = place
        key = (frames[row] if frames else "", persons[row] if persons else "", turn)
        _, pose = people.setdefault(key, (row, np.full((len(NAMES), 4), np.nan)))
        for c, column in enumerate(columns.values()):
            pose[place, column.axis] = values[row, c]
    seen = [pose for _, pose in people.values()]
    return [[p] if np.nan_to_num(p[:, :3]).any() else [] for p in seen], [
        row for row, _ in people.values()
    ]


def _places(words: list[str]) -> list[int]:
    """Places of landmarks in the order of MediaPipe, from names or numbers from 0 or 1."""
    tails = [plain(re.split(r"[.:/]", word)[-1] or word) for word in words]
    if all(tail in PLACES for tail in tails):
        return [PLACES[tail] for tail in tails]
    numbers = [float(w) if w.replace(".", "", 1).isdigit() else -1.0 for w in words]
    count = len({*numbers})
    first = int(min(numbers, default=0))
    if count != len(NAMES) or first not in (0, 1) or max(numbers) != first + len(NAMES) - 1:
        strange = next((w for w, t in zip(words, tails, strict=True) if t not in PLACES), "")
        found = f"{count} different landmarks, such as {strange!r:.40}"
        raise SourceError("format", found, expected="MediaPipe's 33, by name or number")
    return [int(number) - first for number in numbers]


def _placed(recording: Recording, sheet: Sheet, poses: list[list[Raw]], rows: list[int]) -> None:
    """Frames of the poses of rows; rows of one frame are persons in it."""
    numbers = _whole(_words(sheet, FRAMES), rows)
    column = _find(sheet.head, TIMES)
    times = _decimal(_words(sheet, TIMES), rows)
    if _words(sheet, PERSONS):
        keys = numbers if numbers[:1] != [None] else times
        merged: dict[object, int] = {}
        people: list[list[Raw]] = []
        kept: list[int] = []
        for i, key in enumerate(keys):
            if key is None or key not in merged:
                merged[key] = len(people)
                people.append(list(poses[i]))
                kept.append(i)
            else:
                people[merged[key]] += poses[i]
        poses, numbers, times = people, [numbers[i] for i in kept], [times[i] for i in kept]
    place_frames(recording, poses, numbers, times, column or "")


def _decimal(words: list[str] | None, rows: list[int]) -> list[float | None]:
    found: list[float | None] = []
    for row in rows:
        try:
            found.append(float(words[row].replace(",", ".")) if words else None)
        except ValueError:
            found.append(None)
    return found


def _whole(words: list[str] | None, rows: list[int]) -> list[int | None]:
    """Numbers of the frames; those of names such as ``frame_0012.png``; all, or none."""
    found = []
    for row in rows:
        match = re.search(r"(\d{1,15})(\.0*)?(\.[a-zA-Z]\w*)?$", words[row]) if words else None
        found.append(int(match[1]) if match else None)
    return found if all(number is not None for number in found) else [None] * len(found)
