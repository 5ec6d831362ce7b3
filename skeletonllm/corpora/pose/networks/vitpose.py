"""ViTPose (Xu et al., NeurIPS 2022) as easy_ViTPose and Hugging Face's pipelines are dumped.

    {"keypoints": [{"0": [[y1, x1, c1], ...], "1": [...]}, ...], "skeleton": {"0": "nose", ...}}

easy_ViTPose (``inference.py --save-json``): a frame an entry, from person to joints, y before x, in
pixels. Persons are those of its tracker. ``skeleton`` names the joints; names of animals (AP-10K)
are refused. Dumps of ``post_process_pose_estimation`` of ``transformers`` hold a list a picture:

    [[{"keypoints": [[x1, y1], ...], "scores": [c1, ...], "labels": [0, ...], "bbox": [...]}], ...]

A bare list of persons is read as frames of one where each is about where the one before was
(``video_assumed``). ``labels`` says which joints were kept, of COCO's 17 (``skeleton_assumed``:
others have been trained too). Neither rate nor picture size is stated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.coco_videos import VIDEO_ASSUMED, is_video
from skeletonllm.corpora.pose.detections import Pose, flat_numbers
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.listed_frames import rate_of, size_of
from skeletonllm.corpora.pose.networks.joint_counts import clips_of_frames
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import SourceError
from skeletonllm.topology import COCO_17

KEPT = ("keypoints", "scores", "labels")


class ViTPoseReader:
    """Reader of JSON of ViTPose; it names no actions."""

    name = "vitpose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, and a reject for each frame or person that is not read."""
        data = load(source)
        content = parse_json(data)
        frames, sha256 = Frames(source.uri), hashlib.sha256(data).hexdigest()
        if isinstance(content, dict):
            names = _gather_tracked(frames, content)
            flags: tuple[str, ...] = ()
        else:
            flags, names = _gather_kept(frames, content), ()
        facts: dict[str, Any] = {"names": names, "fps": rate_of(content), "size": size_of(content)}
        facts["flags"] = flags
        yield from clips_of_frames(self, source, sha256, frames, **facts)


def _gather_tracked(frames: Frames, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Read what easy_ViTPose wrote; the names of its joints."""
    listed, skeleton = content.get("keypoints"), content.get("skeleton")
    if not isinstance(listed, list) or not isinstance(skeleton, dict):
        expected = "an object with the list 'keypoints' and the object 'skeleton'"
        raise SourceError("format", parse_described(content), expected=expected)
    names = tuple(str(skeleton.get(str(i))) for i in range(len(skeleton)))
    if not names or set(skeleton) != {str(i) for i in range(len(names))}:
        found = f"a skeleton of {parse_described(skeleton)}"
        raise SourceError("format", found, expected="names by number, from 0")
    for number, people in enumerate(listed):
        if not isinstance(people, dict):
            found = f"a frame that is {parse_described(people)}"
            error = SourceError("format", found, expected="an object of persons")
            frames.lose_frame(f"frame {number}", error)
            continue
        frames.add_frame(number)
        for person, rows in people.items():
            place = f"frame {number} person {person[:40]}"
            frames.add(number, place, partial(_tracked_pose, rows, person, len(names)))
    return names


def _tracked_pose(rows: Any, person: str, count: int) -> Pose:
    table = flat_numbers(rows, 3, "keypoints")
    if len(table) != 3 * count:
        found = f"keypoints of {len(table)} numbers"
        raise SourceError("format", found, expected=f"{3 * count}: y, x and score of each joint")
    table = table.reshape(-1, 3)
    return Pose(table[:, 1::-1], table[:, 2], person if len(person) <= 40 else "")


def _gather_kept(frames: Frames, content: Any) -> tuple[str, ...]:
    """Read what ``post_process_pose_estimation`` returned for each picture; what to flag."""
    listed = content if isinstance(content, list) else []
    flags: tuple[str, ...] = ()
    if listed and all(isinstance(person, dict) for person in listed):
        listed, flags = _spread(listed)
    people = [person for frame in listed if isinstance(frame, list) for person in frame]
    if not any(isinstance(p, dict) and all(key in p for key in KEPT) for p in people):
        expected = f"pictures of persons with {', '.join(KEPT)}"
        raise SourceError("format", parse_described(content), expected=expected)
    for number, frame in enumerate(listed):
        if not isinstance(frame, list):
            error = SourceError("format", f"a picture that is {parse_described(frame)}")
            frames.lose_frame(f"picture {number}", error)
            continue
        frames.add_frame(number)
        for i, person in enumerate(frame):
            frames.add(number, f"picture {number} person {i}", partial(_kept_pose, person))
    return flags


def _spread(people: list[Any]) -> tuple[list[list[Any]], tuple[str, ...]]:
    """A bare list of persons as frames, if they may be one who moves, else as one picture."""
    read: list[tuple[int, list[Pose]]] = []
    for i, person in enumerate(people):
        try:
            read.append((i, [_kept_pose(person)]))
        except SourceError:
            read.append((i, []))
    return ([[person] for person in people], (VIDEO_ASSUMED,)) if is_video(read) else ([people], ())


def _kept_pose(person: Any) -> Pose:
    if not isinstance(person, dict) or not all(key in person for key in KEPT):
        raise SourceError("format", f"a person that is {parse_described(person)}", expected=KEPT[0])
    xy = flat_numbers(person["keypoints"], 2, "keypoints")
    score, labels = (read_numbers(person[key], key) for key in KEPT[1:])
    if not len(xy) == 2 * len(score) == 2 * len(labels):
        found = f"{len(xy)} numbers, {len(score)} scores and {len(labels)} labels"
        raise SourceError("format", found, expected="two numbers, a score and a label a joint")
    known = len(COCO_17)
    if len({*labels.tolist()}) < len(labels) or not np.isin(labels, np.arange(known)).all():
        raise SourceError("format", "labels that are no joints", expected=f"0 to {known - 1}, once")
    joints, scores = np.zeros((known, 2)), np.zeros(known)
    index = labels.astype(np.int64)
    joints[index], scores[index] = xy.reshape(-1, 2), score
    return Pose(joints, scores)
