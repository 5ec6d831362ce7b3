"""OpenPose (Cao et al., TPAMI 2019): a folder of one JSON a frame.

    <folder>/<video>_000000000012_keypoints.json
    {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": [x1, y1, c1, ...],
      "face_keypoints_2d": [...], "pose_keypoints_3d": [x1, y1, z1, c1, ...], ...}]}

Joints stand under ``pose_keypoints_2d`` or, before version 1.2, ``pose_keypoints``; where nobody
has any, those of ``pose_keypoints_3d`` are read (``--3d``), whose unit and axes nothing states
(:mod:`skeletonllm.corpora.pose.triangulated`). Hands and faces are not read: an entry of theirs
alone is nobody. Coordinates are pixels or, with ``--keypoint_scale 3``, shares of the picture, or
with 4 from -1 to 1; a missing joint is 0, 0 with score 0. Neither rate nor picture size is stated,
and persons bear ids only where OpenPose tracked: else motion decides.

No file names its joints. 15 are MPI's, 18 COCO's with a neck, 19 BODY_19's, 23 BODY_23's and 135
BODY_135's, and 25 those of BODY_25 or of BODY_25B, by which of them makes a body of what was seen
(:mod:`skeletonllm.corpora.pose.joint_orders`). 17 are COCO's, 26 and 136 Halpe's, 133 those of
COCO-WholeBody and 33 MediaPipe's, as Pose2Sim, rtmlib and others write them in this form. What the
bodies do not bear out is flagged ``skeleton_assumed``.

The frames of one video, by the name before the number, are one source and one clip. A number that
is skipped is an empty frame. A frame that cannot be read is a reject, and an empty frame too; a
person who cannot be read is a reject alone.

ComfyUI and others write one list of frames (or lines, or an object by number or picture), with the
size of the picture, which is a clip:

    [{"people": [...], "canvas_width": 1280, "canvas_height": 720}, ...]
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, load, plain_path
from skeletonllm.corpora.formats.json_text import parse_described
from skeletonllm.corpora.pose.detections import (
    SHARE_MOST,
    People,
    Pose,
    flat_numbers,
    image_clip,
    split_triples,
)
from skeletonllm.corpora.pose.frames import UNREAD_FRAMES, Frames
from skeletonllm.corpora.pose.joint_orders import choose_order
from skeletonllm.corpora.pose.listed_frames import frames_of, parse_json_or_lines, rate_of, size_of
from skeletonllm.corpora.pose.numbered_files import NumberedFiles, is_pattern
from skeletonllm.corpora.pose.triangulated import space_clip
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.pose_topologies import (
    COCO_WHOLEBODY_133,
    HALPE_26,
    HALPE_136,
    MEDIAPIPE_33,
    OPENPOSE_3D,
    OPENPOSE_15,
    OPENPOSE_18,
    OPENPOSE_19,
    OPENPOSE_23,
    OPENPOSE_25,
    OPENPOSE_25B,
    OPENPOSE_135,
)
from skeletonllm.topology import COCO_17, Topology

__all__ = ["UNREAD_FRAMES", "OpenPoseReader"]

SUFFIX = "_keypoints.json"
OWN: dict[int, tuple[Topology, ...]] = {
    len(OPENPOSE_15): (OPENPOSE_15,),
    len(OPENPOSE_18): (OPENPOSE_18,),
    len(OPENPOSE_19): (OPENPOSE_19,),
    len(OPENPOSE_23): (OPENPOSE_23,),
    len(OPENPOSE_25): (OPENPOSE_25, OPENPOSE_25B),
    len(OPENPOSE_135): (OPENPOSE_135,),
}
OTHERS = {len(t): t for t in (COCO_17, HALPE_26, MEDIAPIPE_33, COCO_WHOLEBODY_133, HALPE_136)}
COUNTS = sorted({*OWN, *OTHERS})

BELOW = 0.02
"""How far below 0 a share of the picture may lie by rounding: OpenPose sees nothing beside it."""

KEYS = ("pose_keypoints_2d", "pose_keypoints")
DEEP = "pose_keypoints_3d"
BESIDE = ("face_keypoints", "hand_left_keypoints", "hand_right_keypoints")
"""What an entry may hold beside a body, or without one; with ``_2d`` or ``_3d`` behind it."""

VIDEOS = NumberedFiles(SUFFIX)
ANY = NumberedFiles(".json")
"""Where nothing is named as OpenPose does: ``PoseKeypoint_00001.json`` of ComfyUI, and the like."""


@dataclass
class _Video:
    """A clip that is being read: its joints in the picture, those in space, and its pictures.

    Args:
        uri: Of the source.
    """

    uri: str
    flat: Frames = field(init=False)
    deep: Frames = field(init=False)
    sizes: set[Size] = field(default_factory=set)
    bodiless: int = 0
    fps: float | None = None

    def __post_init__(self) -> None:
        self.flat, self.deep = Frames(self.uri), Frames(self.uri)

    def add(self, number: int, place: str, frame: Any) -> None:
        """Read one frame.

        Args:
            number: Of the frame.
            place: Where it is in the source.
            frame: As JSON has it.

        Raises:
            SourceError: ``format`` for what is no frame of OpenPose.
        """
        if not isinstance(frame, dict) or not isinstance(frame.get("people"), list):
            expected = "an object with the list 'people'"
            raise SourceError("format", parse_described(frame), expected=expected)
        if str(frame.get("version")).startswith("AlphaPose"):
            hint = "Read it with --corpus alphapose."
            raise SourceError("format", "a file of AlphaPose, in OpenPose's form", hint=hint)
        if number in self.flat.poses:
            raise SourceError("format", f"frame {number} twice")
        self.flat.add_frame(number)
        self.deep.add_frame(number)
        size = size_of(frame)
        if size:
            self.sizes.add(size)
        for i, person in enumerate(frame["people"]):
            there = f"{place} person {i}"
            self.flat.add(number, there, partial(self._flat_pose, person))
            if isinstance(person, dict) and person.get(DEEP):
                self.deep.add(number, there, partial(_deep_pose, person))

    def _flat_pose(self, person: Any) -> Pose | None:
        key = _body_key(person)
        if not key:
            self.bodiless += 1
        if key in ("", DEEP):
            return None
        xy, score = split_triples(person[key], COUNTS, key)
        return Pose(xy, score, _id(person))

    def lose(self, number: int, place: str, error: SourceError) -> None:
        """Count a frame that cannot be read, and keep its place.

        Args:
            number: Of the frame.
            place: Where it is in the source.
            error: Why.
        """
        self.flat.add_frame(number)
        self.deep.add_frame(number)
        self.flat.lose_frame(place, error)


class OpenPoseReader:
    """Reader of folders of ``*_keypoints.json``; a source is a video, ``<folder>/<video>*``."""

    name = "openpose"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """Every video below ``root``, or the one file that ``root`` is.

        The id is the path of the folder below ``root``, and the video's name where it has one.
        """
        try:
            return VIDEOS.sources(root)
        except UsageError:
            return ANY.sources(root)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a video, and a reject for every frame or person that is not read."""
        names, files = _files(source)
        video, digest, left = _Video(source.uri), hashlib.sha256(), MAX_BYTES
        for file in files:
            name, number = PurePosixPath(plain_path(file.uri)).name, names.place(file.uri)[1]
            try:
                data = load(file, left)
                left -= len(data)
                content = parse_json_or_lines(data)
                alone = _picture(content, len(files))
                if alone is None:
                    part = name.rpartition(".")[0] if len(files) > 1 else ""
                    yield from self._read_list(source, data, content, part)
                    continue
                video.add(number, name, alone)
                digest.update(name.encode() + b"\0" + data)
            except SourceError as error:
                video.lose(number, name, error)
        if video.flat.poses:
            yield from self._clip(source, digest.hexdigest(), video, "")

    def _read_list(
        self, source: Source, data: bytes, content: Any, part: str
    ) -> Iterator[Clip | Reject]:
        """The clip of one file that lists its frames."""
        frames = frames_of(content) or {}
        if not any("people" in frame for frame in frames.values() if isinstance(frame, dict)):
            expected = "frames with the list 'people'"
            raise SourceError("format", parse_described(content), expected=expected)
        video = _Video(source.uri, fps=rate_of(content))
        for number, frame in frames.items():
            place = " ".join(filter(None, (part, f"frame {number}")))
            try:
                video.add(number, place, frame)
            except SourceError as error:
                video.lose(number, place, error)
        yield from self._clip(source, hashlib.sha256(data).hexdigest(), video, part)

    def _clip(
        self, source: Source, sha256: str, video: _Video, part: str
    ) -> Iterator[Clip | Reject]:
        """The clip of the joints in the picture or, where there are none, of those in space."""
        flat, deep = video.flat, video.deep
        in_space = bool(any(deep.poses.values()) and not any(flat.poses.values()))
        frames = deep if in_space else flat
        try:
            people = frames.people()
        except SourceError as error:
            raise _explained(error, video) from None
        yield from [*flat.rejects, *(deep.rejects if in_space else ())]
        if people is None:
            return
        topology, guessed = _topology(people)
        flags = (*guessed, *dict.fromkeys((*flat.flags, *(deep.flags if in_space else ()))))
        if in_space:
            deeper = next(t for t in OPENPOSE_3D if t.joints == topology.joints)
            facts: dict[str, Any] = {"part": part, "fps": video.fps, "flags": flags}
            yield space_clip(self, source, sha256, people, deeper, **facts)
            return
        size = next(iter(video.sizes)) if len(video.sizes) == 1 else None
        people = _from_zero(people)
        facts = {"part": part, "fps": video.fps, "size": size, "flags": flags}
        yield image_clip(self, source, sha256, people, topology, **facts)


def _picture(content: Any, files: int) -> Any:
    """What a file says of one frame; None where it lists several."""
    if isinstance(content, list):
        return content[0] if len(content) == 1 < files else None
    held = content if isinstance(content, dict) else {"people": None}
    return content if "people" in held or not frames_of(held) else None


def _files(source: Source) -> tuple[NumberedFiles, list[Source]]:
    """How the files of a source are named, and they."""
    if not is_pattern(source.uri):
        names = VIDEOS if plain_path(source.uri).lower().endswith(SUFFIX) else ANY
        return names, names.files(source)
    for names in (VIDEOS, ANY):
        files = names.files(source)
        if files:
            return names, files
    raise SourceError("unreadable", f"no file of {PurePosixPath(source.uri).name} is left")


def _body_key(person: Any) -> str:
    """Under which key the joints of an entry stand; empty where it has a hand or a face alone."""
    held = person if isinstance(person, dict) else {}
    known = any(key in held for key in (*KEYS, DEEP)) or any(k.startswith(BESIDE) for k in held)
    if not known:
        raise SourceError("format", f"a person that is {parse_described(person)}", expected=KEYS[0])
    return next((key for key in (*KEYS, DEEP) if held.get(key)), "")


def _id(person: Mapping[str, Any]) -> str:
    ids: Any = person.get("person_id")
    known = isinstance(ids, list) and len(ids) == 1 and type(ids[0]) is int and ids[0] >= 0
    return str(ids[0]) if known else ""


def _deep_pose(person: Mapping[str, Any]) -> Pose:
    flat = flat_numbers(person[DEEP], 4, DEEP)
    if len(flat) % 4 or len(flat) // 4 not in OWN:
        expected = " or ".join(str(4 * count) for count in sorted(OWN))
        raise SourceError("format", f"{DEEP} of {len(flat)} numbers", expected=expected)
    table = flat.reshape(-1, 4)
    return Pose(table[:, :3], table[:, 3], _id(person))


def _topology(people: People) -> tuple[Topology, tuple[str, ...]]:
    """What the joints are, and a flag where that is a guess."""
    count = people.joints.shape[2]
    if count in OWN:
        return choose_order(people, OWN[count])
    return OTHERS[count], (SKELETON_ASSUMED,)


def _from_zero(people: People) -> People:
    """Coordinates of ``--keypoint_scale 4``, from -1 to 1, as shares of the picture."""
    seen = people.joints[people.score > 0]
    far = np.abs(seen).max()
    if not ((seen.min() < -BELOW and far <= 1) or (seen.min() < -0.5 and far <= SHARE_MOST)):
        return people
    shares = np.where(people.score[..., None] > 0, (people.joints + 1) / 2, 0.0)
    return replace(people, joints=shares)


def _explained(error: SourceError, video: _Video) -> SourceError:
    """Why nobody is seen, where it is known."""
    if error.code != "no_body" or not video.bodiless:
        return error
    found = f"{video.bodiless} entries with a hand or a face, none with a body, "
    found += f"in {len(video.flat.poses)} frames"
    return SourceError("no_body", found, hint="Hands and faces alone are not read.")
