"""MediaPipe Pose, 33 landmarks a frame, in the forms in which people dump them.

MediaPipe itself writes no files. Programs write JSON, mostly like this, a frame an object:

    {"ticksPerSecond": 10, "frames": [{"frameNum": 0,
      "keypoints":   [{"x": 0.45, "y": 0.27, "z": -0.6, "score": 0.99, "name": "nose"}, ...],
      "keypoints3D": [{"x": -0.11, "y": -0.55, "z": -0.35, "score": 0.99, "name": "nose"}, ...]}]}

with MediaPipe's own words ``landmarks``, ``poseLandmarks``, ``poseWorldLandmarks`` (also with
underscores) and ``visibility``, the lists of poses of MediaPipe Tasks, protobuf's ``landmark``,
bare lists, landmarks by name: :mod:`.landmarks.json_frames`. Others write tables, wide or long
(:mod:`.landmarks.tables`), or arrays (:mod:`.landmarks.arrays`): where only the count of 33 says
what they are, they are flagged ``format_assumed`` and ``skeleton_assumed``. The rate comes from the
file, or from times in it; the picture's size from the file, or from the user.

A landmark of score 0 is missing, and so is a person in a frame of no landmarks; of several persons
a frame, motion decides who is who. A frame that cannot be read costs that frame, with a reject.

``mediapipe`` reads the picture: x and y are shares of its width and height. ``mediapipe_world``
reads the world landmarks: about metres, but from a model that guesses the size of the body, so they
count as without unit; the origin is the middle of the hips in every frame, so nobody walks; +x is
the picture's right, +y down, +z away from the camera. They become +y up with a person who faces the
camera facing +z, and left and right as they are. Where nothing says which of the two a file holds,
the hips do: at the origin they are the world's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import list_sources, load, plain_path
from skeletonllm.corpora.formats.json_text import list_rows, parse_json
from skeletonllm.corpora.pose.detections import (
    FPS,
    REACH_PX,
    People,
    confidence_of,
    gather_people,
    image_clip,
)
from skeletonllm.corpora.pose.landmarks.arrays import read_array_file
from skeletonllm.corpora.pose.landmarks.json_frames import read_json_frames, rows_of
from skeletonllm.corpora.pose.landmarks.recording import Recording
from skeletonllm.corpora.pose.landmarks.tables import read_sheet, read_table, sheet_of
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import MEDIAPIPE_33, MEDIAPIPE_WORLD_33

ARRAYS, TABLES = (".npy", ".npz"), (".csv", ".tsv")

REACH = 100.0
"""Largest world coordinate, in about metres from the hips."""

UNREAD_FRAMES = "unread_frames"
"""Flag: some frames could not be read; each is a reject."""

MAX_REJECTS = 20
"""Most frames of one clip that are told one by one."""


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
        """All JSON, CSV, TSV, NPY and NPZ files below ``root``; JSON may be one a line."""
        return list_sources(root, ".json", ".jsonl", *TABLES, *ARRAYS)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The clips of a file (tables may hold several), and a reject for what is bad in it."""
        data = load(source)
        sha256 = hashlib.sha256(data).hexdigest()
        for recording in self._recordings(source, data):
            try:
                if recording.frames or not recording.bad:
                    recording.refuse_other_space(world=self.world)
                    recording.drop_impossible(*((3, REACH) if self.world else (2, REACH_PX)))
                    yield self._clip(source, sha256, recording)
                yield from _rejects(source, recording)
            except SourceError as error:
                if not recording.part:
                    raise
                yield Reject.of(f"{source.uri}#{recording.part}", error)

    def _recordings(self, source: Source, data: bytes) -> Iterator[Recording]:
        name = plain_path(source.uri).lower()
        if name.endswith(TABLES):
            yield from read_table(data, world=self.world)
        elif name.endswith(ARRAYS):
            yield read_array_file(name, data)
        else:
            content = _parse(data)
            rows = rows_of(content)
            if rows is not None:
                yield from read_sheet(sheet_of(rows), world=self.world)
            else:
                yield read_json_frames(content, world=self.world)

    def _clip(self, source: Source, sha256: str, recording: Recording) -> Clip:
        people = gather_people(recording.poses(world=self.world))
        flags = (*recording.flags, *((UNREAD_FRAMES,) if recording.bad else ()))
        if self.world:
            return self._world_clip(source, sha256, people, recording, flags)
        return image_clip(
            self,
            source,
            sha256,
            people,
            MEDIAPIPE_33,
            part=recording.part,
            fps=recording.fps,
            size=recording.size,
            shares=recording.coordinates_are_shares(),
            captions=_captions(recording),
            flags=flags,
        )

    def _world_clip(
        self,
        source: Source,
        sha256: str,
        people: People,
        recording: Recording,
        flags: tuple[str, ...],
    ) -> Clip:
        motion = Motion(
            joints=(people.joints * (1.0, -1.0, -1.0)).astype(np.float32),
            present=people.present,
            confidence=confidence_of(people.score),
            topology=MEDIAPIPE_WORLD_33,
            fps=(recording.fps or FPS) / people.step,
            space="world",
            metric=False,
        )
        return Clip(
            motion=motion,
            clip_id="/".join(filter(None, (self.name, source.source_id, recording.part))),
            corpus=self.name,
            source_uri=source.uri,
            source_sha256=sha256,
            frame_index=people.frame_index,
            person_ids=people.ids,
            flags=(*(() if recording.fps else (FPS_ASSUMED,)), *people.flags, *flags),
            captions=_captions(recording),
            licence=self.licence,
        )


def _parse(data: bytes) -> Any:
    """JSON, or JSON a line."""
    try:
        return parse_json(data)
    except SourceError:
        rows = list_rows(data)
        if len(rows) < 2 or any(row[:1] not in (b"{", b"[", b"n") for row in rows):
            raise
        return [parse_json(row) for row in rows]


def _captions(recording: Recording) -> tuple[Caption, ...]:
    """What a file says is done, as a caption: the files share no list of classes."""
    return (Caption(recording.label),) if recording.label else ()


def _rejects(source: Source, recording: Recording) -> Iterator[Reject]:
    """A reject for each frame that could not be read, and one for all beyond the first few."""
    for name, error in recording.bad[:MAX_REJECTS]:
        yield Reject.of(f"{source.uri}#{recording.part or name}", error)
    more = len(recording.bad) - MAX_REJECTS
    if more > 0:
        found = f"{more} more frames that cannot be read"
        yield Reject.of(f"{source.uri}#more", SourceError("format", found))
