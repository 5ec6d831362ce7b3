"""MMPose (OpenMMLab) as its inferencers and demos write it: JSON of a picture or of a video.

    [{"keypoints": [[x1, y1], ...], "keypoint_scores": [c1, ...], "bbox": [[...]]}, ...]  (picture)
    [{"frame_id": 0, "instances": [<as above>, ...]}, ...]                                (video)
    {"meta_info": {"keypoint_id2name": {"0": "nose", ...}, ...}, "instance_info": [<either>]}

``MMPoseInferencer(pred_out_dir=...)`` writes the first two (a file a picture, named after it),
``demo/topdown_demo_with_mmdet.py --save-predictions`` the third, which names the joints. What the
inferencer returns is dumped by many: ``{"predictions": [[...]]}``, or bare lists of lists, a list a
frame. Without names the number of joints is all there is (``skeleton_assumed``).

Coordinates are pixels; three of a joint are those of a lifter, in space, and are read as the 17
joints of Human3.6M without a unit (:mod:`skeletonllm.corpora.pose.triangulated`). ``track_id`` is
there where something tracked. Neither rate nor picture size is stated. Pictures of one folder that
are named by numbers are one clip, as frames; a video is one of its own, whatever its file is called
(:mod:`skeletonllm.corpora.pose.networks.series`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.formats.json_text import parse_described, read_numbers
from skeletonllm.corpora.pose.detections import Pose, flat_numbers, track_name, whole_number
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.listed_frames import frames_of, parse_json_or_lines, rate_of, size_of
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.pose.networks.series import PICTURES, Content, Series, check_frames
from skeletonllm.corpora.pose.triangulated import space_clip
from skeletonllm.corpora.reader import Reader, Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import H36M_17

INSTANCES = ("instances", "predictions")
KEYPOINTS, SCORES = "keypoints", "keypoint_scores"
MAX_DEPTH = 4


class MMPoseReader:
    """Reader of MMPose's JSON; it names no actions."""

    name = "mmpose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``; those that differ by a number are one source."""
        return PICTURES.sources(root)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clip of all pictures of a source, and one of every video."""
        yield from Series(self, PICTURES, _parse, _clips).read(source)


def _clips(
    reader: Reader, source: Source, sha256: str, frames: Frames, **facts: Any
) -> Iterator[Clip | Reject]:
    """The clip of some frames, in the picture or, of a lifter, in space."""
    if frames.dims != 3:
        yield from clips_of_frames(reader, source, sha256, frames, **facts)
        return
    people = frames.people()
    yield from frames.rejects
    if people is None:
        return
    if people.joints.shape[2] != len(H36M_17):
        found = f"{people.joints.shape[2]} keypoints in space"
        raise SourceError("format", found, expected="the 17 of Human3.6M")
    flags = (SKELETON_ASSUMED, *frames.flags, *facts.get("flags", ()))
    known = {key: facts[key] for key in ("part", "fps") if key in facts}
    yield space_clip(reader, source, sha256, people, H36M_17, flags=flags, **known)


def _parse(data: bytes) -> Content:
    """What a file holds: frames, or the instances of one picture."""
    whole = parse_json_or_lines(data)
    names, listed = _unpacked(whole)
    if not _is_video(listed):
        return Content({0: listed}, _pose, picture=True, names=names)
    content = Content({}, _pose, names=names, fps=rate_of(whole), size=size_of(whole))
    for i, frame in enumerate(listed):
        try:
            number, instances = _frame(frame, i)
            if number in content.frames:
                raise SourceError("format", f"frame_id {number} twice")
            content.frames[number] = instances
        except SourceError as error:
            content.lost.append((f"frame {i}", error))
    return content


def _unpacked(content: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Names of the joints, where there are any, and what is listed."""
    names: tuple[str, ...] = ()
    if isinstance(content, dict):
        meta = content.get("meta_info")
        names = _names(meta) if isinstance(meta, dict) else ()
        content = content.get("instance_info", content.get("predictions", content))
    if isinstance(content, dict):
        frames = frames_of(content) or {}
        content = [
            {"frame_id": number} | frame
            if isinstance(frame, dict)
            else {"frame_id": number, INSTANCES[0]: frame}
            for number, frame in frames.items()
        ]
    check_frames(len(content) if isinstance(content, list) else 0)
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


def _is_video(listed: list[Any]) -> bool:
    """Whether what is listed is frames, and not the instances of one picture."""
    first = listed[0]
    inside = [item for item in _flat(listed) if isinstance(item, dict)]
    if isinstance(first, dict) and any(isinstance(first.get(key), list) for key in INSTANCES):
        return True
    if any(map(_is_instance, inside)):
        return isinstance(first, list)
    expected = "instances with keypoints and keypoint_scores"
    raise SourceError("format", parse_described(listed), expected=expected)


def _is_instance(item: Mapping[str, Any]) -> bool:
    """Whether it is a person of MMPose: scores beside the keypoints, and no picture's name."""
    return KEYPOINTS in item and SCORES in item and "image_id" not in item


def _frame(frame: Any, i: int) -> tuple[int, list[Any]]:
    """Number and instances of a frame."""
    if isinstance(frame, list):
        return i, _flat(frame)
    held = frame if isinstance(frame, dict) else {}
    instances = next((held[key] for key in INSTANCES if isinstance(held.get(key), list)), None)
    if instances is None:
        raise SourceError("format", parse_described(frame), expected=INSTANCES[0])
    number = whole_number(held.get("frame_id", i))
    if number is None:
        raise SourceError("format", f"frame_id {held['frame_id']!r:.40}", expected="a whole number")
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
        raise SourceError(
            "format", f"keypoints that are {parse_described(rows)}", expected="[x, y]"
        )
    width = 3 if isinstance(rows[0], list) and len(rows[0]) == 3 else 2
    joints = flat_numbers(rows, width, KEYPOINTS).reshape(-1, width)
    if isinstance(scores, list) and len(scores) == 1 and isinstance(scores[0], list):
        scores = scores[0]
    score = np.ones(len(joints)) if scores is None else read_numbers(scores, SCORES)
    if len(score) != len(joints):
        raise SourceError("format", f"{len(joints)} keypoints and {len(score)} scores")
    return Pose(joints, score, track_name(instance.get("track_id")))
