"""InterHuman (Liang et al., IJCV 2024): two persons who act together, as InterGen prepares them.

    motions_processed/person1/<id>.npy    [T, 492]: 62 positions, then rotations; z up, metres
    motions_processed/person2/<id>.npy    the other person of the same frames
    annots/<id>.txt                       a line a caption

or [T, 262] of each: 22 positions, then velocities, rotations and contacts of the feet, y up, what
the model learns from and writes. Of the positions the first 22 are SMPL's. The code counts 30
frames a second, the recordings had twice as many: the rate is flagged. An array without the other
person and without captions is of this format by its shape only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import decode, list_sources, load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.packed import GZ, without_gz
from skeletonllm.corpora.mocap.humanml3d import MAX_TEXT
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import find_up, find_whole_bodies, has_adult_size
from skeletonllm.corpora.rigs.posed_rig import TO_Y_UP, turn_up
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.topology import SMPL_22

FPS = 30.0
UP = {492: "+z", 262: "+y"}
"""Which axis is up, by numbers a frame."""

ALONE = "partner_missing"
"""Flag: the file of the other person is not there, or cannot be read."""


class InterHumanReader:
    """Reader of ``person1/*.npy`` with ``person2/*.npy``."""

    name = "interhuman"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files directly in folders named ``person1`` at or below ``root``."""
        return list_sources(root, ".npy", folder="person1")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of two files."""
        data = load(source)
        first, up = _positions(data)
        second = _partner(_beside(source.uri, "person2", ".npy", 1), up)
        persons, flags = [first, *second], [FPS_ASSUMED]
        if len(persons) == 1:
            flags.append(ALONE)
        captions = read_captions(source.uri, 2)
        if len(persons) == 1 and not captions:
            flags += [FORMAT_ASSUMED, SKELETON_ASSUMED, UNIT_ASSUMED]
        points = np.full((max(map(len, persons)), len(persons), len(SMPL_22), 3), np.nan)
        for person, joints in enumerate(persons):
            points[: len(joints), person] = joints
        metric = has_adult_size(points, SMPL_22)
        bodies = find_whole_bodies(points, SMPL_22)
        seen = find_up(bodies, SMPL_22) if len(bodies) else up
        if seen != up:  # they lie, or the axes are others: nobody can tell
            flags.append(AXES_ASSUMED)
        turned = turn_up(points, TO_Y_UP[up])
        motion = motion_of(turned, SMPL_22, FPS, space="world", metric=metric)
        yield clip_of(self, source, data, motion, captions=captions, flags=tuple(flags))


def _partner(source: Source | None, up: str) -> list[Raw]:
    """The positions of the other person, if there is one with the same axis up."""
    if source is None:
        return []
    try:
        joints, other = _positions(load(source))
    except SourceError:
        return []
    return [joints] if other == up else []


def _positions(data: bytes) -> tuple[Raw, str]:
    """The first 22 positions [T, 22, 3] of a file, and which axis is up."""
    array = parse_npy(data)
    if array.ndim != 2 or array.shape[1] not in UP or array.dtype.kind != "f":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="floats [T, 492] or [T, 262]")
    check_size(len(array), 1, len(SMPL_22))
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        values = array[:, : 3 * len(SMPL_22)].astype(np.float64) + 0.0
    return values.reshape(len(array), len(SMPL_22), 3), UP[array.shape[1]]


def _beside(uri: str, folder: str, suffix: str, above: int) -> Source | None:
    """The file of this name in a folder that lies so many folders above, if it is there."""
    fs, path = locate(uri)
    place = PurePosixPath(without_gz(path))
    beside = place.parents[min(above, len(place.parents) - 1)] / folder / f"{place.stem}{suffix}"
    found = next((name for name in (str(beside), f"{beside}{GZ}") if fs.exists(name)), None)
    return None if found is None else Source(name_beside(uri, fs, found), place.stem, 0)


def read_captions(uri: str, above: int) -> tuple[Caption, ...]:
    """The lines of ``annots/<id>.txt``; none where it is not there, or cannot be read.

    Args:
        uri: The motion.
        above: How many folders above that of the motion ``annots`` lies.
    """
    source = _beside(uri, "annots", ".txt", above)
    if source is None:
        return ()
    try:
        text = decode(load(source, MAX_TEXT))
    except SourceError:
        return ()
    return tuple(Caption(line.strip()) for line in text.splitlines() if line.strip())
