"""C3D, the binary format of biomechanics (c3d.org): markers in the laboratory, frame by frame.

The bytes are read in :mod:`skeletonllm.corpora.formats.c3d_frames`, which also decides how many
frames there are. Angles, forces, moments and powers that modelling software stores as if they were
points are left out. A point is missing where its residual is negative, as the format says, or where
all its coordinates are exactly 0, as many exporters write it.

Whose the points are, and which are of nobody, is said in
:mod:`skeletonllm.corpora.rigs.markers.subjects`. POINT:UNITS gives the unit, and POINT:Y_SCREEN the
axis that is up; most laboratories use z, and that is assumed (and flagged) where neither the file
nor the markers tell.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.c3d_bytes import Sections
from skeletonllm.corpora.formats.c3d_frames import Points, parse_points
from skeletonllm.corpora.mocap.c3d_units import (
    common_unit,
    is_impossible,
    is_small,
    likely_unit,
    read_units,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.markers import NO_BONES, make_marker_topology, name_markers
from skeletonllm.corpora.rigs.markers.sides import SIDE_BY_PLACE, find_side
from skeletonllm.corpora.rigs.markers.subjects import Subjects, find_subjects
from skeletonllm.corpora.rigs.markers.words import stands_for
from skeletonllm.corpora.rigs.posed_rig import TO_Y_UP, name_main_axis, turn_up
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, FPS_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion

REACH_M = 1000.0
FPS = 100.0
"""Frames a second where nothing states them: the commonest rate of laboratories. Flagged."""

MARKERS_UNKNOWN = "markers_unknown"
"""Flag: some labels are of no known set; they hang on the nearest word, or the pelvis."""

FAR_LEFT_OUT = "far_points_left_out"
"""Flag: a few points are farther away than any room is wide; they count as not seen."""

FEW = 0.1
"""How many of the points seen may lie so far away. Where there are more, it is the unit or the file
that is wrong, and the clip is refused."""

ORIGIN = "the labels of a C3D file"

_LEVELS = (
    ("head", "neck", "ear", "eye", "upper_spine", "nose"),
    ("spine", "shoulder", "collar"),
    ("pelvis", "hip"),
    ("knee",),
    ("ankle", "foot"),
)
"""Words by how high they are on a body that stands, from above."""

_NO_PLACE = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
_NO_PLACE_NAME = re.compile(
    r".*(Angles?|Forces?|Moments?|Powers?|Torques?|GRF)(Ref)?", re.IGNORECASE
)


class C3dReader:
    """Reader of ``.c3d`` files."""

    name = "c3d"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: the format has no classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.c3d`` files below ``root``."""
        return list_sources(root, ".c3d")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, a person for each prefix of its labels that is one."""
        data = load(source)
        points = parse_points(data)
        motion, persons, flags = _motion(points)
        yield clip_of(
            self,
            source,
            data,
            motion,
            frame_index=tuple(range(points.first, points.first + motion.num_frames)),
            person_ids=persons,
            flags=flags,
        )


def _motion(points: Points) -> tuple[Motion, tuple[str, ...], tuple[str, ...]]:
    """The motion of a file, its persons and its flags."""
    sections, count = points.sections, points.places.shape[1]
    labels = _labels(sections, count)
    units, are_lengths = read_units(sections.texts(*_numbered("POINT:UNITS")), count)
    kept = _find_places(labels, are_lengths, sections)
    subjects = find_subjects([labels[i] for i in kept], points.places[:, kept])
    check_size(len(points.places), *subjects.points.shape)
    names, unknown = name_markers(subjects.labels)
    places = points.places[:, kept].astype(np.float64)
    side = find_side(subjects.labels, names, subjects.take(places)) if unknown else ""
    if side:
        names, unknown = name_markers(subjects.labels, side)
    topology = make_marker_topology(names, ORIGIN)
    joints, metric, sure_unit = _to_metres(places, subjects, [units[i] for i in kept], names)
    up, sure_up = _find_up(sections, joints, names)
    joints, has_far = _without_far(turn_up(joints, TO_Y_UP[up]))
    present = np.asarray(np.isfinite(joints).all(-1).any(-1))
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    rate = points.rate or FPS
    motion = Motion(clean, present, confidence, topology, rate, space="world", metric=metric)
    flags = {
        FPS_ASSUMED: points.rate is None,
        UNIT_ASSUMED: not sure_unit,
        AXES_ASSUMED: not sure_up,
        MARKERS_UNKNOWN: bool(unknown),
        SIDE_BY_PLACE: bool(side),
        NO_BONES: not topology.bones,
        FAR_LEFT_OUT: has_far,
    }
    said = tuple(flag for flag, holds in flags.items() if holds)
    return motion, subjects.persons, (*points.flags, *said, *subjects.flags)


def _labels(sections: Sections, count: int) -> list[str]:
    """A label for each point; points beyond the labels are named by their number."""
    found = sections.texts(*_numbered("POINT:LABELS"))[:count]
    found += [""] * (count - len(found))
    return [label or f"point{i}" for i, label in enumerate(found)]


def _numbered(name: str) -> list[str]:
    """A parameter and those that go on with its list: one holds 255 lines."""
    return [f"{name}{number}" for number in ("", *range(2, 20))]


def _find_places(
    labels: Sequence[str], are_lengths: Sequence[bool], sections: Sections
) -> list[int]:
    """The points that are places in space.

    Raises:
        SourceError: ``no_body`` where none is.
    """
    names = {label for kind in _NO_PLACE for label in sections.texts(f"POINT:{kind}")}
    kept = [
        i
        for i, label in enumerate(labels)
        if are_lengths[i] and label not in names and not _NO_PLACE_NAME.fullmatch(label)
    ]
    if not kept:
        found = f"{len(labels)} points that are angles, forces, moments or powers"
        raise SourceError("no_body", found, expected="markers")
    return kept


def _to_metres(
    places: Raw, subjects: Subjects, units: Sequence[float | None], names: list[str]
) -> tuple[Raw, bool, bool]:
    """Joints [T, P, J, 3] in metres, whether they are metres at all, and whether that is stated."""
    stated = common_unit(units)
    if stated is None:
        joints = subjects.take(places)
        metres, metric = likely_unit(joints, names)
        return joints * metres, metric, False
    factors = np.array([stated if unit is None else unit for unit in units])
    joints = subjects.take(places * factors[:, None])
    if is_impossible(1.0, joints, names):
        joints = joints / stated
        metres, metric = likely_unit(joints, names)
        return joints * metres, metric, False
    used = {i for i in subjects.points.ravel().tolist() if i >= 0}
    sure = all(units[i] is not None for i in used) and not is_small(1.0, joints, names)
    return joints, True, sure


def _without_far(joints: Raw) -> tuple[Raw, bool]:
    """The joints without the few that lie beyond any room, and whether there are such."""
    far = np.any(np.abs(joints) > REACH_M, axis=-1, keepdims=True)
    if not 0 < far.sum() <= FEW * np.isfinite(joints).all(-1).sum():
        return joints, False
    return np.where(far, np.nan, joints), True


def _find_up(sections: Sections, joints: Raw, names: Sequence[str]) -> tuple[str, bool]:
    """The axis that is up, and whether the file states it.

    POINT:Y_SCREEN is the axis that a screen draws upwards. Qualisys writes ``-Z`` there for rooms
    in which +z is up, so that a body which stands on its head in all of a file is turned. One that
    lies is not: the axis itself is believed.
    """
    stated = "".join(sections.texts("POINT:Y_SCREEN")).replace(" ", "").lower()
    stated = stated if stated[:1] in ("+", "-") else f"+{stated}"
    likely = _likely_up(joints, names)
    if stated not in TO_Y_UP:
        return likely or "+z", False
    if likely and likely != stated and likely[1] == stated[1]:
        return likely, False
    return stated, True


def _likely_up(joints: Raw, names: Sequence[str]) -> str:
    """The axis along which head and trunk are above the feet; empty where that is not known."""
    words = [name.partition(".")[0] if stands_for(name) else "" for name in names]
    levels = [
        at
        for level in _LEVELS
        if (at := [j for j, word in enumerate(words) if word.endswith(level)])
    ]
    if len(levels) < 2:
        return ""
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frames in which all of them are missing
        high, low = (np.nanmean(joints[:, :, at], (0, 1, 2)) for at in (levels[0], levels[-1]))
    up = np.asarray(high - low)
    return name_main_axis(up) if np.isfinite(up).all() and up.any() else ""
