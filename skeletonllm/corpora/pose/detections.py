"""What the readers of pose networks share: the poses of each frame to persons in a picture.

Space is the picture: pixels, +x right, +y down. Nothing is recentred. A joint of score 0 is
missing, a frame without anybody stays a frame, and so does a number that the frames skip. All
persons are kept, as many as were ever seen, the main one first (:func:`rank_persons`): what a
false detection is, profiles decide.

What a file does not say is assumed by rule and flagged:

- no rate: 30 frames a second, ``fps_assumed``;
- no picture size, and the user states none (``--image-size``): coordinates within 0..1 are taken
  as shares of :data:`NOMINAL_SIZE`, others as pixels of a picture that ends at the outermost
  joint, ``image_size_assumed``;
  Where joints lie far beyond the size that the user states, ``image_size_exceeded``;
- no persons: :func:`skeletonllm.corpora.toolkit.tracking.track`, ``identity_by_motion``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.formats.json_text import read_numbers
from skeletonllm.corpora.reader import Reader, Source
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED, IMAGE_SIZE_ASSUMED, IMAGE_SIZE_EXCEEDED
from skeletonllm.corpora.toolkit.pictures import Size
from skeletonllm.corpora.toolkit.tracking import IDENTITY_BY_MOTION, track
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size
from skeletonllm.errors import SourceError
from skeletonllm.kinematics.persons import rank_persons
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.topology import Topology

FPS = 30.0

NOMINAL_SIZE = (640, 480)
"""Width and height that shares of a picture are scaled to where nothing states its size: 4:3, as
the cameras of most recognition corpora."""

SHARE_MOST = 2.0
"""Largest coordinate that is still a share of the picture. Joints may lie outside: real files of
Kinetics go up to 1.1; a person within two pixels is nobody."""

BEYOND = 1.05
"""How far joints may lie beyond the right and lower edge, in sizes of the picture: networks place
hands and feet that are cut off a little outside."""

REACH_PX = 1e5
"""Largest coordinate that is believable, in any unit."""

MAX_NUMBER = 2**31 - 1
"""Largest frame number: they are stored in 32 bits."""

STEPS = 8
"""Frames from which on it is no chance that their numbers have a common step."""

INFERRED = 0.5
"""Confidence of a joint that was placed without being seen."""

_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"(\d{1,18})\D*$", re.ASCII)


@dataclass(frozen=True, eq=False)
class Pose:
    """One person in one frame.

    Args:
        joints: float64 [J, D], as in the file.
        score: float64 [J]; 0 where a joint is missing.
        person: The file's own id, or empty.
    """

    joints: Raw
    score: Raw
    person: str = ""


@dataclass(frozen=True, eq=False)
class People:
    """Persons over time, as arrays: joints float64 [T, P, J, D], score [T, P, J], present [T, P].

    Args:
        frame_index: Numbers of the frames in the source, evenly spaced.
        ids: One a person.
        flags: What was noticed.
    """

    joints: Raw
    score: Raw
    present: BoolArray
    frame_index: tuple[int, ...]
    ids: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def step(self) -> int:
        """By how much the frame number grows from one frame to the next."""
        return self.frame_index[1] - self.frame_index[0] if len(self.frame_index) > 1 else 1


def split_triples(values: Any, counts: Sequence[int], what: str) -> tuple[Raw, Raw]:
    """``x1, y1, c1, x2, ...`` or ``[[x1, y1, c1], ...]`` as joints [J, 2] and scores [J].

    Args:
        values: Numbers, flat or three by three: x, y and score of each joint.
        counts: How many joints there may be.
        what: Their name, for the sentence of the error.

    Raises:
        SourceError: ``format`` for anything but three numbers each for one of ``counts`` joints.
    """
    flat = flat_numbers(values, 3, what)
    if len(flat) % 3 or len(flat) // 3 not in counts:
        expected = " or ".join(str(3 * count) for count in counts)
        raise SourceError("format", f"{what} of {len(flat)} numbers", expected=expected)
    table = flat.reshape(-1, 3)
    return table[:, :2], table[:, 2]


def flat_numbers(values: Any, width: int, what: str) -> Raw:
    """A list of numbers, or of rows of ``width`` numbers, as float64 [N]; null is NaN.

    Args:
        values: As JSON has them: ``[x1, y1, c1, x2, ...]`` or ``[[x1, y1, c1], ...]``.
        width: Numbers of a row, where there are rows.
        what: Their name, for the sentence of the error.

    Raises:
        SourceError: ``format``, naming ``what``.

    Example:
        >>> flat_numbers([[1, 2], [3, 4]], 2, "pose").tolist()
        [1.0, 2.0, 3.0, 4.0]
    """
    if isinstance(values, list) and values and all(isinstance(row, list) for row in values):
        widths = {len(row) for row in values}
        if widths != {width}:
            found = f"{what} in rows of {' and '.join(map(str, sorted(widths)))} numbers"
            raise SourceError("format", found, expected=f"rows of {width}")
        values = list(chain.from_iterable(values))
    return read_numbers(values, what)


def frame_number(name: str) -> int | None:
    """The last number of a picture's name without its suffix, if it has one.

    Example:
        >>> frame_number("val/012834_mpii_test/000007.jpg")
        7
    """
    match = _NUMBER.search(name.rpartition("/")[2].partition(".")[0])
    return int(match[1]) if match else None


def track_name(value: Any) -> str:
    """A track's id as text, empty if there is none; some write 3.0 or [[3.0]] for 3."""
    for _ in range(2):
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if type(value) is int else ""


def whole_number(value: Any) -> int | None:
    """A whole number, also one that was written as 3.0 or "3"; None for anything else.

    Example:
        >>> [whole_number(value) for value in (3, 3.0, "3", "three", True)]
        [3, 3, 3, None, None]
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def gather_people(frames: Mapping[int, Sequence[Pose]]) -> People:
    """Persons of the poses of numbered frames.

    Poses without a single joint are nobody. Where every pose of a clip bears an id, and none twice
    in a frame, ids are believed; else motion decides. Numbers that are skipped are empty frames; if
    :data:`STEPS` frames and more all lie on multiples of a number, that is the step.

    Raises:
        SourceError: ``no_frames``, ``no_body``, ``non_finite``, ``out_of_range``, or ``unsafe`` for
            more persons or frames than are believable.
    """
    numbered = _evenly(frames)
    poses = [[*filter(None, map(_cleaned, frames.get(number, ())))] for number in numbered]
    some = next((pose for people in poses for pose in people), None)
    if some is None:
        raise SourceError("no_body", f"nobody is seen in any of {len(numbered)} frames")
    rows, ids, flags = _identities(poses)
    shape = (len(numbered), len(ids), len(some.score))
    check_size(*shape)
    joints, score = np.zeros((*shape, some.joints.shape[1])), np.zeros(shape)
    present = np.zeros(shape[:2], np.bool_)
    for frame, people in enumerate(poses):
        for row, pose in zip(rows[frame], people, strict=True):
            joints[frame, row], score[frame, row] = pose.joints, pose.score
            present[frame, row] = True
    return People(joints, score, present, tuple(numbered), ids, flags)


def image_clip(
    reader: Reader,
    source: Source,
    sha256: str,
    people: People,
    topology: Topology,
    *,
    part: str = "",
    fps: float | None = None,
    size: Size | None = None,
    shares: bool | None = None,
    nominal: Size = NOMINAL_SIZE,
    **facts: Any,
) -> Clip:
    """The clip of persons in a picture, the main one first.

    Args:
        reader: Whose corpus and licence it is.
        source: The file.
        sha256: Of the file.
        people: Of two coordinates.
        topology: Of their joints.
        part: Name of the clip within the source.
        fps: Of frames numbered one by one; None where nothing states it.
        size: Of the picture; None where the file does not state it: then the user may.
        shares: Whether coordinates are shares of the picture; None to see from their range.
        nominal: What to take as ``size`` for shares.
        facts: Further fields of :class:`Clip`; ``flags`` are added to its own.

    Raises:
        SourceError: ``out_of_range`` for shares on both sides of 0.
    """
    doubtful = size is None and _exceed(people, source.image_size, shares)
    size = size or source.image_size
    joints, known = _in_pixels(people, size, shares, nominal)
    rate = (FPS if fps is None else fps) / people.step
    confidence = confidence_of(people.score)
    motion = Motion(joints, people.present, confidence, topology, rate, "image", False, known)
    order = rank_persons(motion)
    assumed = ((FPS_ASSUMED, fps), (IMAGE_SIZE_ASSUMED, size))
    guessed = tuple(flag for flag, stated in assumed if stated is None)
    guessed += (IMAGE_SIZE_EXCEEDED,) if doubtful else ()
    return Clip(
        motion=motion.select_persons(order),
        clip_id="/".join(filter(None, (reader.name, source.source_id, part))),
        corpus=reader.name,
        source_uri=source.uri,
        source_sha256=sha256,
        frame_index=people.frame_index,
        person_ids=tuple(people.ids[person] for person in order),
        flags=(*guessed, *people.flags, *facts.pop("flags", ())),
        licence=facts.pop("licence", reader.licence),
        **facts,
    )


def _in_pixels(
    people: People, size: Size | None, shares: bool | None, nominal: Size
) -> tuple[FloatArray, Size]:
    """Joints [T, P, J, 3] in pixels, and the size of the picture."""
    seen = people.joints[people.score > 0]
    parts = _are_shares(seen, shares)
    if parts and seen.min() < -0.5:
        found = f"coordinates from {seen.min():.3g} to {seen.max():.3g}"
        raise SourceError("out_of_range", found, expected="pixels, or shares of the picture 0..1")
    known = size or (nominal if parts else _extent(seen))
    pixels = people.joints * known if parts else people.joints
    joints = np.zeros((*pixels.shape[:3], 3), np.float32)
    joints[..., :2] = pixels
    return joints, known


def _are_shares(seen: Raw, shares: bool | None) -> bool:
    return bool(np.abs(seen).max() <= SHARE_MOST) if shares is None else shares


def _exceed(people: People, size: Size | None, shares: bool | None) -> bool:
    """Whether joints lie beyond the picture that the user states, farther than networks err."""
    seen = people.joints[people.score > 0]
    if size is None or _are_shares(seen, shares):
        return False
    return bool((seen.max(0) > np.array(size) * BEYOND).any())


def confidence_of(score: Raw) -> FloatArray:
    """Scores as 0..1; one too small for float32 is not an absent joint."""
    least = np.finfo(np.float32).tiny
    trust = np.where(score > 0, np.clip(score, least, 1), 0)
    return np.asarray(trust, np.float32)


def _evenly(frames: Mapping[int, Sequence[Pose]]) -> range:
    """All numbers from the first frame to the last, by their common step if there are enough."""
    if not frames:
        raise SourceError("no_frames", "0 frames")
    known = sorted(frames)
    if not 0 <= known[0] <= known[-1] <= MAX_NUMBER:
        found = f"frames numbered {known[0]} to {known[-1]}"
        raise SourceError("format", found, expected=f"numbers from 0 to {MAX_NUMBER}")
    step = math.gcd(*(b - a for a, b in pairwise(known))) if len(known) >= STEPS else 1
    numbered = range(known[0], known[-1] + 1, step)
    check_size(len(numbered), 1, 1)
    check_gaps(len(numbered), len(known))
    return numbered


def _identities(
    poses: Sequence[Sequence[Pose]],
) -> tuple[list[list[int]], tuple[str, ...], tuple[str, ...]]:
    """Row of every pose, the ids of the rows, and what to flag."""
    named = [[pose.person for pose in people] for people in poses]
    if all(all(names) and len(set(names)) == len(names) for names in named):
        row = {name: i for i, name in enumerate(dict.fromkeys(n for names in named for n in names))}
        return [[row[name] for name in names] for names in named], tuple(row), ()
    shape = next(pose.joints.shape for people in poses for pose in people)
    joints = [np.array([pose.joints for pose in people]).reshape(-1, *shape) for people in poses]
    scores = [np.array([pose.score for pose in people]).reshape(-1, shape[0]) for people in poses]
    rows = [found.tolist() for found in track(joints, scores)]
    count = 1 + max(row for found in rows for row in found)
    return rows, tuple(str(row) for row in range(count)), (IDENTITY_BY_MOTION,)


def check_pose(pose: Pose) -> None:
    """Refuse a pose with an impossible number; a person who is refused alone costs no other.

    Raises:
        SourceError: ``non_finite`` or ``out_of_range``.
    """
    far = np.abs(pose.joints).max(initial=0.0)
    if not far <= REACH_PX:  # or NaN: a joint that is missing may be anything
        _cleaned(pose)


def _cleaned(pose: Pose) -> Pose | None:
    """A pose with its missing joints at 0 and of score 0; None if no joint is left."""
    seen = (pose.score > 0) & ~np.isnan(pose.joints).any(-1)
    if not seen.any():
        return None
    joints = np.where(seen[:, None], pose.joints, 0.0)
    if np.isinf(joints).any():
        raise SourceError("non_finite", "an infinite coordinate")
    far = float(np.abs(joints).max())
    if far > REACH_PX:
        raise SourceError("out_of_range", f"a coordinate beyond {REACH_PX:g} ({far:g})")
    return Pose(joints, np.where(seen, pose.score, 0.0), pose.person)


def _extent(seen: Raw) -> Size:
    """The smallest picture with its corner at 0 that holds what was seen."""
    width, height = (max(int(min(math.ceil(side), REACH_PX)), 1) for side in seen.max(0))
    return width, height
