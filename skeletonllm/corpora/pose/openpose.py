"""OpenPose (Cao et al., TPAMI 2019): a folder of one JSON a frame.

    <folder>/<video>_000000000012_keypoints.json
    {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": [x1, y1, c1, ...], ...}]}

18 joints (COCO model) or 25 (BODY_25), under ``pose_keypoints_2d`` or, before version 1.2, under
``pose_keypoints``. Hands and faces are not read. Coordinates are pixels or, with
``--keypoint_scale 3``, shares of the picture; a missing joint is 0, 0 with score 0. Neither rate
nor picture size is stated, and persons bear ids only where OpenPose tracked: else motion decides.

The frames of one video, by the name before the number, are one source and one clip. A number that
is skipped is an empty frame. A frame that cannot be read is a reject, and an empty frame too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import fsspec

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, list_sources, load, mark_duplicates
from skeletonllm.corpora.formats.json_text import parse_described, parse_json
from skeletonllm.corpora.pose.detections import Pose, gather_people, image_clip, split_triples
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.errors import REJECT_CODES, SourceError
from skeletonllm.pose_topologies import OPENPOSE_18, OPENPOSE_25

SUFFIX = "_keypoints.json"
TOPOLOGIES = {len(t): t for t in (OPENPOSE_18, OPENPOSE_25)}
KEYS = ("pose_keypoints_2d", "pose_keypoints")

UNREAD_FRAMES = "unread_frames"
"""Flag: frames that could not be read are empty; each is a reject."""

MAX_FRAMES = 1 << 18
"""Most files of one video: two hours and a half."""

UNNAMED = ("encoding", "unreadable")
"""Faults of what belongs to no video: a name that is no text, a folder that cannot be listed."""

_NAME = re.compile(r"(?P<video>.*?)_?(?P<number>\d{1,18})", re.DOTALL | re.ASCII)


class OpenPoseReader:
    """Reader of folders of ``*_keypoints.json``; a source is a video, ``<folder>/<video>*``."""

    name = "openpose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """Every video below ``root``, or the one frame that ``root`` is.

        The id is the path of the folder below ``root``, and the video's name where it has one.
        """
        base = str(root).rstrip("/")
        files = list_sources(root, SUFFIX)
        if len(files) == 1 and files[0].uri == str(root):
            return [Source(files[0].uri, _video(files[0].uri)[0] or "frame", 0, files[0].fault)]
        lost = [file for file in files if file.fault in UNNAMED]
        found = sorted({_pattern(file.uri) for file in files if file.fault not in UNNAMED})
        videos = [Source(uri, _id(uri, base), 0) for uri in found]
        return mark_duplicates([*lost, *videos])

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a video, and a reject for every frame that cannot be read."""
        if source.fault in (*UNNAMED, "duplicate_id"):
            raise SourceError(source.fault, REJECT_CODES[source.fault])
        digest, rejects = hashlib.sha256(), []
        frames: dict[int, list[Pose]] = {}
        joints: set[int] = set()
        left = MAX_BYTES
        for file in _files(source):
            name, number = PurePosixPath(file.uri).name, _video(file.uri)[1]
            frames.setdefault(number, [])
            try:
                data = load(file, left)
                left -= len(data)
                digest.update(name.encode() + b"\0" + data)
                frames[number] = _people(data, joints)
            except SourceError as error:
                rejects.append(Reject.of(f"{source.uri}#{name}", error))
        yield from rejects
        if len(rejects) == len(frames):
            return
        flags = (UNREAD_FRAMES,) if rejects else ()
        topology = TOPOLOGIES[next(iter(joints), len(OPENPOSE_18))]
        yield image_clip(
            self, source, digest.hexdigest(), gather_people(frames), topology, flags=flags
        )


def _video(uri: str) -> tuple[str, int]:
    """Name of the video and number of the frame; a name without a number is a picture."""
    stem = PurePosixPath(uri).name[: -len(SUFFIX)]
    match = _NAME.fullmatch(stem)
    return (match["video"], int(match["number"])) if match else (stem, 0)


def _pattern(uri: str) -> str:
    """All frames of a video, as one would write it to a shell: ``<folder>/<video>*``."""
    return f"{uri.rpartition('/')[0]}/{_video(uri)[0]}*"


def _id(pattern: str, base: str) -> str:
    parts = pattern.removeprefix(base).strip("/").removesuffix("*").rstrip("/")
    return parts or PurePosixPath(base).name or "frames"


def _files(source: Source) -> list[Source]:
    """The files of a video by number, each as a source."""
    if not source.uri.endswith("*"):
        return [source]
    folder = source.uri.rpartition("/")[0]
    fs, base = fsspec.core.url_to_fs(folder)
    try:
        listed = sorted(str(entry["name"]) for entry in fs.ls(base, detail=True))
    except OSError as error:
        raise SourceError("unreadable", f"{type(error).__name__}: {error.strerror}") from error
    names = [PurePosixPath(name).name for name in listed]
    uris = [f"{folder}/{name}" for name in names if name.lower().endswith(SUFFIX)]
    own = [uri for uri in uris if _pattern(uri) == source.uri and "/." not in uri]
    if len(own) > MAX_FRAMES:
        raise SourceError("unsafe", f"{len(own)} frames", expected=f"at most {MAX_FRAMES}")
    numbered = sorted(own, key=lambda uri: (_video(uri)[1], uri))
    return [Source(uri, "", 0) for uri in numbered]


def _people(data: bytes, joints: set[int]) -> list[Pose]:
    """Poses of one frame; ``joints`` collects how many they have, and may come to hold one."""
    content = parse_json(data)
    if not isinstance(content, dict) or not isinstance(content.get("people"), list):
        expected = "an object with the list 'people'"
        raise SourceError("format", parse_described(content), expected=expected)
    poses = [_pose(person) for person in content["people"]]
    found = {len(pose.score) for pose in poses} | joints
    if len(found) > 1:
        raise SourceError("format", f"persons of {' and of '.join(map(str, sorted(found)))} joints")
    joints |= found
    return poses


def _pose(person: Any) -> Pose:
    key = next((key for key in KEYS if isinstance(person, dict) and key in person), None)
    if key is None:
        raise SourceError("format", f"a person that is {parse_described(person)}", expected=KEYS[0])
    xy, score = split_triples(person[key], sorted(TOPOLOGIES), key)
    ids = person.get("person_id")
    known = isinstance(ids, list) and len(ids) == 1 and type(ids[0]) is int and ids[0] >= 0
    return Pose(xy, score, str(ids[0]) if known else "")
