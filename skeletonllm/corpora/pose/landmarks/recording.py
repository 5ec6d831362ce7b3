"""What every form of MediaPipe's landmarks becomes before it is a clip: poses of numbered frames.

A pose is an array [33, 4] of x, y, z and score, NaN where nothing is stated. Where nothing says
whether landmarks are those of the picture or of the world, the middle of the hips does: it is the
origin of the world's, and half of the picture away from that of the picture's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from skeletonllm.corpora.pose.detections import Pose
from skeletonllm.corpora.toolkit.clock import IRREGULAR, Clock, are_counts, clock_of, seconds_of
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

NAMES = (
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer "
    "left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb "
    "left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel "
    "left_foot_index right_foot_index"
).split()
"""MediaPipe's own names of its landmarks, in its order."""

RATE_CONTRADICTED = "rate_contradicted"
"""Flag: the stated rate is not that of the stated times; the times are believed."""

HIPS = NAMES.index("left_hip"), NAMES.index("right_hip")
CENTRED = 0.05
"""How far from the origin the middle of the hips may be in world landmarks."""

SHARES_MOST = 4.0
"""Largest coordinate that is still a share of the picture: MediaPipe guesses joints outside it."""

NEGATIVE_MOST = 0.1
"""Largest part of pixels that may lie left of a picture or above it."""

_SAME_RATE = 0.05
_PLAIN = re.compile(r"[^a-z0-9]+")


def plain(name: str) -> str:
    """A name in lower case without marks: ``LEFT_EYE (inner)`` is ``lefteyeinner``."""
    return _PLAIN.sub("", name.lower())


PLACES = {plain(name): i for i, name in enumerate(NAMES)} | {"leftmouth": 9, "rightmouth": 10}
"""Place of each landmark by its plain name."""


_OWN = ("inner", "outer", "mouth", "pinky", "index", "thumb", "heel")
"""Words in names of landmarks that few other skeletons of the field have."""

_BODY = {NAMES.index(f"{s}_{j}") for s in ("left", "right") for j in ("shoulder", "hip")}


def are_theirs(places: Iterable[int]) -> bool:
    """Whether named landmarks are MediaPipe's: a third of them, a body, and one of its own words.

    Args:
        places: Of the names in :data:`NAMES`.
    """
    known = {*places}
    own = any(word in NAMES[place] for place in known for word in _OWN)
    return known >= _BODY and own and len(known) >= len(NAMES) // 3


@dataclass
class Recording:
    """Poses of one clip, with what else the file says.

    Args:
        frames: Poses [33, 4] of everyone, by number of the frame.
        fps: Frames a second of frames numbered one by one; None where nothing says it.
        size: Of the picture; None where nothing says it.
        flags: What was guessed or noticed.
        bad: Frames that could not be read: their name, and why.
        bare: Nothing says whether these are landmarks of the picture or of the world.
        label: What is done, if it is said.
        part: Name of the clip within the file.
    """

    frames: dict[int, list[Raw]] = field(default_factory=dict)
    fps: float | None = None
    size: Size | None = None
    flags: tuple[str, ...] = ()
    bad: list[tuple[str, SourceError]] = field(default_factory=list)
    bare: bool = False
    label: str | None = None
    part: str = ""

    def poses(self, *, world: bool) -> dict[int, list[Pose]]:
        """Poses as detections are kept: ids only where nobody has company.

        Args:
            world: Three coordinates instead of two.
        """
        alone = all(len(people) <= 1 for people in self.frames.values())
        count = 3 if world else 2
        return {
            number: [Pose(p[:, :count], _scores(p), "0" if alone else "") for p in people]
            for number, people in self.frames.items()
        }

    def drop_impossible(self, count: int, reach: float) -> None:
        """Empty the frames in which a coordinate is infinite or beyond any picture or body.

        Args:
            count: How many coordinates are read.
            reach: Largest coordinate that is believable.

        Raises:
            SourceError: ``non_finite`` or ``out_of_range`` where that is every frame.
        """
        good = 0
        for number, people in self.frames.items():
            far = max((_far(pose[:, :count]) for pose in people), default=0.0)
            good += far <= reach
            if far > reach:
                found = f"a coordinate beyond {reach:g} ({far:g})"
                code = "non_finite" if np.isinf(far) else "out_of_range"
                error = SourceError(code, "an infinite coordinate" if np.isinf(far) else found)
                self.bad.append((f"frame {number}", error))
                self.frames[number] = []
        if self.frames and not good:
            raise self.bad[-1][1]

    def refuse_other_space(self, *, world: bool) -> None:
        """Refuse landmarks of the world where those of the picture are asked for, and vice versa.

        Args:
            world: Whether those of the world are asked for.

        Raises:
            SourceError: ``format``.
        """
        hips = [pose[[*HIPS], :3] for people in self.frames.values() for pose in people]
        middles = np.array(hips).reshape(-1, 2, 3).mean(1)
        middles = np.nan_to_num(middles[np.isfinite(middles[:, :2]).all(-1)])  # z may not be there
        centred = len(middles) > 0 and bool(np.median(np.abs(middles).max(-1)) < CENTRED)
        if self.bare and len(middles) and centred != world:
            ours = "mediapipe_world" if world else "mediapipe"
            other = "mediapipe" if world else "mediapipe_world"
            found = f"hips {'at' if centred else 'off'} the origin, not those that {ours} reads"
            raise SourceError("format", found, expected=f"the reader {other}")
        if self.bare and not world and not self.coordinates_are_shares():
            below = float(np.mean(self._flat() < 0))
            if below > NEGATIVE_MOST:
                found = f"{below:.0%} of x and y below 0, and beyond 1"
                raise SourceError("format", found, expected="shares of a picture, or pixels")

    def coordinates_are_shares(self) -> bool:
        """Whether x and y are shares of the picture, as MediaPipe gives them, and not pixels."""
        seen = np.abs(self._flat())
        return not len(seen) or float(np.percentile(seen, 90)) <= SHARES_MOST

    def _flat(self) -> Raw:
        """All x and y that are numbers."""
        values = [pose[:, :2].ravel() for people in self.frames.values() for pose in people]
        seen = np.concatenate(values) if values else np.zeros(0)
        return np.asarray(seen[np.isfinite(seen)])


def _far(coordinates: Raw) -> float:
    """The largest coordinate, but for those that are missing."""
    known = np.abs(coordinates[~np.isnan(coordinates)])
    return float(known.max()) if len(known) else 0.0


def _scores(pose: Raw) -> Raw:
    """Scores of 33 landmarks; all are seen where none is stated."""
    return np.ones(len(NAMES)) if np.isnan(pose[:, 3]).all() else pose[:, 3]


def place_frames(
    recording: Recording,
    people: Sequence[list[Raw]],
    numbers: Sequence[int | None],
    times: Sequence[float | None],
    time_name: str = "",
) -> None:
    """Put the poses of each frame where its number or its time says, and take the rate from times.

    Args:
        recording: Gets frames, rate and flags.
        people: Poses of each frame, in the order of the file.
        numbers: Of the frames, None where not stated.
        times: Of the frames, None where not stated.
        time_name: What the file calls them, which may bear a unit.

    Raises:
        SourceError: ``format`` for times of no unit.
    """
    clock = _clock(times, time_name)
    numbered = all(number is not None for number in numbers)
    places = [i if number is None else number for i, number in enumerate(numbers)]
    if clock is not None and not numbered and clock.regular:
        places = clock.numbers.tolist()
    for place, poses in zip(places, people, strict=True):
        if place in recording.frames:
            error = SourceError("format", f"frame {place} after {len(recording.frames)} frames")
            recording.bad.append((f"frame {place}", error))
        else:
            recording.frames[place] = poses
    if clock is None:
        return
    rate = clock.rate
    if numbered and len(places) > 1 and places[-1] > places[0]:
        rate *= (places[-1] - places[0]) / max(int(clock.numbers[-1]), 1)
    if recording.fps is None:
        recording.fps = rate
    elif abs(recording.fps / rate - 1) > _SAME_RATE:
        recording.fps = rate
        recording.flags += (RATE_CONTRADICTED,)
    recording.flags += () if clock.regular else (IRREGULAR,)


def _clock(times: Sequence[float | None], name: str) -> Clock | None:
    """The clock of the times, if every frame has one and each is later than the one before."""
    if len(times) < 2 or any(time is None for time in times):
        return None
    values = np.array(times, np.float64)
    if not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        return None
    if are_counts(values, name):
        return None
    return clock_of(seconds_of(values, name)[0])  # one unit alone gives the rate of a video


def first_of(content: Mapping[str, object], keys: Sequence[str]) -> object:
    """The value of the first of some keys that is there; None if none is.

    Args:
        content: An object.
        keys: The keys, the first ones first.
    """
    return next((content[key] for key in keys if key in content), None)
