"""Azure Kinect Body Tracking, 32 joints: the JSON of Microsoft's offline_processor, and CSV dumps.

    {"k4abt_sdk_version": "1.1.2", "joint_names": ["PELVIS", "SPINE_NAVEL", ...],
     "bone_list": [...], "source_file": "a.mkv",
     "frames": [{"frame_id": 0, "timestamp_usec": 33333, "num_bodies": 1,
       "bodies": [{"body_id": 1, "joint_positions": [[x, y, z] x 32],
                   "joint_orientations": [[w, x, y, z] x 32]}]}]}

Variants of it add ``joint_confidence`` (0 none, 1 low, 2 medium, 3 high), or have ``joints``
instead: a list of objects with ``position`` ([x, y, z], or an object of them, or x, y and z beside)
and ``confidence_level``, or an object of such objects by name. A CSV
has a row for each frame and body, and for each joint columns of its name and axis: ``PELVIS_X``,
``pelvis.x``, ``spine_navel_pos_x`` are the same; a column of body ids, frames and stamps if any.

Millimetres, in the depth camera: +x right, +y down, +z away from it. They become metres in our
camera space (Azure-Kinect-Samples, offline_processor/main.cpp; k4abttypes.h). The unit of a CSV
goes by the body, and is flagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.labs.text_rows import UNREAD_CELLS, parse_rows, read_table
from skeletonllm.corpora.labs.tracked_bodies import (
    clip_of_bodies,
    number_or_none,
    rate_of_stamps,
    read_triples,
)
from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.sensor_topologies import AZURE_32

MAX_BYTES = 256 << 20
HEAD_BYTES = 1 << 20
"""Within these a CSV has its names of columns: 32 joints take some 2 kB."""

_LIMBS = ("clavicle shoulder elbow wrist hand handtip thumb", "hip knee ankle foot")
_SIDED = [f"{joint}_{s}" for limb in _LIMBS for s in ("left", "right") for joint in limb.split()]
NAMES = (
    *("pelvis", "spine_navel", "spine_chest", "neck"),
    *_SIDED,
    *("head", "nose", "eye_left", "ear_left", "eye_right", "ear_right"),
)
"""The joints of the SDK, in its order, in lower case."""

MM = 1e-3
FEWER_BODIES = "fewer_bodies_than_declared"
"""Flag: some frames state more bodies than they hold."""

_CONFIDENCE = np.array([0.0, 0.5, 1.0, 1.0])
_MIDDLES = ("", "position", "pos", "p", "t")
"""What may stand between a joint and its axis in the name of a column."""

_KEYS = (
    ("frame", ("frameid", "frame", "framenumber", "framenum", "frameindex")),
    ("stamp", ("timestampusec", "timestampus", "timestamp", "time", "times", "timestampms")),
    ("body", ("bodyid", "body", "personid", "id", "trackid")),
)
"""Columns beside the joints, as letters and digits."""

STEP_S = (0.02, 0.5)
"""Steps of time that a depth camera has, at 5 to 30 frames a second, with some lost."""


class AzureKinectReader:
    """Reader of ``.json`` and ``.csv`` files with the joints of Azure Kinect."""

    name = "kinect_azure"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` and ``.csv`` files below ``root``."""
        return list_sources(root, ".json", ".csv")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source, MAX_BYTES)
        if plain_path(source.uri).lower().endswith(".csv"):
            yield _of_csv(self, source, data)
            return
        bodies, stamps, flags = _bodies(_frames_of(parse_json(data)))
        yield clip_of_bodies(
            self, source, data, bodies, AZURE_32,
            fps=rate_of_stamps(stamps, 1e-6), unit_m=MM, flags=flags, in_camera=True,
        )  # fmt: skip


def _frames_of(content: Any) -> list[Any]:
    """The frames; JSON of another kind is refused, and joints of other names."""
    frames = content.get("frames") if isinstance(content, dict) else content
    known = isinstance(content, dict) and "k4abt_sdk_version" in content
    if not isinstance(frames, list) or not (known or any(map(_has_joints, frames))):
        expected = "frames with bodies with joint_positions, as offline_processor writes them"
        raise SourceError("format", parse_described(content), expected=expected)
    names = content.get("joint_names") if isinstance(content, dict) else None
    if isinstance(names, list) and [_plain(str(name)) for name in names] != _PLAIN:
        found = f"joints {', '.join(map(str, names[:4]))}, ..."[:200]
        raise SourceError("format", found, expected="the 32 of Azure Kinect, in its order")
    return frames


def _has_joints(frame: Any) -> bool:
    bodies = frame.get("bodies") if isinstance(frame, dict) else None
    first = bodies[0] if isinstance(bodies, list) and bodies else None
    return isinstance(first, dict) and _is_body(first)


def _is_body(body: dict[str, Any]) -> bool:
    joints = body.get("joints")
    return "joint_positions" in body or (isinstance(joints, list | dict) and len(joints) == 32)


def _places(body: dict[str, Any]) -> tuple[Any, Any]:
    """The positions of the joints in the SDK's order, and their levels of confidence."""
    joints = body.get("joints")
    if isinstance(joints, dict):
        by_name = {_plain(str(name)): joint for name, joint in joints.items()}
        joints = [by_name.get(name) for name in _PLAIN]
    if "joint_positions" in body or not isinstance(joints, list):
        places = body.get("joint_positions")
        if isinstance(places, dict):
            by_name = {_plain(str(name)): place for name, place in places.items()}
            places = [by_name.get(name) for name in _PLAIN]
        return places, body.get("joint_confidence", body.get("joint_confidences"))
    known = [joint if isinstance(joint, dict) else {"position": joint} for joint in joints]
    levels = [joint.get("confidence_level", joint.get("confidence")) for joint in known]
    told = all(isinstance(level, int) for level in levels)
    return [_point(joint.get("position", joint)) for joint in known], levels if told else None


def _point(place: Any) -> Any:
    """``[x, y, z]`` of a point that may be an object."""
    return [place.get(axis) for axis in "xyz"] if isinstance(place, dict) else place


def _bodies(frames: list[Any]) -> tuple[dict[int, list[Pose]], list[float | None], tuple[str, ...]]:
    """Bodies by frame, a time stamp for each in microseconds, and what to flag."""
    found: dict[int, list[Pose]] = {}
    stamps: list[float | None] = []
    fewer = False
    stated = [frame.get("frame_id") for frame in frames if isinstance(frame, dict)]
    ids: list[int] = [number for number in stated if type(number) is int]
    rising = len(ids) == len(frames) and all(a < b for a, b in pairwise(ids))
    for t, frame in enumerate(frames):
        where = f"frame {t}"
        if not isinstance(frame, dict) or not isinstance(frame.get("bodies"), list):
            raise SourceError("format", parse_described(frame), expected="bodies", where=where)
        poses = [_pose(body, where) for body in frame["bodies"]]
        found[ids[t] if rising else t] = poses
        stamps.append(number_or_none(frame.get("timestamp_usec")))
        fewer |= frame.get("num_bodies", len(poses)) != len(poses)
    return found, stamps, (FEWER_BODIES,) if fewer else ()


def _pose(body: Any, where: str) -> Pose:
    if not isinstance(body, dict):
        raise SourceError("format", parse_described(body), expected="a body", where=where)
    places, levels = _places(body)
    joints = read_triples(places, len(AZURE_32), f"{where}: joints")
    score = np.ones(len(AZURE_32))
    if isinstance(levels, list) and len(levels) == len(AZURE_32):
        given = np.nan_to_num(read_numbers(levels, f"{where}: joint_confidence"))
        score = _CONFIDENCE[np.clip(given, 0, 3).astype(np.int64)]
    lost = (joints == 0).all(-1)  # the sensor itself is no place of a joint
    name = body.get("body_id")
    person = str(name) if type(name) is int else ""
    return Pose(joints, np.where(lost, 0.0, score), person)


def _of_csv(reader: AzureKinectReader, source: Source, data: bytes) -> Clip:
    named = parse_rows(data[:HEAD_BYTES], most=1)[0][0]  # the rest may be anything, and long
    columns = _columns(named)
    head = [_plain(name) for name in named]
    rows, decimal_comma = parse_rows(data)
    at = [next((head.index(n) for n in names if n in head), -1) for _, names in _KEYS]
    wanted = [*columns, *(i for i in at if i >= 0)]
    filled = [row for row in rows[1:] if any(row)]
    check_size(len(filled) or 1, 1, len(AZURE_32))
    last, blank = max(wanted), [""] * len(head)
    take = itemgetter(*wanted)
    cells = [list(take(row if len(row) > last else row + blank)) for row in filled]
    table, unread = read_table(cells, len(wanted), decimal_comma)
    of = {kind: wanted.index(i) if i >= 0 else -1 for (kind, _), i in zip(_KEYS, at, strict=True)}
    if not len(table):
        raise SourceError("no_frames", "a head without rows")
    numbers, fps = _frames_of_rows(table, of["frame"], of["stamp"])
    joints = table[:, : len(columns)].reshape(len(table), len(AZURE_32), 3)
    lost = np.isnan(joints).any(-1) | (joints == 0).all(-1)
    found: dict[int, list[Pose]] = {}
    alone = "0" if len({*numbers}) == len(numbers) else ""
    for t, number in enumerate(numbers):
        body = table[t, of["body"]] if of["body"] >= 0 else np.nan
        person = f"{body:.0f}" if np.isfinite(body) else alone
        found.setdefault(number, []).append(Pose(joints[t], np.where(lost[t], 0.0, 1.0), person))
    flags = (UNREAD_CELLS,) if unread else ()
    return clip_of_bodies(
        reader, source, data, found, AZURE_32, fps=fps, unit_m=None, flags=flags, in_camera=True
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("k4abt_joint_"))


_PLAIN = [_plain(name) for name in NAMES]


def _columns(head: list[str]) -> list[int]:
    """The column of each axis of each joint.

    Raises:
        SourceError: ``format``, with the joints that are missing.
    """
    known = {f"{own}{m}{axis}": (own, axis) for own in _PLAIN for m in _MIDDLES for axis in "xyz"}
    at: dict[tuple[str, str], int] = {}
    for i, column in enumerate(head):
        if place := known.get(_plain(column)):
            at.setdefault(place, i)
    pairs = zip(NAMES, _PLAIN, strict=True)
    missing = [name for name, own in pairs if any((own, axis) not in at for axis in "xyz")]
    if missing:
        found = f"no columns of {', '.join(missing[:5])}"
        raise SourceError("format", found, expected="x, y and z of the 32 joints of Azure Kinect")
    return [at[own, axis] for own in _PLAIN for axis in "xyz"]


def _frames_of_rows(table: Raw, frame: int, stamp: int) -> tuple[list[int], float | None]:
    """The frame of each row, and frames a second: of the column of frames, of stamps, or none."""
    stamps = table[:, stamp] if stamp >= 0 else np.full(1, np.nan)
    fps, timed = None, bool(np.isfinite(stamps).all())
    if timed:
        single = np.unique(stamps)
        step = float(np.median(np.diff(single))) if len(single) > 1 else 0.0
        units = (1.0, 1e-3, 1e-6, 1e-9)
        unit = next((u for u in units if STEP_S[0] <= step * u <= STEP_S[1]), None)
        fps = None if unit is None else rate_of_stamps(single.tolist(), unit)
    numbers = table[:, frame] if frame >= 0 else np.full(1, np.nan)
    if (np.abs(numbers) < 2**31).all():  # no NaN is
        return [int(number) for number in numbers], fps
    if timed:
        return np.unique(stamps, return_inverse=True)[1].tolist(), fps
    return list(range(len(table))), fps
