"""MediaPipe's landmarks in JSON, in the many forms in which programs dump them.

A frame is an object with a list of landmarks under one of :data:`PICTURE` or :data:`WORLD`; or the
list itself; or the list of a list, since MediaPipe Tasks gives a list of poses; or protobuf's
``{"landmark": [...]}``; or an object of landmarks by name or number. A landmark is an object with
x, y, z and a score, or a list of them. The frames are a list, or an object by number (``12``,
``frame_12``). Where only some are named, the names must be MediaPipe's own (inner, pinky, heel) and
those of no other skeleton, and it is a guess. Hands and faces beside the pose (Holistic) are left.
A frame that cannot be read costs that frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from skeletonllm.corpora.formats.json_text import parse_described, read_numbers
from skeletonllm.corpora.pose.landmarks.arrays import read_numbers_array
from skeletonllm.corpora.pose.landmarks.recording import (
    NAMES,
    PLACES,
    Recording,
    are_theirs,
    first_of,
    place_frames,
    plain,
)
from skeletonllm.corpora.pose.landmarks.stated import rate_of, size_of, time_of
from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

PICTURE = (
    "keypoints", "landmarks", "poseLandmarks", "pose_landmarks", "normalized_landmarks",
    "normalizedLandmarks", "pose", "body", "landmark",
)  # fmt: skip
WORLD = (
    "keypoints3D", "worldLandmarks", "poseWorldLandmarks", "pose_world_landmarks",
    "world_landmarks", "keypoints_3d", "keypoints3d", "landmarks_3d", "world",
)  # fmt: skip
SCORES = ("score", "visibility", "confidence", "presence", "v", "c")
NUMBERS = (
    "frameNum", "frame_num", "frame", "frame_number", "frameNumber", "frame_id", "frameId",
    "frame_index", "frameIndex", "frame_idx", "index",
)  # fmt: skip
TIMES = (
    "timestamp_ms", "timestampMs", "time_ms", "timeMs", "timestamp_us", "timestampUs",
    "timestamp_s", "time_s", "time_sec", "timestamp_sec", "timestamp", "time", "ms", "seconds", "t",
)  # fmt: skip
_FRAME = re.compile(r"(?:(?:frame|img|image|f|t)[-_ ]?)?(\d{1,17})(?:\.\w{1,4})?", re.I | re.A)
"""Keys of frames: ``12``, ``frame_12``, ``frame0012.png``."""

FEWEST_COLUMNS = 4
"""Of a row that may be one of a table: a landmark, x, y and z."""

MAX_BAD = 1000
"""Frames at the start of which none can be read, before the file is refused."""

FEWEST_NAMED = len(NAMES) // 3
"""Landmarks by name that make a pose."""

IDS = ("id", "index", "landmark_id", "landmarkId", "landmark_index")
"""Keys of a landmark's number."""

LISTS = ("frames", "results", "data", "detections", "poses", "sequence")
OTHERS = frozenset(plain(name) for name in (*NUMBERS, *TIMES, "face", "label", "class", "fps"))
"""Keys beside landmarks by name."""


def read_json_frames(content: Any, *, world: bool) -> Recording:
    """The recording of a JSON file.

    Args:
        content: Parsed.
        world: Read the landmarks of the world.

    Raises:
        SourceError: ``format``; where no frame can be read, what is wrong with the first.
    """
    recording = Recording(fps=rate_of(content), size=size_of(content))
    label = content.get("label") if isinstance(content, dict) else None
    recording.label = label if isinstance(label, str) else None
    frames, keyed = _frames_of(content, world)
    if _is_numbers(frames):
        return read_numbers_array(np.array(frames, np.float64), recording)
    people, numbers, times, names = [], [], [], set[str]()
    assumed, called = True, set[str]()
    for i, frame in enumerate(frames):
        number = keyed[i] if keyed else _number(frame)
        where = f"frame {i if number is None else number}"
        value, bare, poses = None, False, list[Raw]()
        try:
            value, bare = _landmarks(frame, world, where)
            poses = _poses(value, where, world)
        except SourceError as error:
            recording.bad.append((where, error))  # the frame stays, with nobody in it
            if len(recording.bad) == i + 1 > MAX_BAD:
                raise recording.bad[0][1] from None
        called.update(_called(value))
        recording.bare |= bare and bool(poses)
        assumed &= not poses or (bare and not _is_theirs(value))
        name = next((key for key in TIMES if isinstance(frame, dict) and key in frame), "")
        names.add(name)
        people.append(poses)
        numbers.append(number)
        times.append(time_of(frame.get(name)) if name else None)
        if recording.size is None:
            recording.size = size_of(frame)
    if frames and len(recording.bad) == len(frames):
        raise recording.bad[0][1]
    place_frames(recording, people, numbers, times, names.pop() if len(names) == 1 else "")
    if assumed and any(people):
        recording.flags += (FORMAT_ASSUMED, SKELETON_ASSUMED)
    if any(people) and called and not _are_all(called):
        recording.flags += (FORMAT_ASSUMED,)
    return recording


def _called(value: Any) -> list[str]:
    """What the landmarks that a frame holds are called."""
    if isinstance(value, list):
        dicts = [part for part in value if isinstance(part, dict)]
        names = [part["name"] for part in dicts if isinstance(part.get("name"), str)]
        return names or [n for p in value if isinstance(p, list | dict) for n in _called(p)]
    if not isinstance(value, dict):
        return []
    inner = first_of(value, ("landmark", "landmarks", "keypoints"))
    if inner is not None:
        return _called(inner)
    return [key for key, point in value.items() if _is_point(point) and not key.isdigit()]


def _are_all(called: Iterable[str]) -> bool:
    """Whether all landmarks were named, and not those alone that some tool needed.

    Raises:
        SourceError: ``format``: they are those of another skeleton.
    """
    places = {PLACES[_tail(name)] for name in called if _tail(name) in PLACES}
    if len(places) == len(NAMES):
        return True
    others = sorted(n for n in called if _tail(n) not in PLACES and joint_of_word(n) is not None)
    if not are_theirs(places) or others:
        strange = [*others, *sorted(called)]
        found = f"{len(places)} of its landmarks, and joints such as {', '.join(strange)}"[:160]
        raise SourceError("format", found, expected=f"{NAMES[1]} and its other names")
    return False


def rows_of(content: Any) -> list[dict[str, Any]] | None:
    """The rows of a table that is written as JSON, an object a row; None if it is no such thing.

    Args:
        content: Parsed.
    """
    rows = first_of(content, LISTS) if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows or _is_pose(rows):
        return None
    kinds = int | float | str | None
    flat = all(isinstance(r, dict) and all(isinstance(v, kinds) for v in r.values()) for r in rows)
    named = flat and any(key.lower().strip("_0123456789").endswith("x") for key in rows[0])
    return rows if named and len(rows[0]) >= FEWEST_COLUMNS else None


def _frames_of(content: Any, world: bool) -> tuple[list[Any], list[int] | None]:
    """The frames, and their numbers where they are the keys of an object."""
    if isinstance(content, list):
        return ([content] if _is_pose(content) else content), None
    held = None
    if isinstance(content, dict):
        numbered = _by_number(content)
        if numbered is not None:
            return numbered
        held = first_of(content, LISTS)
        if not isinstance(held, list | dict):
            own = first_of(content, WORLD if world else PICTURE)
            if _is_pose(own) or isinstance(own, dict):
                return [content], None
            held = own if isinstance(own, list) else None
    if isinstance(held, dict):
        numbered = _by_number(held)
        if numbered is not None:
            return numbered
    if not isinstance(held, list):
        expected = "a list of frames, or an object with the list 'frames'"
        raise SourceError("format", parse_described(content), expected=expected)
    return held, None


def _by_number(content: Mapping[str, Any]) -> tuple[list[Any], list[int]] | None:
    """Frames of an object whose keys are their numbers."""
    numbers = [_FRAME.fullmatch(key) for key in content]
    if not content or not all(numbers):
        return None
    if not all(isinstance(frame, list | dict | None) for frame in content.values()):
        return None
    if _is_point(next(iter(content.values()))):
        return None  # landmarks by number
    frames = zip(numbers, content.values(), strict=True)
    known = {int(match[1]): frame for match, frame in frames if match is not None}
    if len(known) < len(content):
        return None
    return [known[number] for number in sorted(known)], sorted(known)


def _number(frame: Any) -> int | None:
    stated = first_of(frame, NUMBERS) if isinstance(frame, dict) else None
    if isinstance(stated, str) and stated.isascii() and stated.isdigit() and len(stated) < 18:
        return int(stated)
    if isinstance(stated, float) and stated.is_integer():
        return int(stated)
    return stated if type(stated) is int else None


def _landmarks(frame: Any, world: bool, where: str) -> tuple[Any, bool]:
    """What holds the landmarks of a frame, and whether nothing says which ones they are."""
    if frame is None or isinstance(frame, list):
        return frame, True
    keys = WORLD if world else PICTURE
    if isinstance(frame, dict):
        stated = first_of(frame, NUMBERS)
        if stated is not None and _number(frame) is None:
            raise SourceError("format", f"the number {stated!r:.40}", where=where)
        if not frame or {plain(key) for key in frame} <= OTHERS:
            return None, True
        if set(frame) & {"landmark"} or _by_name(frame) or _is_point_table(frame):
            return frame, True
        if any(key in frame for key in keys):
            value = first_of(frame, keys)
            only = not any(key in frame for key in WORLD) and "landmarks" in frame
            return value, only and not world
        found = parse_described(frame)
        raise SourceError("format", found, expected=keys[0], where=where)
    found = f"a frame that is {parse_described(frame)}"
    raise SourceError("format", found, expected=keys[0], where=where)


def _poses(value: Any, where: str, world: bool) -> list[Raw]:
    """Poses [33, 4] of everyone in what a frame holds."""
    if not value:
        return []
    if isinstance(value, dict):
        inner = first_of(value, ("landmark", "landmarks", "keypoints"))
        if inner is not None:
            return _poses(inner, where, world)
        points = _by_name(value) or _by_place(value)
        return [_pose(points or value, where, world)]
    if isinstance(value, list) and len(value) != len(NAMES) and not _is_points(value):
        if all(isinstance(part, int | float) for part in value):
            from_flat = read_numbers_array(np.array([value], np.float64), Recording())
            return [pose for people in from_flat.frames.values() for pose in people]
        if all(isinstance(part, list | dict | None) for part in value):
            return [pose for part in value for pose in _poses(part, where, world)]
    return [_pose(value, where, world)]


def _pose(points: Any, where: str, world: bool) -> Raw:
    """A pose of 33 landmarks, by their names where they have any."""
    points = _filled(points)
    if not isinstance(points, list) or len(points) != len(NAMES):
        found = parse_described(points)
        raise SourceError("format", found, expected="a list of 33 landmarks", where=where)
    if not all(isinstance(point, dict | list | None) for point in points):
        raise SourceError("format", "a landmark that is no object", where=where)
    named = [point.get("name") if isinstance(point, dict) else None for point in points]
    order = _numbered(points) or [
        PLACES.get(_tail(str(name)), -1) if name is not None else i for i, name in enumerate(named)
    ]
    if sorted(order) != [*range(len(NAMES))]:
        raise SourceError("format", "landmarks of other names", expected=NAMES[0], where=where)
    axes = "xyz" if world else "xy"
    pose = np.full((len(NAMES), 4), np.nan)
    for c, axis in enumerate(axes):
        pose[order, c] = read_numbers([_coordinate(p, axis, c) for p in points], axis)
    pose[order, 3] = read_numbers([_score(p) for p in points], SCORES[0])
    return pose


def _filled(points: Any) -> Any:
    """Fewer landmarks by name as 33, None where one is not there."""
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        return points
    places = [PLACES.get(_tail(str(point.get("name")))) for point in points]
    if not FEWEST_NAMED <= len(points) < len(NAMES) or None in places:
        return points
    known = dict(zip(places, points, strict=True))
    return [known.get(i) for i in range(len(NAMES))] if len(known) == len(points) else points


def _numbered(points: list[Any]) -> list[int] | None:
    """Places of landmarks that bear their number, from 0 or from 1."""
    stated = [first_of(point, IDS) if isinstance(point, dict) else None for point in points]
    numbers = [number for number in stated if type(number) is int]
    first = min(numbers, default=-1)
    if len({*numbers}) < len(points) or first not in (0, 1):
        return None
    return [number - first for number in numbers]


def _tail(name: str) -> str:
    """The plain name of a landmark: of ``PoseLandmark.LEFT_EYE`` as of ``left_eye``."""
    return plain(re.split(r"[.:/]", name)[-1] or name)


def _coordinate(point: Any, axis: str, place: int) -> Any:
    if isinstance(point, list):
        return point[place] if place < len(point) else None
    return None if point is None else point.get(axis, point.get(axis.upper()))


def _score(point: Any) -> Any:
    if isinstance(point, list):
        return point[3] if len(point) > 3 else None
    return 0.0 if point is None else first_of(point, SCORES)


def _is_point(value: Any) -> bool:
    if isinstance(value, dict):
        return "x" in value or "X" in value
    numbers = isinstance(value, list) and 2 <= len(value) <= 5
    return numbers and all(isinstance(part, int | float) for part in value)


def _is_points(value: list[Any]) -> bool:
    return any(_is_point(part) for part in value)


def _is_pose(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(NAMES) and _is_points(value)


def _is_theirs(value: Any) -> bool:
    """Whether landmarks bear MediaPipe's word ``visibility``, or its names."""
    while isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        inner = first_of(value, ("landmark", "landmarks", "keypoints"))
        if inner is not None:
            return _is_theirs(inner)
        return "visibility" in value or "name" in value or _by_name(value) is not None
    return False


def _by_name(value: Mapping[str, Any]) -> list[Any] | None:
    """33 landmarks of an object by name, None where one is not there."""
    known = {PLACES[_tail(key)]: point for key, point in value.items() if _tail(key) in PLACES}
    if len(known) < FEWEST_NAMED:
        return None
    return [known.get(i) for i in range(len(NAMES))]


def _by_place(value: Mapping[str, Any]) -> list[Any] | None:
    """33 landmarks of an object by number."""
    if len(value) != len(NAMES) or not all(str(i) in value for i in range(len(NAMES))):
        return None
    return [value[str(i)] for i in range(len(NAMES))]


def _is_point_table(value: Mapping[str, Any]) -> bool:
    return _by_place(value) is not None


def _is_numbers(frames: list[Any]) -> bool:
    """Whether the frames are nested lists of numbers, such as an array gives."""
    first: Any = frames
    depth = 0
    while isinstance(first, list) and first and depth < 5:
        first, depth = first[0], depth + 1
    return isinstance(first, int | float) and depth > 1
