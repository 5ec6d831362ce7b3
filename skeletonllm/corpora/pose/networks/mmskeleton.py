"""MMSkeleton (Yan et al., open-mmlab): one JSON a video, of its own pose estimators.

    {"info": {"video_name": "a.mp4", "resolution": [1280, 720], "num_frame": 30,
      "num_keypoints": 17, "keypoint_channels": ["x", "y", "score"], "version": "1.0"},
     "category_id": 3,
     "annotations": [{"frame_index": 0, "id": 0, "person_id": null,
       "keypoints": [[x1, y1, c1], ...]}, ...]}

As mmskeleton/processor/skeleton_dataset.py writes it: pixels of a picture whose width and height
are stated, frames from 0 of which those without people have no entry, and joints by their number
alone (``skeleton_assumed``). ``id`` counts the people of a frame; ``person_id`` is null unless
something tracked. ``category_id`` -1 is no label. Counts that are stated are compared with those
found: what does not fit is a reject. No rate is stated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.detections import Pose, flat_numbers, track_name, whole_number
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.listed_frames import rate_of
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.labels import Facts, is_unlabelled
from skeletonllm.corpora.toolkit.pictures import Size, stated_size
from skeletonllm.errors import SourceError

CHANNELS = ("x", "y", "score")
MAX_CLASSES = 1 << 20
MAX_FRAMES = 1 << 24


class MMSkeletonReader:
    """Reader of MMSkeleton's JSON; classes have numbers, and names elsewhere."""

    name = "mmskeleton"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The open namespace ``mmskeleton``."""
        return {"mmskeleton": ()}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, and a reject for each person that is not read."""
        data = load(source)
        content = parse_json(data)
        info = content.get("info") if isinstance(content, dict) else None
        listed = content.get("annotations") if isinstance(content, dict) else None
        if not isinstance(info, dict) or "keypoint_channels" not in info:
            expected = "an object with 'info' that names keypoint_channels"
            raise SourceError("format", parse_described(content), expected=expected)
        if not isinstance(listed, list):
            raise SourceError("format", "no list 'annotations'")
        frames, sha256 = _frames(source.uri, info, listed), hashlib.sha256(data).hexdigest()
        label = _label(content)
        yield from clips_of_frames(
            self, source, sha256, frames, size=_size(info), fps=rate_of(info), **label
        )


def _frames(uri: str, info: Mapping[str, Any], listed: list[Any]) -> Frames:
    channels, stated = info["keypoint_channels"], info.get("num_frame")
    if not isinstance(channels, list) or not {"x", "y"} <= {*map(str, channels)}:
        raise SourceError("format", f"keypoint_channels {channels!r:.80}", expected=CHANNELS[0])
    frames = Frames(uri)
    length = stated if type(stated) is int and 0 < stated <= MAX_FRAMES else None
    for number in (0, length - 1) if length else ():
        frames.add_frame(number)
    joints = info.get("num_keypoints")
    for i, entry in enumerate(listed):
        place = f"annotation {i}"
        try:
            number = _number(entry, length)
        except SourceError as error:
            frames.lose_person(place, error)
            continue
        frames.add(number, place, partial(_pose, entry, [*map(str, channels)], joints))
    return frames


def _number(entry: Any, length: int | None) -> int:
    number = whole_number(entry.get("frame_index")) if isinstance(entry, dict) else None
    if number is None:
        found = f"an annotation that is {parse_described(entry)}"
        raise SourceError("format", found, expected="a whole frame_index")
    if length is not None and not 0 <= number < length:
        found = f"frame_index {number}"
        raise SourceError("format", found, expected=f"below {length}, the num_frame of the file")
    return number


def _pose(entry: Mapping[str, Any], channels: list[str], joints: Any) -> Pose:
    flat = flat_numbers(entry.get("keypoints"), len(channels), "keypoints")
    count, rest = divmod(len(flat), len(channels))
    if rest or not count or (type(joints) is int and joints > 0 and count != joints):
        found = f"keypoints of {len(flat)} numbers"
        expected = f"{len(channels)} for each of {joints if type(joints) is int else 'the'} joints"
        raise SourceError("format", found, expected=expected)
    table = flat.reshape(count, -1)
    xy = table[:, [channels.index("x"), channels.index("y")]]
    score = table[:, channels.index(CHANNELS[2])] if CHANNELS[2] in channels else np.ones(count)
    return Pose(xy, score, track_name(entry.get("person_id")))


def _size(info: Mapping[str, Any]) -> Size | None:
    sides = info.get("resolution")
    return stated_size(*sides) if isinstance(sides, list) and len(sides) == 2 else None


def _label(content: Mapping[str, Any]) -> Facts:
    number = content.get("category_id")
    if is_unlabelled(number):
        return {}
    if type(number) is not int or number >= MAX_CLASSES:
        raise SourceError("unknown_label", f"category_id {number!r:.40}", expected="a whole number")
    return {"label": f"class {number}", "label_id": number, "label_namespace": "mmskeleton"}
