"""MediaPipe Pose, 33 landmarks a frame, as JSON.

MediaPipe itself writes no files. Those of converters look like this, a frame an object:

    {"ticksPerSecond": 10, "frames": [{"frameNum": 0,
      "keypoints":   [{"x": 0.45, "y": 0.27, "z": -0.6, "score": 0.99, "name": "nose"}, ...],
      "keypoints3D": [{"x": -0.11, "y": -0.55, "z": -0.35, "score": 0.99, "name": "nose"}, ...]}]}

or a bare list of frames, with MediaPipe's own words: ``landmarks``, ``poseLandmarks`` and
``poseWorldLandmarks`` (also with underscores) for the lists, ``visibility`` for the score. Names
may be missing; if there, they must be MediaPipe's, in its order. A landmark of score 0 is missing,
and so is a person in a frame of no landmarks. There is one person at most.

``mediapipe`` reads the picture: x and y are shares of its width and height. ``mediapipe_world``
reads the world landmarks: about metres, but from a model that guesses the size of the body, so they
count as without unit; the origin is the middle of the hips in every frame, so nobody walks; +x is
the picture's right, +y down, +z away from the camera. They become +y up with a person who faces the
camera facing +z, and left and right as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.json_text import parse_described, parse_json, read_numbers
from skeletonllm.corpora.pose.detections import (
    FPS,
    People,
    Pose,
    confidence_of,
    gather_people,
    image_clip,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_33, MEDIAPIPE_WORLD_33

NAMES = (
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer "
    "left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb "
    "left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel "
    "left_foot_index right_foot_index"
).split()

PICTURE = ("keypoints", "landmarks", "poseLandmarks", "pose_landmarks")
WORLD = ("keypoints3D", "worldLandmarks", "poseWorldLandmarks", "pose_world_landmarks")
SCORES = ("score", "visibility")
NUMBERS = ("frameNum", "frame_num", "frame")
RATES = ("ticksPerSecond", "fps")

REACH = 100.0
"""Largest world coordinate, in about metres from the hips."""


class MediaPipeReader:
    """Reader of JSON files with MediaPipe's landmarks; they name no actions.

    Args:
        world: Read the world landmarks, under the name ``mediapipe_world``.
    """

    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, world: bool = False) -> None:
        self.world = world

    @property
    def name(self) -> str:
        """``mediapipe``, or ``mediapipe_world``."""
        return "mediapipe_world" if self.world else "mediapipe"

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        content = parse_json(data)
        frames, fps = _frames_of(content), _rate(content)
        people = gather_people(_poses(frames, world=self.world))
        sha256 = hashlib.sha256(data).hexdigest()
        if self.world:
            yield self._world_clip(source, sha256, people, fps)
        else:
            yield image_clip(self, source, sha256, people, MEDIAPIPE_33, fps=fps, shares=True)

    def _world_clip(self, source: Source, sha256: str, people: People, fps: float | None) -> Clip:
        joints = people.joints * (1.0, -1.0, -1.0)
        if np.abs(joints).max() > REACH:
            raise SourceError("out_of_range", f"a coordinate beyond {REACH:g}")
        motion = Motion(
            joints=joints.astype(np.float32),
            present=people.present,
            confidence=confidence_of(people.score),
            topology=MEDIAPIPE_WORLD_33,
            fps=(fps or FPS) / people.step,
            space="world",
            metric=False,
        )
        return Clip(
            motion=motion,
            clip_id=f"{self.name}/{source.source_id}",
            corpus=self.name,
            source_uri=source.uri,
            source_sha256=sha256,
            frame_index=people.frame_index,
            person_ids=people.ids,
            flags=() if fps else (FPS_ASSUMED,),
            licence=self.licence,
        )


def _frames_of(content: Any) -> list[Any]:
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list):
        expected = "a list of frames, or an object with the list 'frames'"
        raise SourceError("format", parse_described(content), expected=expected)
    return frames


def _rate(content: Any) -> float | None:
    """Frames a second, where the file says it."""
    stated = _first(content, RATES) if isinstance(content, dict) else None
    if isinstance(stated, int | float) and not isinstance(stated, bool) and 0 < stated <= 1000:
        return float(stated)
    return None


def _poses(frames: list[Any], *, world: bool) -> dict[int, list[Pose]]:
    poses: dict[int, list[Pose]] = {}
    keys = WORLD if world else PICTURE
    for i, frame in enumerate(frames):
        if not isinstance(frame, dict):
            raise SourceError(
                "format", f"a frame that is {parse_described(frame)}", expected=keys[0]
            )
        stated = _first(frame, NUMBERS)
        number = i if stated is None else stated
        if type(number) is not int or number in poses:
            raise SourceError("format", f"frame {number!r:.40} after {i} frames")
        landmarks = _first(frame, keys)
        if landmarks is None and not any(key in frame for key in keys):
            raise SourceError(
                "format", parse_described(frame), expected=keys[0], where=f"frame {number}"
            )
        poses[number] = [_pose(landmarks, f"frame {number}", world)] if landmarks else []
    return poses


def _pose(landmarks: Any, where: str, world: bool) -> Pose:
    points = landmarks.get("landmark") if isinstance(landmarks, dict) else landmarks
    if not isinstance(points, list) or len(points) != len(NAMES):
        found = parse_described(points)
        raise SourceError("format", found, expected="a list of 33 landmarks", where=where)
    if not all(isinstance(point, dict) for point in points):
        raise SourceError("format", "a landmark that is no object", where=where)
    named = [
        str(point.get("name", name)).lower() for point, name in zip(points, NAMES, strict=True)
    ]
    if named != NAMES:
        raise SourceError("format", "landmarks of other names", expected=NAMES[0], where=where)
    axes = "xyz" if world else "xy"
    joints: Raw = np.stack([read_numbers([p.get(axis) for p in points], axis) for axis in axes], -1)
    score = read_numbers([_first(point, SCORES) for point in points], SCORES[0])
    return Pose(joints, np.ones(len(NAMES)) if np.isnan(score).all() else score, "0")


def _first(content: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """The value of the first of ``keys`` that is there."""
    return next((content[key] for key in keys if key in content), None)
