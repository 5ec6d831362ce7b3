"""AlphaPose (Fang et al., TPAMI 2022): one JSON list a video or folder of pictures.

    [{"image_id": "12.jpg", "category_id": 1, "keypoints": [x1, y1, c1, ...], "score": 2.8,
      "idx": 3}, ...]

A detection an entry. ``image_id`` is the name of a picture, and the last number in it that differs
between pictures that of the frame: "10.jpg" comes after "2.jpg". Pictures without a person are not
listed, so numbers that are skipped are empty frames. ``idx`` is there where AlphaPose tracked.
``score`` is that of the whole person (up to 3 and more) and is not read. 16 joints are MPII's, 17
COCO's, 26, 68 (without the face) and 136 Halpe's, 133 those of COCO-WholeBody. Neither rate nor
picture size is stated.

Other forms of the tool name the pictures in an object (``--format cmu`` and ``open``, 18 joints of
OpenPose, without ids; ``...-forvis-tracked.json`` of PoseFlow), and ``sep-json/`` has them a file
each (alphapose/utils/pPose_nms.py, ``write_json``):

    {"12.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": [x1, y1, c1, ...]}]}}
    {"12.jpg": {"version": "AlphaPose v0.3", "people": [{"pose_keypoints_2d": [...]}]}}
    {"12.jpg": [{"keypoints": [...], "scores": 2.9, "idx": 1}]}

A detection that cannot be read is a reject, and costs no other. Result lists of COCO look the same
but for their ``image_id``, a number: ``--corpus coco``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, list_sources, load, mark_duplicates, plain_path
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.detections import (
    Pose,
    frame_number,
    image_clip,
    split_triples,
    track_name,
)
from skeletonllm.corpora.pose.frames import Frames
from skeletonllm.corpora.pose.joint_orders import choose_order
from skeletonllm.corpora.pose.numbered_files import NumberedFiles
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.pose_topologies import (
    COCO_WHOLEBODY_133,
    HALPE_26,
    HALPE_68,
    HALPE_136,
    MPII_16,
    OPENPOSE_18,
)
from skeletonllm.topology import COCO_17

TOPOLOGIES = {
    len(t): t for t in (COCO_17, MPII_16, HALPE_26, HALPE_68, HALPE_136, COCO_WHOLEBODY_133)
}
CONVERTED = {len(OPENPOSE_18): OPENPOSE_18}
"""What the forms of OpenPose hold: AlphaPose writes them from COCO's 17 and the neck between."""

KEYS = ("keypoints", "joints", "pose_keypoints_2d")
LISTS = ("bodies", "people")
MOST_DETECTIONS = 1 << 19
"""Of one file: ten people an image for half an hour."""

VERSION = "AlphaPose"
"""With what the version of a file of one picture starts; OpenPose's is a number."""

SEPARATE = "sep-json"
PICTURES = NumberedFiles(".json", keep=lambda uri: PurePosixPath(uri).parent.name == SEPARATE)
"""Files of a picture each, in the folder that AlphaPose gives them."""

Detection = tuple[Any, Any]
"""The name of a picture, and what was detected in it."""

_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


class AlphaPoseReader:
    """Reader of ``alphapose-results.json``; AlphaPose names no actions, so clips bear no label."""

    name = "alphapose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``; those in folders ``sep-json`` by their video."""
        try:
            apart = PICTURES.sources(root)
        except UsageError:
            return list_sources(root, ".json")
        try:
            whole = list_sources(root, ".json", keep=lambda uri: not PICTURES.keep(uri))
        except UsageError:
            whole = []
        return mark_duplicates([*whole, *apart])

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file or folder, and a reject for each detection that is not read."""
        digest, detections, left = hashlib.sha256(), list[Detection](), MAX_BYTES
        frames = Frames(source.uri)
        apart = bool(PICTURES.keep(plain_path(source.uri)))
        files = PICTURES.files(source) if apart else [source]
        for file in files:
            name = PurePosixPath(plain_path(file.uri)).name
            try:
                data = load(file, left)
                left -= len(data)
                detections += _detections(parse_json(data), name if apart else "")
            except SourceError as error:
                if len(files) == 1:
                    raise
                frames.lose_frame(name, error)
                continue
            digest.update(data)
        _gather(frames, detections)
        people = frames.people()
        yield from frames.rejects
        if people is None:
            return
        joints = people.joints.shape[2]
        topology, guessed = choose_order(people, [(TOPOLOGIES | CONVERTED)[joints]])
        flags = (*guessed, *frames.flags)
        yield image_clip(self, source, digest.hexdigest(), people, topology, flags=flags)


def _detections(content: Any, name: str) -> list[Detection]:
    """What was detected, by names of pictures; ``name`` is that of a file of one picture."""
    held = content if isinstance(content, dict) else {}
    if str(held.get("version")).startswith(VERSION) or isinstance(held.get(LISTS[0]), list):
        content = {name or "picture 0": content}
    if isinstance(content, list):
        if not content:
            raise SourceError("no_body", "a list of 0 detections")
        return [(name or _image_id(entry), entry) for entry in content]
    if not isinstance(content, dict) or not content or not all(map(_is_picture, content.values())):
        expected = "a list of detections, or an object of pictures"
        raise SourceError("format", parse_described(content), expected=expected)
    found: list[Detection] = []
    for picture, entry in content.items():
        bodies = entry if isinstance(entry, list) else next(entry[k] for k in LISTS if k in entry)
        found += [(picture, body) for body in bodies] or [(picture, None)]
    return found


def _is_picture(entry: Any) -> bool:
    """Whether an entry of an object is what was detected in one picture."""
    if isinstance(entry, dict):
        return any(isinstance(entry.get(key), list) for key in LISTS)
    return isinstance(entry, list) and all(
        isinstance(body, dict) and "keypoints" in body for body in entry
    )


def _image_id(entry: Any) -> Any:
    return entry.get("image_id") if isinstance(entry, dict) else None


def _gather(frames: Frames, detections: Sequence[Detection]) -> None:
    """Sort the detections of a clip into its frames.

    Raises:
        SourceError: ``format``: none of them is one, or two pictures bear one number.
    """
    if len(detections) > MOST_DETECTIONS:
        expected = f"at most {MOST_DETECTIONS}"
        raise SourceError("unsafe", f"{len(detections)} detections", expected=expected)
    faults = [_fault(f"detection {i}", *detection) for i, detection in enumerate(detections)]
    if all(faults):
        raise next(fault for fault in faults if fault)
    numbers = _numbers(
        [name for (name, _), fault in zip(detections, faults, strict=True) if not fault]
    )
    for i, ((name, entry), fault) in enumerate(zip(detections, faults, strict=True)):
        if fault:
            frames.lose_person(f"detection {i}", fault)
        elif entry is None:
            frames.add_frame(numbers[name])
        else:
            frames.add(numbers[name], f"detection {i}", partial(_pose, entry))


def _fault(where: str, name: Any, entry: Any) -> SourceError | None:
    """Why something is no detection in a numbered picture."""
    if entry is not None and not (isinstance(entry, dict) and any(key in entry for key in KEYS)):
        return SourceError("format", parse_described(entry), expected="keypoints", where=where)
    found = f"image_id {name!r:.80}"
    if not isinstance(name, str):
        hint = "Results of COCO are read with --corpus coco."
        return SourceError("format", found, expected="a file name", where=where, hint=hint)
    if frame_number(name) is None:
        return SourceError("format", found, expected="a number in it", where=where)
    return None


def _numbers(names: Sequence[str]) -> dict[str, int]:
    """Number of the frame of each picture: the last number in the names that tells them apart.

    Example:
        >>> _numbers(["f_0007_cam2.png", "f_0008_cam2.png"])
        {'f_0007_cam2.png': 7, 'f_0008_cam2.png': 8}
    """
    pictures = list(dict.fromkeys(names))
    written = [_DIGITS.findall(_stem(name)) for name in pictures]
    for place in range(1, 1 + min(map(len, written), default=0)):
        found = [int(digits[-place]) for digits in written]
        if len(set(found)) == len(found):
            return dict(zip(pictures, found, strict=True))
        if len({_DIGITS.sub("#", _stem(name)) for name in pictures}) > 1:
            break  # names of several kinds: only the last number can be that of a frame
    last = [int(digits[-1]) for digits in written]
    first, other = next(
        (pictures[last.index(number)], pictures[i])
        for i, number in enumerate(last)
        if number in last[:i]
    )
    found_twice = f"pictures {first!r:.80} and {other!r:.80} of one number"
    raise SourceError("format", found_twice, hint="Split it into one file a video.")


def _stem(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def _pose(entry: Mapping[str, Any]) -> Pose:
    key = next(key for key in KEYS if key in entry)
    counts = sorted(TOPOLOGIES if key == KEYS[0] else CONVERTED)
    xy, score = split_triples(entry[key], counts, key)
    return Pose(xy, score, track_name(entry.get("idx")))
