"""MMPose (OpenMMLab) as its inferencers and demos write it: JSON of a picture or of a video.

    [{"keypoints": [[x1, y1], ...], "keypoint_scores": [c1, ...], "bbox": [[...]]}, ...]  (picture)
    [{"frame_id": 0, "instances": [<as above>, ...]}, ...]                                (video)
    {"meta_info": {"keypoint_id2name": {"0": "nose", ...}, ...}, "instance_info": [<either>]}

``MMPoseInferencer(pred_out_dir=...)`` writes the first two (a file a picture, named after it),
``demo/topdown_demo_with_mmdet.py --save-predictions`` the third, which names the joints. What the
inferencer returns is dumped by many: ``{"predictions": [[...]]}``, or bare lists of lists, a list a
frame. Without names the number of joints is all there is (``skeleton_assumed``).

Coordinates are pixels; three of a joint are those of a lifter, in space, and are read as Human3.6M's
17 joints without a unit (:mod:`skeletonllm.corpora.pose.triangulated`). ``track_id`` is there where
something tracked. Neither rate nor picture size is stated. Pictures of one folder that are named by
numbers are one clip, as frames; a video is one of its own, whatever its file is called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.mocap.human36m_topologies import H36M_17
from skeletonllm.corpora.pose.detections import Pose, track_name
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.pose.numbered_files import NumberedFiles
from skeletonllm.corpora.pose.triangulated import space_clip
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.errors import SourceError

FILES = NumberedFiles(
    ".json", re.compile(r"(?P<video>(?:.*[^0-9])??)_?(?P<number>\d{4,18}|(?<![^_])\d{1,18})", re.DOTALL | re.ASCII)
)
"""Pictures are numbered with zeros or by numbers alone; ``walk2.json`` is a video of that name."""

INSTANCES = ("instances", "predictions")
KEYPOINTS, SCORES = "keypoints", "keypoint_scores"
MAX_DEPTH = 4


class MMPoseReader:
    """Reader of MMPose's JSON; it names no actions."""

    name = "mmpose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``; those that differ by a number alone are one source."""
        return FILES.sources(root)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clip of all pictures of a source, and one of every video."""
        files = FILES.files(source)
        pictures, digest = Frames(source.uri), hashlib.sha256()
        names: tuple[str, ...] = ()
        for file in files:
            title = PurePosixPath(file.uri).name
            try:
                data = load(file, MAX_BYTES)
                content = parse_json(data)
                named, listed = _unpacked(content)
                frames = _frames(listed)
                if frames is not None:
                    part = PurePosixPath(file.uri).stem if len(files) > 1 else ""
                    yield from self._video(source, data, frames, named, part)
                    continue
                names = names or named
                digest.update(title.encode() + b"\0" + data)
                number = FILES.place(file.uri)[1]
                pictures.add_frame(number)
                for i, instance in enumerate(listed):
                    pictures.add(number, f"{title} instance {i}", partial(_pose, instance))
            except SourceError as error:
                if len(files) == 1:
                    raise
                pictures.lose_frame(title, error)
        if pictures.poses or pictures.rejects:
            sha256 = digest.hexdigest()
            yield from clips_of_frames(self, source, sha256, pictures, names=names, shares=False)

    def _video(
        self, source: Source, data: bytes, listed: list[Any], names: tuple[str, ...], part: str
    ) -> Iterator[Clip | Reject]:
        """The clip of one file that lists frames."""
        frames, sha256 = Frames(source.uri), hashlib.sha256(data).hexdigest()
        for i, frame in enumerate(listed):
            place = " ".join(filter(None, (part, f"frame {i}")))
            try:
                number, instances = _frame(frame, i, frames)
            except SourceError as error:
                frames.lose_frame(place, error)
                continue
            frames.add_frame(number)
            for j, instance in enumerate(instances):
                frames.add(number, f"{place} instance {j}", partial(_pose, instance))
        if frames.dims == 3:
            yield from self._lifted(source, sha256, frames, part)
            return
        yield from clips_of_frames(
            self, source, sha256, frames, names=names, part=part, shares=False
        )

    def _lifted(
        self, source: Source, sha256: str, frames: Frames, part: str
    ) -> Iterator[Clip | Reject]:
        people = frames.people()
        yield from frames.rejects
        if people is None:
            return
        if people.joints.shape[2] != len(H36M_17):
            found = f"{people.joints.shape[2]} keypoints in space"
            raise SourceError("format", found, expected="the 17 of Human3.6M")
        flags = (SKELETON_ASSUMED, *frames.flags)
        yield space_clip(self, source, sha256, people, H36M_17, part=part, flags=flags)


def _unpacked(content: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Names of the joints, where there are any, and what is listed."""
    names: tuple[str, ...] = ()
    if isinstance(content, dict):
        meta = content.get("meta_info")
        names = _names(meta) if isinstance(meta, dict) else ()
        content = content.get("instance_info", content.get("predictions", content))
    if not isinstance(content, list) or not content:
        expected = "instances with keypoint_scores, frames of them, or 'instance_info'"
        raise SourceError("format", parse_described(content), expected=expected)
    return names, content


def _names(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the joints, from ``keypoint_id2name`` or ``keypoint_name2id``, in order."""
    by_id, by_name = meta.get("keypoint_id2name"), meta.get("keypoint_name2id")
    if isinstance(by_id, list):
        return tuple(map(str, by_id))
    if not isinstance(by_id, dict) and isinstance(by_name, dict):
        by_id = {str(number): name for name, number in by_name.items()}
    if not isinstance(by_id, dict) or set(by_id) != {str(i) for i in range(len(by_id))}:
        return ()
    return tuple(str(by_id[str(i)]) for i in range(len(by_id)))


def _frames(listed: list[Any]) -> list[Any] | None:
    """What is listed, if it is frames; None where it is the instances of one picture."""
    first = listed[0]
    if isinstance(first, list):
        if any(isinstance(item, dict) and _is_instance(item) for item in _flat(listed)):
            return listed
    elif isinstance(first, dict) and any(isinstance(first.get(key), list) for key in INSTANCES):
        return listed
    elif any(isinstance(item, dict) and _is_instance(item) for item in listed):
        return None
    expected = "instances with keypoints and keypoint_scores"
    raise SourceError("format", parse_described(listed), expected=expected)


def _is_instance(item: Mapping[str, Any]) -> bool:
    """Whether it is a person of MMPose: scores stand beside the keypoints, and no picture's name."""
    return KEYPOINTS in item and SCORES in item and "image_id" not in item


def _frame(frame: Any, i: int, frames: Frames) -> tuple[int, list[Any]]:
    """Number and instances of a frame."""
    if isinstance(frame, list):
        return i, _flat(frame)
    held = frame if isinstance(frame, dict) else {}
    instances = next((held[key] for key in INSTANCES if isinstance(held.get(key), list)), None)
    if instances is None:
        raise SourceError("format", parse_described(frame), expected=INSTANCES[0])
    number = held.get("frame_id", i)
    if type(number) is not int or number in frames.poses:
        found = f"frame_id {number!r:.40}" + (" twice" if type(number) is int else "")
        raise SourceError("format", found, expected="a whole number of its own")
    return number, _flat(instances)


def _flat(listed: list[Any], depth: int = MAX_DEPTH) -> list[Any]:
    """What is in lists of lists, in order."""
    flat: list[Any] = []
    for item in listed:
        flat += _flat(item, depth - 1) if isinstance(item, list) and depth else [item]
    return flat


def _pose(instance: Any) -> Pose:
    if not isinstance(instance, dict) or KEYPOINTS not in instance:
        raise SourceError("format", parse_described(instance), expected=KEYPOINTS)
    rows, scores = instance[KEYPOINTS], instance.get(SCORES)
    if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], list):
        rows = rows[0] if rows[0] and isinstance(rows[0][0], list) else rows
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise SourceError("format", f"keypoints that are {parse_described(rows)}", expected="[x, y]")
    joints = np.stack([_numbers(row) for row in rows])
    if isinstance(scores, list) and len(scores) == 1 and isinstance(scores[0], list):
        scores = scores[0]
    score = np.ones(len(joints)) if scores is None else read_numbers(scores, SCORES)
    if len(score) != len(joints):
        raise SourceError("format", f"{len(joints)} keypoints and {len(score)} scores")
    return Pose(joints, score, track_name(instance.get("track_id")))
