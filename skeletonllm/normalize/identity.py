"""Who is who, where a source gives one person several ids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize.clips import add_quality

Index = npt.NDArray[np.int64]

IDENTITY_SWITCH = "identity_switch"
"""Quality flag: rows whose ids hand over to each other were joined to one person."""

HANDOVER_M = 0.3
"""How far a body may be from one frame to the next for two ids to be one person: 9 m/s."""


def join_handovers(clip: Clip) -> Clip:
    """Join rows whose ids hand over: the sensor lost a body and found it again under another id.

    A row that starts in the frame after another ended, close to where it was, carries on that
    person; the nearest such row is taken, once. The ids of one person are joined by ``+``. Only
    metric motions are looked at, since nearness is a distance in metres.
    """
    motion = clip.motion
    if not motion.metric or motion.num_persons < 2:
        return clip
    person = _persons(motion)
    if (person == np.arange(len(person))).all():
        return clip
    return add_quality(_merge(clip, person), IDENTITY_SWITCH)


def _persons(motion: Motion) -> Index:
    """The person of each row, named by the first row of that person."""
    rows = np.arange(motion.num_persons)
    there = np.asarray(motion.present.any(0))
    start = np.where(there, motion.present.argmax(0), -1)
    end = np.where(there, motion.num_frames - 1 - motion.present[::-1].argmax(0), -1)
    person, free = rows.copy(), there.copy()
    for new in np.lexsort((rows, start)).tolist():
        gap = _apart(motion, end, start[new], new)
        gap[(end + 1 != start[new]) | ~free | ~there[new]] = np.inf
        old = int(gap.argmin())
        if gap[old] <= HANDOVER_M:
            person[new], free[old] = person[old], False
    return person


def _apart(motion: Motion, end: Index, start: int, new: int) -> npt.NDArray[np.float64]:
    """Median distance, over joints seen of both, of each row's last pose and a row's first [P]."""
    rows = np.arange(motion.num_persons)
    both = motion.observed[end, rows] & motion.observed[start, new]  # [P, J]
    apart = np.linalg.norm(motion.joints[end, rows] - motion.joints[start, new], axis=-1)
    return np.array(
        [np.median(a[b]) if b.any() else np.inf for a, b in zip(apart, both, strict=True)]
    )


def _merge(clip: Clip, person: Index) -> Clip:
    """Rows of one person laid over each other; they are never present at once."""
    first = np.unique(person)
    ids = tuple("+".join(np.array(clip.person_ids)[person == p]) for p in first)
    motion = clip.motion
    source = np.stack([_shown(motion, np.flatnonzero(person == p)) for p in first], 1)  # [T, P']
    at = (np.arange(motion.num_frames)[:, None], source)
    return replace(
        clip,
        motion=replace(
            motion,
            joints=motion.joints[at],
            present=motion.present[at],
            confidence=motion.confidence[at],
            orientations=None if motion.orientations is None else motion.orientations[at],
        ),
        person_ids=ids,
        filled=None if clip.filled is None else clip.filled[at],
        slots=None if clip.slots is None else clip.slots[at],
    )


def _shown(motion: Motion, rows: Index) -> Index:
    """Which of the rows shows the person in each frame [T]; the first where none does."""
    return np.asarray(rows[motion.present[:, rows].argmax(1)])
