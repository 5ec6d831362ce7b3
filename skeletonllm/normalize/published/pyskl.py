"""The recipe of pyskl: ``tools/data/ntu_preproc.py`` of github.com/kennymckormick/pyskl, 3f6795f.

Kept on purpose:

- Empty frames are dropped and later frames move up.
- The frames of a body id are laid one after the other from its first, so who was away is early.
- With one id (or one left), frames of others or of nobody are cut out.
- With several, ids of up to 11 frames go, then those too wide in 70 % of their frames. If none is
  left the origin fails; here the clip is rejected.
- The order is by variance over joints and frames at once: size counts as motion.
- Whoever does not overlap with the first goes into row 0, in spite of another id; else into row 1;
  a third is dropped. The time of row 1 always counts from frame 0.
- Rows change places if row 0 is absent in the first frame.
- Positions are float16.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.normalize.published.bodies import (
    SHORTEST,
    WIDE_FRAMES,
    Cells,
    Track,
    as_read,
    half,
    narrow,
    no_body,
    tracks,
    variance,
)

EPS = 1e-3
SPINE = 1
"""The joint that pyskl asks whether somebody is there."""


def apply_pyskl(clip: Clip) -> Clip:
    """The recipe.

    Raises:
        UsageError: The clip is not one of NTU as read.
        SourceError: ``no_body`` where the origin would fail.
    """
    as_read(clip, "pyskl")
    found, shown = tracks(clip)
    found = _denoise(clip, sorted(found, key=lambda track: -track.motion))
    if len(found) == 1:
        alone = replace(found[0], start=0)
        cells = Cells(alone.stop, 1)
        cells.put(alone, 0)
        return half(cells.clip(clip, alone.frames))
    cells = _two_rows(found)
    at = _not_empty(clip, cells)
    return half(_who_starts(clip, cells.select(at)).clip(clip, shown[at]))


def to_origin(clip: Clip) -> npt.NDArray[np.float16]:
    """``keypoint`` as in ``ntu60_3danno.pkl``: [P, T, 25, 3], zeros where absent."""
    return clip.motion.joints.swapaxes(0, 1).astype(np.float16)


def _denoise(clip: Clip, found: list[Track]) -> list[Track]:
    if len(found) == 1:
        return found
    found = [track for track in found if len(track.frames) > SHORTEST]
    if len(found) == 1:
        return found
    kept = [calmed for track in found if (calmed := _judge(track)) is not None]
    if not kept:
        raise no_body(clip, "no body of more than 11 frames that is higher than wide")
    return sorted(kept, key=lambda track: -track.motion)


def _judge(track: Track) -> Track | None:
    """None for a body too wide too often; else, its motion is at most that of its good frames."""
    good = narrow(track.joints)
    if good.all():
        return track
    if 1 - int(good.sum()) / len(good) >= WIDE_FRAMES:
        return None
    return replace(track, motion=min(track.motion, variance(track.joints[good])))


def _two_rows(found: list[Track]) -> Cells:
    cells = Cells(max(track.stop for track in found), 2)
    cells.put(found[0], 0)
    times = [[found[0].start, found[0].stop], [0, 0]]
    for track in found[1:]:
        for person, (start, stop) in enumerate(times):
            if max(start, track.start) >= min(stop, track.stop):
                cells.put(track, person)
                times[person] = [min(start, track.start), max(stop, track.stop)]
                break
    return cells


def _not_empty(clip: Clip, cells: Cells) -> slice:
    """Without the frames at both ends in which everything is zero."""
    full = np.flatnonzero(np.abs(cells.joints(clip)).sum((1, 2, 3)) >= EPS)
    if not len(full):
        raise no_body(clip, "every joint is at the origin")
    return slice(int(full[0]), int(full[-1]) + 1)


def _who_starts(clip: Clip, cells: Cells) -> Cells:
    first, second = np.abs(cells.joints(clip)[0, :, SPINE]).sum(-1)
    if first < EPS < second:
        cells.row, cells.frame = cells.row[:, ::-1], cells.frame[:, ::-1]
    return cells
