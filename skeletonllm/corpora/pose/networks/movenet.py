"""MoveNet and PoseNet of TensorFlow.js, as pages dump them: JSON of poses with named keypoints.

    [{"keypoints": [{"x": 640.0, "y": 91.0, "score": 0.9, "name": "nose"}, ...], "score": 0.9}, ...]

What ``detector.estimatePoses`` returns is a list of the poses of one picture; most pages keep one
pose a frame, or a list of lists. A bare list of poses is read as frames where whoever is in one is
about where the one before was (``video_assumed``), and as the people of one picture where not.
Objects with ``poses`` or ``keypoints`` are frames too; 17 keypoints without names are COCO's by
their number (``skeleton_assumed``); their ``timestamp``, seconds or
milliseconds, or an ``fps`` of the file gives the rate. PoseNet of old writes ``part`` for the name
and ``position`` for the point. Coordinates are pixels, or shares of the picture where they are
small.

Tensors of MoveNet, ``[T, 1, 1, 17, 3]`` of y, x and score as ``.npy`` or JSON, are read as well:
nothing in them says so (``format_assumed``, ``skeleton_assumed``). So are those of its MultiPose,
``[T, 1, 6, 56]``. They are shares of the picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, read_numbers
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.pose.coco_videos import VIDEO_ASSUMED, is_video
from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.listed_frames import (
    MAX_FPS,
    frames_of,
    parse_json_or_lines,
    rate_of,
    size_of,
)
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import COCO_17

LISTS = ("frames", "poses", "results", "data")
POSES = ("poses", "pose", "keypoints")
MULTIPOSE = 56
"""Numbers of a person of MoveNet MultiPose: 17 joints, a box and a score."""


class MoveNetReader:
    """Reader of poses of TensorFlow.js; they name no actions."""

    name = "movenet"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` and ``.npy`` files below ``root``."""
        return list_sources(root, ".json", ".npy")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, and a reject for each frame or person that is not read."""
        data = load(source)
        frames, sha256 = Frames(source.uri), hashlib.sha256(data).hexdigest()
        if plain_path(source.uri).lower().endswith(".npy"):
            _gather_tensor(frames, _tensor_of(parse_npy(data)))
            yield from self._tensor_clip(source, sha256, frames)
            return
        content = parse_json_or_lines(data)
        if _depth(content) > 2:
            _gather_tensor(frames, _tensor_of(content))
            yield from self._tensor_clip(source, sha256, frames)
            return
        held = content if isinstance(content, dict) and not _is_pose(content) else {}
        listed = [*(frames_of(content, LISTS) or {}).values()] if held else content
        names, flags = _gather(frames, listed)
        yield from clips_of_frames(
            self,
            source,
            sha256,
            frames,
            names=names,
            fps=_rate(held, listed),
            size=size_of(held),
            flags=flags,
        )

    def _tensor_clip(self, source: Source, sha256: str, frames: Frames) -> Iterator[Clip | Reject]:
        yield from clips_of_frames(
            self, source, sha256, frames, shares=True, flags=(FORMAT_ASSUMED,)
        )


def _gather(frames: Frames, listed: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read frames of poses: the names of their joints, and what to flag."""
    if isinstance(listed, list) and listed and all(map(_is_pose, listed)):
        listed, flags = _spread(listed)
    else:
        flags = ()
    found = [pose for f in listed for pose in _poses(f)] if isinstance(listed, list) else []
    if not any(map(_is_pointed, found)):
        expected = "poses of keypoints with x and y, and name"
        raise SourceError("format", parse_described(listed), expected=expected)
    names = next((named for pose in found if (named := _names(pose))), ())
    for number, frame in enumerate(listed):
        frames.add_frame(number)
        for i, pose in enumerate(_poses(frame)):
            place = f"frame {number} pose {i}"
            frames.add(number, place, partial(_pose, pose, names))
    return names, flags


def _spread(poses: list[Any]) -> tuple[list[list[Any]], tuple[str, ...]]:
    """A bare list of poses as frames, if it may be those, else as the people of one picture."""
    names = next((named for pose in poses if (named := _names(pose))), ())
    read: list[tuple[int, list[Pose]]] = []
    for i, pose in enumerate(poses):
        try:
            read.append((i, [_pose(pose, names)]))
        except SourceError:
            read.append((i, []))
    if len(poses) == 1 or is_video(read):
        return [[pose] for pose in poses], (VIDEO_ASSUMED,) if len(poses) > 1 else ()
    return [poses], ()


def _is_pose(pose: Any) -> bool:
    points = pose.get("keypoints") if isinstance(pose, dict) else None
    timed = isinstance(pose, dict) and any("time" in str(key).lower() for key in pose)
    return isinstance(points, list) and not timed and "image_id" not in pose


def _poses(frame: Any) -> list[Any]:
    """The poses of a frame: a list of them, an object that holds one, or one that is it."""
    if isinstance(frame, list):
        return frame
    if not isinstance(frame, dict):
        return [frame]
    held = frame.get(POSES[0], frame.get(POSES[1], frame))
    return held if isinstance(held, list) else [held] if held else []


def _is_pointed(pose: Any) -> bool:
    """Whether it is a pose of 17 keypoints that are objects of x and y."""
    points = pose.get("keypoints") if isinstance(pose, dict) else None
    if not isinstance(points, list) or len(points) != len(COCO_17) or "image_id" in pose:
        return False
    return all(isinstance(p, dict) and ("x" in p or "position" in p) for p in points)


def _names(pose: Any) -> tuple[str, ...]:
    """Names of the keypoints of a pose; empty where one has none."""
    points = pose.get("keypoints") if isinstance(pose, dict) else None
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        return ()
    names = tuple(point.get("name", point.get("part")) for point in points)
    known = all(isinstance(name, str) and name for name in names)
    return tuple(map(str, names)) if known and len(names) == len(COCO_17) else ()


def _pose(pose: Any, names: Sequence[str]) -> Pose:
    if not _is_pointed(pose) or _names(pose) != names:
        found = f"a pose that is {parse_described(pose)}"
        raise SourceError("format", found, expected=f"{len(COCO_17)} keypoints, named as elsewhere")
    points = [point | point.get("position", {}) for point in _points(pose)]
    xy = np.stack([read_numbers([p.get(axis) for p in points], axis) for axis in "xy"], -1)
    score = read_numbers([point.get("score") for point in points], "score")
    number = pose.get("id")
    return Pose(
        xy,
        np.ones(len(points)) if np.isnan(score).all() else score,
        str(number) if type(number) is int else "",
    )


def _points(pose: Mapping[str, Any]) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = pose["keypoints"]
    if not all(isinstance(point.get("position", {}), dict) for point in points):
        raise SourceError("format", "a position that is no object", expected="x and y")
    return points


def _rate(held: Mapping[str, Any], listed: Any) -> float | None:
    """Frames a second, by what the file states or by its times."""
    if stated := rate_of(held):
        return stated
    frames = listed if isinstance(listed, list) else []
    times = [f.get("timestamp", f.get("time")) for f in frames if isinstance(f, dict)]
    known = [t for t in times if isinstance(t, int | float) and not isinstance(t, bool)]
    if len(known) < len(frames) or len(known) < 2:
        return None
    step = float(np.median([b - a for a, b in pairwise(known)]))
    rate = (1000.0 if step >= 1 else 1.0) / step if step > 0 else 0.0
    return rate if 0 < rate <= MAX_FPS else None


def _depth(content: Any) -> int:
    """How many lists are in one another, at the first items."""
    depth = 0
    while isinstance(content, list) and depth < 8:
        content, depth = (content[0] if content else None), depth + 1
    return depth if isinstance(content, int | float) else 0


def _tensor_of(content: Any) -> Raw:
    if isinstance(content, np.ndarray) and content.dtype.kind not in "fiu":
        raise SourceError("format", f"an array of {content.dtype}", expected="numbers")
    try:
        return np.asarray(content, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", f"lists that are no tensor ({error})"[:200]) from None


def _gather_tensor(frames: Frames, tensor: Raw) -> None:
    """Read a tensor of MoveNet: frames of one person each, or of six."""
    joints = len(COCO_17)
    if tensor.ndim == 5 and tensor.shape[1:] == (1, 1, joints, 3):
        people = tensor[:, 0]
    elif tensor.ndim == 4 and tensor.shape[1] == 1 and tensor.shape[3] == MULTIPOSE:
        people = tensor[:, 0, :, : 3 * joints].reshape(len(tensor), -1, joints, 3)
    else:
        found = f"an array of {' x '.join(map(str, tensor.shape))}"
        raise SourceError("format", found, expected="T x 1 x 1 x 17 x 3, or T x 1 x 6 x 56")
    if not len(tensor) or not (np.nanmin(people) >= -0.5 and np.nanmax(people) <= 1.5):
        raise SourceError("format", "numbers beyond 0..1", expected="shares of a picture")
    for number, frame in enumerate(people):
        frames.add_frame(number)
        for i, rows in enumerate(frame):
            place = f"frame {number} person {i}"
            frames.add(number, place, partial(Pose, rows[:, 1::-1], rows[:, 2]))
