"""Body tracking of Stereolabs' ZED SDK, as its JSON export samples write it: 18, 34 or 38 joints.

    {"1669803263123": {"is_new": true, "is_tracked": true, "timestamp": 1669803263123456000,
       "body_list": [{"id": 0, "tracking_state": "OK", "confidence": 92.1,
                      "keypoint": [[x, y, z] x 18], "keypoint_confidence": [88.0, ...], ...}]}}

Keys are milliseconds; a list of such frames, ``frames`` with one, and the ``object_list`` of SDK 3
are read too. What the joints are follows from ``body_format`` where the
file states it, else from their number, which is flagged. A keypoint of NaN or null is missing.

The sample asks the SDK for metres, right-handed, +y up; the SDK's own default is millimetres, +y
down. The file says neither, so unit and up go by the body, and both are flagged where they had to
be guessed (zed-sdk, body tracking/export/JSON export; SDK reference, BODY_18_PARTS and others).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.labs.tracked_bodies import (
    clip_of_bodies,
    number_or_none,
    rate_of_stamps,
    read_triples,
)
from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.errors import SourceError
from skeletonllm.sensor_topologies import ZED_18, ZED_34, ZED_38

MAX_BYTES = 256 << 20
TOPOLOGIES = {18: ZED_18, 34: ZED_34, 38: ZED_38}
LISTS = ("body_list", "object_list", "bodies")
FORMATS = ("body_format", "bodyFormat", "skeleton_format")


class ZedReader:
    """Reader of ``.json`` files of ZED's body tracking."""

    name = "zed"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source, MAX_BYTES)
        content = parse_json(data)
        frames = _frames_of(content)
        count, named = _count(content, frames)
        bodies = {t: _bodies(frame, count, t) for t, frame in enumerate(frames)}
        yield clip_of_bodies(
            self, source, data, bodies, TOPOLOGIES[count],
            fps=_rate(frames), unit_m=None, flags=() if named else (SKELETON_ASSUMED,),
        )  # fmt: skip


def _frames_of(content: Any) -> list[dict[str, Any]]:
    """The frames in the order of their stamps.

    Raises:
        SourceError: ``format`` for JSON of another kind.
    """
    if isinstance(content, dict):
        inner = content.get("frames", content)
        if isinstance(inner, dict) and any(key in inner for key in LISTS):
            inner = [inner]
        if isinstance(inner, dict):
            keys = sorted(inner, key=lambda key: (number_or_none(key) is None, _stamp(key), key))
            inner = [inner[key] for key in keys if isinstance(inner[key], dict)]
        content_list = inner
    else:
        content_list = content
    frames = content_list if isinstance(content_list, list) else []
    known = [f for f in frames if isinstance(f, dict) and ({*LISTS} & {*f} or "is_tracked" in f)]
    other = any(isinstance(b, dict) and "keypoint" not in b for f in known for b in _listed(f))
    other &= not any("keypoint" in b for f in known for b in _listed(f) if isinstance(b, dict))
    if not known or len(known) < len(frames) or other:
        expected = "frames with a body_list, as the ZED SDK's JSON export writes them"
        raise SourceError("format", parse_described(content), expected=expected)
    return known


def _stamp(key: str) -> float:
    number = number_or_none(key)
    return number if number is not None and np.isfinite(number) else 0.0


def _listed(frame: Mapping[str, Any]) -> list[Any]:
    """The bodies of a frame; the C++ sample writes no list where nobody is seen."""
    found = next((frame[key] for key in LISTS if key in frame), None)
    return found if isinstance(found, list) else []


def _count(content: Any, frames: list[dict[str, Any]]) -> tuple[int, bool]:
    """How many joints a body has, and whether a name says so."""
    for place in (content, frames[0]):
        text = next((place[k] for k in FORMATS if k in place), "") if type(place) is dict else ""
        number = "".join(c for c in str(text) if c.isdigit())
        if number in ("18", "34", "38"):
            return int(number), True
    bodies = [body for frame in frames for body in _listed(frame) if isinstance(body, dict)]
    counts = {len(body["keypoint"]) for body in bodies if isinstance(body.get("keypoint"), list)}
    counts -= {0}
    if not counts:
        raise SourceError("no_body", f"nobody is tracked in any of {len(frames)} frames")
    if len(counts) > 1 or not counts <= {*TOPOLOGIES}:
        found = f"bodies of {', '.join(map(str, sorted(counts)[:6]))} keypoints"
        raise SourceError("format", found, expected="18, 34 or 38, the same in all frames")
    return counts.pop(), False


def _bodies(frame: Mapping[str, Any], count: int, t: int) -> list[Pose]:
    poses = []
    for body in _listed(frame):
        where = f"frame {t}"
        if not isinstance(body, dict):
            raise SourceError("format", parse_described(body), expected="a body", where=where)
        if not body.get("keypoint"):
            continue  # an object that was detected, without a skeleton
        joints = read_triples(body["keypoint"], count, f"{where}: keypoint")
        score = np.ones(count)
        given = body.get("keypoint_confidence")
        if isinstance(given, list) and len(given) == count:
            trust = read_numbers(given, f"{where}: keypoint_confidence") / 100.0
            score = np.clip(np.where(np.isfinite(trust), trust, 0.0), 0.0, 1.0)
        if not score.any():
            score = np.ones(count)  # with body fitting, older versions give no confidences
        lost = np.isnan(joints).any(-1) | (joints == 0).all(-1)
        name = body.get("id")
        person = str(name) if type(name) is int and name >= 0 else ""
        poses.append(Pose(joints, np.where(lost, 0.0, score), person))
    return poses


def _rate(frames: list[dict[str, Any]]) -> float | None:
    """Frames a second by the stamps, which are nanoseconds."""
    stamps = [number_or_none(frame.get("timestamp")) for frame in frames]
    return rate_of_stamps(stamps, 1e-9)
