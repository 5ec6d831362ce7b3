"""AlphaPose (Fang et al., TPAMI 2022): one JSON list a video or folder of pictures.

    [{"image_id": "12.jpg", "category_id": 1, "keypoints": [x1, y1, c1, ...], "score": 2.8,
      "idx": 3}, ...]

A detection an entry. ``image_id`` is the name of a picture, and its last number that of the frame:
"10.jpg" comes after "2.jpg". Pictures without a person are not listed, so numbers that are skipped
are empty frames. ``idx`` is there where AlphaPose tracked. ``score`` is that of the whole person
(up to 3 and more) and is not read. 16 joints are MPII's, 17 COCO's, 26 and 136 Halpe's, 133 those
of COCO-WholeBody. Neither rate nor picture size is stated.

Result lists of COCO look the same but for their ``image_id``, a number: ``--corpus coco``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.detections import (
    Pose,
    frame_number,
    gather_people,
    image_clip,
    split_triples,
    track_name,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import SourceError
from skeletonllm.pose_topologies import COCO_WHOLEBODY_133, HALPE_26, HALPE_136, MPII_16
from skeletonllm.topology import COCO_17

TOPOLOGIES = {len(t): t for t in (COCO_17, MPII_16, HALPE_26, HALPE_136, COCO_WHOLEBODY_133)}


class AlphaPoseReader:
    """Reader of ``alphapose-results.json``; AlphaPose names no actions, so clips bear no label."""

    name = "alphapose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        content = parse_json(data)
        people, joints = _frames(_detections(content))
        sha256 = hashlib.sha256(data).hexdigest()
        yield image_clip(
            self, source, sha256, gather_people(people), TOPOLOGIES[joints], shares=False
        )


def _detections(content: Any) -> list[Any]:
    if not isinstance(content, list):
        hint = "Run AlphaPose with its own format, not --format cmu or open."
        raise SourceError(
            "format", parse_described(content), expected="a list of detections", hint=hint
        )
    if not content:
        raise SourceError("no_body", "a list of 0 detections")
    return content


def _frames(detections: list[Any]) -> tuple[dict[int, list[Pose]], int]:
    """Poses by frame, and their number of joints."""
    frames: dict[int, list[Pose]] = {}
    names: dict[int, str] = {}
    joints: int | None = None
    for i, detection in enumerate(detections):
        where = f"detection {i}"
        if not isinstance(detection, dict) or "keypoints" not in detection:
            raise SourceError(
                "format", parse_described(detection), expected="keypoints", where=where
            )
        name, number = _picture(detection.get("image_id"), where)
        if names.setdefault(number, name) != name:
            found = f"pictures {names[number]!r:.80} and {name!r:.80} of one number"
            raise SourceError("format", found, hint="Split it into one file a video.")
        xy, score = split_triples(detection["keypoints"], sorted(TOPOLOGIES), "keypoints")
        if joints not in (None, len(score)):
            raise SourceError("format", f"{len(score)} joints after {joints}", where=where)
        joints = len(score)
        frames.setdefault(number, []).append(Pose(xy, score, track_name(detection.get("idx"))))
    return frames, joints or 0


def _picture(name: Any, where: str) -> tuple[str, int]:
    """The name of a picture and the number of its frame."""
    if not isinstance(name, str):
        hint = "Results of COCO are read with --corpus coco."
        found = f"image_id {name!r:.40}"
        raise SourceError("format", found, expected="a file name", where=where, hint=hint)
    number = frame_number(name)
    if number is None:
        raise SourceError(
            "format", f"image_id {name!r:.80}", expected="a number in it", where=where
        )
    return name, number
