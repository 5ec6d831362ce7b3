"""Who is who in an NTU file: from a flat table of bodies to persons that keep their rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.arrays import check_size
from skeletonllm.corpora.ntu_text import JOINTS, Records
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray

Index = npt.NDArray[np.int64]

HANDOVER_M = 0.3
"""How far the pelvis may be from one frame to the next for two body ids to be one person: 9 m/s."""

MAX_IDS = 256
"""Most body ids in one file. Kinect tracks six bodies at once, and real files hold a handful."""

_CONFIDENCE = np.array([0.0, 0.5, 1.0], np.float32)
"""By Kinect's tracking state: not tracked, inferred, tracked."""


@dataclass(frozen=True, eq=False)
class Bodies:
    """Persons over time, in order of appearance.

    Args:
        ids: Body id of each person; ids of one person whose id switched are joined by ``+``.
        joints: float64 [T, P, 25, 3], as in the file (may hold NaN).
        present: bool [T, P].
        confidence: float32 [T, P, 25].
        orientations: float32 [T, P, 25, 4], w x y z; zeros where unknown.
        quality: ``identity_switch`` if ids were joined.
    """

    ids: tuple[str, ...]
    joints: npt.NDArray[np.float64]
    present: BoolArray
    confidence: FloatArray
    orientations: FloatArray
    quality: tuple[str, ...]


def assemble(records: Records) -> Bodies:
    """Give every body id its row, and join ids that hand over to each other.

    Raises:
        SourceError: ``no_frames``, ``no_body``, ``unsafe``, or ``format`` for one id twice in a
            frame or a tracking state that Kinect does not know.
    """
    names = tuple(dict.fromkeys(records.ids))
    check_size(records.frames, len(names), JOINTS)
    if len(names) > MAX_IDS:
        raise SourceError("unsafe", f"{len(names)} body ids", expected=f"at most {MAX_IDS}")
    index = {name: i for i, name in enumerate(names)}
    track = np.array([index[name] for name in records.ids], np.int64)
    _check(records, track, len(names))
    persons = _persons(records, track, len(names))
    ids = ["+".join(names[i] for i in np.flatnonzero(persons == p)) for p in np.unique(persons)]
    return _scatter(records, persons[track], tuple(ids), joined=len(ids) < len(names))


def _check(records: Records, track: Index, tracks: int) -> None:
    seen, counts = np.unique(records.frame * tracks + track, return_counts=True)
    if (counts > 1).any():
        frame, which = divmod(int(seen[counts > 1][0]), tracks)
        name = records.ids[int(np.argmax(track == which))]
        raise SourceError("format", f"body {name} twice", where=f"frame {frame}")
    states = records.values[:, :, 7]
    bad = ~np.isin(states, (0, 1, 2))
    if bad.any():
        raise SourceError("format", f"tracking state {states[bad][0]:g}", expected="0, 1 or 2")


def _persons(records: Records, track: Index, tracks: int) -> Index:
    """Person of each id, in order of appearance.

    A new id that starts in the frame after another ended, close to where it was, carries on that
    person: the sensor lost the body and found it again. The nearest such id is taken, once.
    """
    first = np.unique(track, return_index=True)[1]
    last = len(track) - 1 - np.unique(track[::-1], return_index=True)[1]
    start, end = records.frame[first], records.frame[last]
    pelvis = records.values[:, 0, :3]
    person, free = np.arange(tracks), np.full(tracks, True)
    for new in range(tracks):
        with np.errstate(invalid="ignore"):  # infinities are refused later, with a better text
            gap = np.linalg.norm(pelvis[last] - pelvis[first[new]], axis=-1)
        gap[(end + 1 != start[new]) | ~free | ~(gap <= HANDOVER_M)] = np.inf
        old = int(gap.argmin())
        if gap[old] <= HANDOVER_M:
            person[new], free[old] = person[old], False
    return np.asarray(np.unique(person, return_inverse=True)[1])


def _scatter(records: Records, person: Index, ids: tuple[str, ...], *, joined: bool) -> Bodies:
    shape = (records.frames, len(ids), JOINTS)
    at = (records.frame, person)
    joints = np.full((*shape, 3), np.nan)
    present = np.zeros(shape[:2], np.bool_)
    confidence = np.zeros(shape, np.float32)
    orientations = np.zeros((*shape, 4), np.float32)
    joints[at] = records.values[:, :, :3]
    present[at] = True
    confidence[at] = _CONFIDENCE[records.values[:, :, 7].astype(np.int64)]
    turns = records.values[:, :, 3:7]
    orientations[at] = np.where(np.isfinite(turns).all(-1, keepdims=True), turns, 0)
    quality = ("identity_switch",) if joined else ()
    return Bodies(ids, joints, present, confidence, orientations, quality)
