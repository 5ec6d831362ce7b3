"""Are the images of a folder the frames of a video? COCO's form has no word for it.

Numbers alone are no evidence: pictures of a data set are numbered too. In a video they run evenly,
and those who are in one frame are about where they were in the one before. Images of one folder go
together, and of none those whose names differ by a number alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from skeletonllm.corpora.pose.detections import Pose, frame_number
from skeletonllm.errors import SourceError
from skeletonllm.topology import Topology

Entry = Mapping[str, Any]

VIDEO = ("vid_id", "video_id")
VIDEO_ASSUMED = "video_assumed"
"""Flag: that images are frames of a video follows from their numbers and from who is in them."""

FEWEST_FRAMES = 3
FEWEST_LOOSE = 5
"""Of images that no folder holds together."""

STILL = 0.25
"""How far people move from one frame to the next at most, in sizes of their bodies."""


_LAST_NUMBER = re.compile(r"\d+\D*$", re.ASCII)


@dataclass(eq=False)
class Image:
    """One image: what is said of it, and who is in it."""

    id: str
    entry: Entry
    people: list[tuple[Topology, Pose]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    tracked: bool = False
    unnamed: bool = False
    unposed: bool = False
    refused: bool = False

    @property
    def number(self) -> int | None:
        """The last number of its name, or of its id."""
        file = self.entry.get("file_name")
        return frame_number(file if isinstance(file, str) else self.id)


@dataclass(eq=False)
class Video:
    """Images that are one clip.

    Args:
        name: Of the clip within its source.
        images: Frames of a video, or one alone.
        guessed: Whether that they are a video is a guess.
    """

    name: str
    images: list[Image]
    guessed: bool = False

    @property
    def is_one(self) -> bool:
        """Whether the images are frames of a video, and not a picture alone."""
        tracked = any(image.tracked for image in self.images)
        return self.guessed or tracked or any(key in self.images[0].entry for key in VIDEO)


def key_of(value: Any) -> str:
    """An id, a number or a name, as text that can stand in a clip's id."""
    if isinstance(value, str) and value and len(value) < 256 and value.isprintable():
        return value.replace("/", "_")
    if type(value) is int:
        return str(value)
    raise SourceError("format", f"the id {value!r:.80}", expected="a number or a name")


def videos_of(images: Iterable[Image]) -> list[Video]:
    """Images by clip: the frames of a video, or one alone."""
    listed = [*images]
    tracked = any(image.tracked for image in listed)
    clips: dict[str, list[Image]] = {}
    folders: dict[str, list[Image]] = {}
    for image in listed:
        stated = next((image.entry[key] for key in VIDEO if key in image.entry), None)
        file = image.entry.get("file_name")
        name = image.id if stated is None else key_of(stated)
        if stated is None and tracked and isinstance(file, str):
            name = _series(file)
        elif stated is None:
            folders.setdefault(_series(file), []).append(image)
        clips.setdefault(name, []).append(image)
    guessed = {name: frames for name, frames in folders.items() if _may_be_video(frames)}
    inside = {image.id for frames in guessed.values() for image in frames}
    known = [Video(name, video) for name, video in clips.items() if video[0].id not in inside]
    return known + [Video(name, frames, guessed=True) for name, frames in guessed.items()]


def _series(file: Any) -> str:
    """The folder of an image; where it has none, its name before the number.

    Example:
        >>> _series("a/12.jpg"), _series("frame_0012.PNG"), _series("12.jpg"), _series(None)
        ('a', 'frame', '', '')
    """
    path = file.replace("\\", "/") if isinstance(file, str) else ""
    folder, _, name = path.rpartition("/")
    series = folder or _LAST_NUMBER.sub("", name.partition(".")[0]).rstrip("_-. ")
    return key_of(series) if series else ""


def _may_be_video(images: Sequence[Image]) -> bool:
    """Whether untracked images of one folder are frames of a video."""
    sizes = [(image.entry.get("width"), image.entry.get("height")) for image in images]
    people = [(image.number, [pose for _, pose in image.people]) for image in images]
    foldered = "/" in str(images[0].entry.get("file_name")).replace("\\", "/")
    enough = foldered or len(images) >= FEWEST_LOOSE
    return enough and all(size == sizes[0] for size in sizes) and is_video(people)


def is_video(images: Sequence[tuple[int | None, Sequence[Pose]]]) -> bool:
    """Whether images are frames of a video: evenly numbered, and people stay where they were.

    Args:
        images: Number and people of each.
    """
    known = sorted((number, i) for i, (number, _) in enumerate(images) if number is not None)
    steps = {b - a for (a, _), (b, _) in pairwise(known)}
    if len(known) < max(len(images), FEWEST_FRAMES) or len(steps) > 1 or steps == {0}:
        return False
    ordered = [images[i][1] for _, i in known]
    moved = [distance for a, b in pairwise(ordered) for distance in _moves(a, b)]
    return len(moved) * 2 >= len(images) and float(np.median(moved)) <= STILL


def _moves(before: Sequence[Pose], after: Sequence[Pose]) -> Iterator[float]:
    """How far each person is from the nearest one before, as a share of the body's size."""
    for pose in after:
        size = float(np.linalg.norm(np.ptp(pose.joints[pose.score > 0], axis=0)))
        apart = [
            float(np.linalg.norm((pose.joints - other.joints)[both], axis=-1).mean())
            for other in before
            if len(other.score) == len(pose.score)
            and (both := (pose.score > 0) & (other.score > 0)).any()
        ]
        if apart and size > 0:
            yield min(apart) / size
