"""From a flat table of bodies to a row for each body id: who is who, as the file has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.kinect.ntu_text import Records
from skeletonllm.corpora.toolkit.validation import check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray

Index = npt.NDArray[np.int64]

MAX_IDS = 256
"""Most body ids in one file. Kinect tracks six bodies at once, and real files hold a handful."""

_CONFIDENCE = np.array([0.0, 0.5, 1.0], np.float32)
"""By Kinect's tracking state: not tracked, inferred, tracked."""


@dataclass(frozen=True, eq=False)
class Bodies:
    """Body ids over time, in order of appearance.

    Args:
        ids: Body id of each row.
        joints: float64 [T, P, J, 3], as in the file (may hold NaN).
        present: bool [T, P].
        confidence: float32 [T, P, J].
        orientations: float32 [T, P, J, 4], w x y z; zeros where unknown.
        slots: int16 [T, P], place among the bodies of the frame; -1 where absent.
    """

    ids: tuple[str, ...]
    joints: npt.NDArray[np.float64]
    present: BoolArray
    confidence: FloatArray
    orientations: FloatArray
    slots: npt.NDArray[np.int16]


def assemble(records: Records) -> Bodies:
    """Give every body id its row.

    Raises:
        SourceError: ``no_frames``, ``no_body``, ``unsafe``, or ``format`` for one id twice in a
            frame or a tracking state that Kinect does not know.
    """
    names = tuple(dict.fromkeys(records.ids))
    check_size(records.frames, len(names), records.values.shape[1])
    if len(names) > MAX_IDS:
        raise SourceError("unsafe", f"{len(names)} body ids", expected=f"at most {MAX_IDS}")
    index = {name: i for i, name in enumerate(names)}
    track = np.array([index[name] for name in records.ids], np.int64)
    _check(records, track, len(names))
    return _scatter(records, track, names)


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


def _scatter(records: Records, track: Index, ids: tuple[str, ...]) -> Bodies:
    shape = (records.frames, len(ids), records.values.shape[1])
    at = (records.frame, track)
    joints = np.full((*shape, 3), np.nan)
    present = np.zeros(shape[:2], np.bool_)
    confidence = np.zeros(shape, np.float32)
    orientations = np.zeros((*shape, 4), np.float32)
    slots = np.full(shape[:2], -1, np.int16)
    joints[at] = records.values[:, :, :3]
    present[at] = True
    confidence[at] = _CONFIDENCE[records.values[:, :, 7].astype(np.int64)]
    turns = records.values[:, :, 3:7]
    orientations[at] = np.where(np.isfinite(turns).all(-1, keepdims=True), turns, 0)
    slots[at] = np.arange(len(track)) - np.searchsorted(records.frame, records.frame)
    return Bodies(ids, joints, present, confidence, orientations, slots)
