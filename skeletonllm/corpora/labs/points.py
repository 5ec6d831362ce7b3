"""From named points in a laboratory to a Motion: whose they are, what they are, which way is up.

Whose markers are whose, :mod:`skeletonllm.corpora.rigs.markers.subjects` says; joints and segments
that software computed have the name of their subject before a colon. A point is missing where a
coordinate is, or where all three are exactly 0, as many exporters write it.

The axis that is up is the one along which head and shoulders are above hips and feet. Where the
body does not tell, the format's convention holds, and that is flagged.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from skeletonllm.corpora.rigs.joint_words import joint_of_word
from skeletonllm.corpora.rigs.markers import NO_BONES, make_marker_topology, name_markers
from skeletonllm.corpora.rigs.markers.subjects import OBJECTS_LEFT_OUT, find_subjects
from skeletonllm.corpora.rigs.posed_rig import ADULT_M, TO_Y_UP, name_main_axis, turn_up
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FPS_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import topology_of_names
from skeletonllm.topology import Topology, register_topology

UNITS_M = {
    "mm": 1e-3, "millimeters": 1e-3, "millimetres": 1e-3, "millimeter": 1e-3,
    "cm": 1e-2, "centimeters": 1e-2, "centimetres": 1e-2, "centimeter": 1e-2,
    "dm": 0.1, "m": 1.0, "meters": 1.0, "metres": 1.0, "meter": 1.0,
    "in": 0.0254, "inch": 0.0254, "inches": 0.0254, "ft": 0.3048, "feet": 0.3048,
}  # fmt: skip
"""Metres of each unit that files name."""

REACH_M = 1000.0
FPS = 100.0
"""Frames a second where nothing states them: the commonest rate of laboratories. Flagged."""

MAX_POINTS = 4096
MAX_RATE = 10_000.0
MARKERS_UNKNOWN = "markers_unknown"
"""Flag: some labels are of no known set; they hang on the nearest word, or the pelvis."""

FEWER_FRAMES = "fewer_frames_than_declared"
MORE_FRAMES = "more_frames_than_declared"

BODY_M = 1.5
"""Extent of the points of a body, from ankle to head or arm to arm."""

UPRIGHT = 0.8
"""How much of the way from the low points to the high ones has to be along one axis."""

_HIGH = ("head", "nose", "neck", "upper_spine", "eye", "ear", "shoulder", "collar")
_LOW = ("pelvis", "hip", "knee", "ankle", "foot")
_LEAST_BODY = 4
"""Fewest known joints that make a person of a prefix."""


@dataclass(frozen=True, eq=False)
class Points:
    """What a file holds, before anything is decided.

    Args:
        values: float64 [T, N, 3], in the file's unit and axes; NaN where missing.
        labels: Of the N points, with prefixes.
        fps: Frames a second; None where nothing states them.
        numbers: Frame numbers of the file, ascending; None to count from 0.
        unit_m: Metres in a unit; None where nothing states it.
        up: Axis that is up by the format's convention, for example ``+z``.
        flags: What the reader had to say already.
    """

    values: Raw
    labels: Sequence[str]
    fps: float | None
    numbers: Sequence[int] | None = None
    unit_m: float | None = None
    up: str = "+z"
    flags: Sequence[str] = field(default=())


@dataclass(frozen=True, eq=False)
class Recording:
    """A motion, and what a clip takes beside it."""

    motion: Motion
    frame_index: tuple[int, ...]
    person_ids: tuple[str, ...]
    flags: tuple[str, ...]


Naming = Callable[[list[str]], tuple[list[str], list[str]]]
"""From labels to a joint name for each, and the labels that are not known."""


def record(points: Points, family: str, source: str, naming: Naming | None = None) -> Recording:
    """The motion of a file's points.

    Args:
        points: What was read.
        family: First word of the skeleton's name: the reader's.
        source: What defines the points.
        naming: Of labels without their prefix; markers and joint words if None.

    Raises:
        SourceError: ``no_frames``, ``no_body``, ``missing_joints``, ``unsafe``, ``out_of_range``,
            or ``format``.
    """
    count = len(points.labels)
    check_size(len(points.values), min(count, 1), max(count, 1))
    if count > MAX_POINTS:
        raise SourceError("unsafe", f"{count} points", expected=f"at most {MAX_POINTS}")
    values, numbers = _on_timeline(points)
    joints, labels, persons, left_out = (
        _persons_of_markers(values, points.labels)
        if naming is None
        else _by_person(values, points.labels, naming)
    )
    names, unknown = (naming or name_points)(labels)
    topology = _topology(names, len(unknown), source, family)
    up, sure = find_up(joints, names, points.up)
    metres, metric = points.unit_m, True
    if metres is None:
        metres, metric = likely_unit(joints, topology)
    joints = to_y_up(joints, up, metres)
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    rate = _checked_rate(points.fps)
    motion = Motion(clean, present, confidence, topology, rate, space="world", metric=metric)
    flags = {
        FPS_ASSUMED: points.fps is None,
        UNIT_ASSUMED: points.unit_m is None,
        AXES_ASSUMED: not sure,
        MARKERS_UNKNOWN: bool(unknown),
        NO_BONES: not topology.bones,
    }
    told = (*points.flags, *left_out, *(flag for flag, holds in flags.items() if holds))
    return Recording(motion, numbers, persons, told)


def name_points(labels: list[str]) -> tuple[list[str], list[str]]:
    """A joint name for each label, be it a marker's or a joint's, and the labels not known.

    Example:
        >>> name_points(["LKNE", "RHip", "box"])[0]
        ['left_knee.KNE', 'right_hip', 'pelvis.box']
    """
    names, unknown = name_markers(labels)
    taken, strange = set(names), []
    for i, label in enumerate(labels):
        if label in unknown:
            joint = joint_of_word(label) or _MORE.get(label.lower().strip("_. "))
            if joint is None or joint in taken:
                strange.append(label)
            else:
                names[i] = joint
                taken.add(joint)
    return names, strange


_MORE = {"chip": "pelvis", "c_hip": "pelvis", "hipc": "pelvis"}
"""Pose2Sim's and others' middle of the hips."""


def find_up(joints: Raw, names: Sequence[str], usual: str) -> tuple[str, bool]:
    """The axis that is up, and whether the body confirms it.

    Args:
        joints: [T, P, J, 3], in the axes of the file.
        names: Of the J joints.
        usual: The axis of the format's convention, taken where the body does not tell.
    """
    words = [name.partition(".")[0].removeprefix("left_").removeprefix("right_") for name in names]
    high = [j for j, word in enumerate(words) if word in _HIGH]
    low = [j for j, word in enumerate(words) if word in _LOW and "." not in names[j]]
    low = low or [j for j, word in enumerate(words) if word in _LOW]
    if not high or not low:
        return usual, False
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frames in which all of them are missing
        above, below = (np.nanmedian(joints[:, :, at], (0, 1, 2)) for at in (high, low))
        up = above - below
        length = float(np.linalg.norm(up)) if np.isfinite(up).all() else 0.0
    if length == 0 or np.abs(up).max() < UPRIGHT * length:
        return usual, False
    axis = name_main_axis(up)
    return axis, axis == usual


def likely_unit(joints: Raw, topology: Topology) -> tuple[float, bool]:
    """Metres in a unit, of m, cm and mm, and whether a body fits one of them.

    By the length of limbs; where none is known by name, by how large the whole body is.

    Args:
        joints: [T, P, J, 3].
        topology: Of the J joints.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # frames in which nobody is, numbers without bound
        needed = [_needed(joints, topology, *bone) for bone in ADULT_M.items()]
        if not np.isfinite(needed).any():
            sizes = np.nanmax(joints, 2) - np.nanmin(joints, 2)  # [T, P, 3]
            needed = [BODY_M / _median(sizes.max(-1))]
        scale = float(np.nanmedian(np.where(np.isfinite(needed), needed, np.nan)))
    if not np.isfinite(scale):
        return 1.0, False
    unit = min((1.0, 1e-2, 1e-3), key=lambda metres: abs(np.log(metres / scale)))
    return (unit, True) if 0.5 < unit / scale < 2.0 else (scale, False)


def _needed(joints: Raw, topology: Topology, bone: tuple[str, str], metres: float) -> float:
    """Metres in a unit in which a bone of both sides has an adult's length; NaN if unknown."""
    ends = [[topology.find(f"{side}_{end}") for end in bone] for side in ("left", "right")]
    lengths = [
        np.linalg.norm(joints[:, :, a] - joints[:, :, b], axis=-1)
        for a, b in ends
        if a is not None and b is not None
    ]
    return metres / _median(np.array(lengths))


def _median(lengths: Raw) -> float:
    """The median of those that are known and not 0; NaN if there is none."""
    known = lengths[np.isfinite(lengths) & (lengths > 0)]
    return float(np.median(known)) if known.size else float("nan")


def to_y_up(joints: Raw, up: str, metres: float = 1.0) -> Raw:
    """Joints turned so that +y is up, in another unit; what is too large for a number is missing.

    Args:
        joints: [..., 3].
        up: The axis that is up, for example ``+z``.
        metres: Metres in their unit.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        turned: Raw = turn_up(joints, TO_Y_UP[up]) * metres
    return turned


def rate_of_times(times: Raw) -> float | None:
    """Frames a second of stamps in seconds: one over their median step; None if they do not rise.

    Example:
        >>> rate_of_times(np.array([0.0, 0.01, 0.02, 0.05]))
        100.0
    """
    steps = np.diff(times[np.isfinite(times)])
    step = float(np.median(steps)) if len(steps) else 0.0
    return round(1 / step, 4) if 1 / MAX_RATE <= step <= 60 else None


def compare_counts(stated: float | None, found: int) -> tuple[str, ...]:
    """The flag of a file that states another number of frames than it holds.

    Args:
        stated: What the file says; None if it says nothing.
        found: Frames that are there.
    """
    if stated is None or stated == found:
        return ()
    return (FEWER_FRAMES,) if found < stated else (MORE_FRAMES,)


def missing_as_nan(values: Raw) -> Raw:
    """Points [..., 3], NaN where a coordinate is no number, or where all three are exactly 0."""
    lost = ~np.isfinite(values).all(-1) | (values == 0).all(-1)
    return np.where(lost[..., None], np.nan, values)


def frame_numbers(column: Raw) -> list[int] | None:
    """Numbers of frames, if they are whole, ascend, and are not negative; else None."""
    whole = np.isfinite(column).all() and (column == np.floor(column)).all()
    rising = whole and len(column) > 0 and (np.diff(column) > 0).all()
    if not rising or column[0] < 0 or column[-1] >= 2**31:
        return None
    return [int(number) for number in column]


def _on_timeline(points: Points) -> tuple[Raw, tuple[int, ...]]:
    """The values with an empty frame for each number that is left out, and all numbers."""
    values = missing_as_nan(points.values)
    check_gaps(len(values), int(np.isfinite(values).all(-1).any(-1).sum()))
    if not points.numbers:
        return values, tuple(range(len(values)))
    numbers = np.asarray(points.numbers)
    step = int(np.gcd.reduce(np.diff(numbers))) if len(numbers) > 1 else 1
    line = range(int(numbers[0]), int(numbers[-1]) + 1, max(step, 1))
    if len(line) == len(values):
        return values, tuple(line)
    check_gaps(len(line), len(values))
    check_size(len(line), 1, len(points.labels))
    out = np.full((len(line), *values.shape[1:]), np.nan)
    out[(numbers - numbers[0]) // step] = values
    return out, tuple(line)


Persons = tuple[Raw, list[str], tuple[str, ...], tuple[str, ...]]
"""Points [T, P, J, 3], the J labels, the P names, and what to flag."""


def _persons_of_markers(values: Raw, labels: Sequence[str]) -> Persons:
    subjects = find_subjects(labels, values)
    check_size(len(values), *subjects.points.shape)
    return subjects.take(values), subjects.labels, subjects.persons, subjects.flags


def _by_person(values: Raw, labels: Sequence[str], naming: Naming) -> Persons:
    """The same of points [T, N, 3] whose labels have the name of the person before a colon."""
    groups: dict[str, dict[str, int]] = {}
    for i, label in enumerate(labels):
        prefix, _, own = label.rpartition(":")
        groups.setdefault(prefix, {}).setdefault(own or label, i)
    persons = _choose_persons(groups, values, naming)
    markers = list(dict.fromkeys(own for person in persons for own in groups[person]))
    check_size(len(values), len(persons), len(markers))
    out = np.full((len(values), len(persons), len(markers), 3), np.nan)
    at = {own: j for j, own in enumerate(markers)}
    for p, person in enumerate(persons):
        for own, i in groups[person].items():
            out[:, p, at[own]] = values[:, i]
    names = tuple(person or "0" for person in persons)
    return out, markers, names, (OBJECTS_LEFT_OUT,) if len(persons) < len(groups) else ()


def _choose_persons(
    groups: Mapping[str, Mapping[str, int]], values: Raw, naming: Naming
) -> list[str]:
    """Prefixes whose points make a body; the largest group if none does."""
    bodies = []
    for prefix, own in groups.items():
        seen = bool(np.isfinite(values[:, list(own.values())]).any())
        known = len(own) - len(naming(list(own))[1])
        if seen and known >= min(_LEAST_BODY, len(own)) and known * 3 >= len(own):
            bodies.append(prefix)
    return bodies or [max(groups, key=lambda prefix: len(groups[prefix]))]


def _topology(names: list[str], unknown: int, source: str, family: str) -> Topology:
    """Bones of joints, or of markers and segments: what has more; the first where most are joints.

    The middle of a segment, or a marker, stands for the joint it is named after.
    """
    made = make_marker_topology(names, source, family)
    if unknown * 2 > len(names):
        return made
    firsts = {name: name for name in names if "." not in name}
    for name in names:
        firsts.setdefault(name.partition(".")[0], name)
    words = tuple(w if (w := n.partition(".")[0]) and firsts[w] == n else n for n in names)
    joined = topology_of_names(words, family, 3)
    mostly_joints = sum("." not in name for name in names) * 2 >= len(names)
    if len(joined.bones) < len(made.bones) and not mostly_joints:
        return made
    if words == tuple(names):
        return joined
    own = Topology(family, tuple(names), joined.bones, 3, source)
    return register_topology(replace(own, name=f"{family}_{own.sha256[:8]}"))


def _checked_rate(fps: float | None) -> float:
    if fps is None:
        return FPS
    if not (np.isfinite(fps) and 0 < fps <= MAX_RATE):
        raise SourceError("format", f"{fps:g} frames a second", expected="a rate")
    return float(fps)
