"""The recipe of CTR-GCN: ``data/ntu/*.py`` of github.com/Uason-Chen/CTR-GCN, e13d758.

What is reproduced is a clip as ``NTU60_CS.npz`` holds it, before zeros fill it up to the longest
clip: get_raw_skes_data, get_raw_denoised_data, seq_transformation. (Its colour coordinates are
stored but not used; they are not read here. ``data/ntu120`` differs in one line: it writes a person
who is alone twice.) Kept on purpose:

- Empty frames are dropped and later frames move up.
- The frames of a body id are laid one after the other from its first, so who was away is early.
- With several ids, those of up to 11 frames go, then those too wide in 70 % of their frames, as
  long as another is left. If none is left the origin fails; here the clip is rejected.
- The order is by variance over joints and frames at once: size counts as motion.
- Whoever overlaps with row 0 in at most one frame is written over it, in spite of another id; else
  into row 1, whose time always counts from frame 0; a third is dropped.
- With several ids, frames that sum to zero are cut out.
- Everything is moved so that the middle of the spine of row 0 is at zero where it is first seen:
  where people stood is lost. The space is then ``world``; the flag is :data:`CENTRED`.

A joint that the file says is not tracked stays at 0 here; the origin moves it like a real one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.motion import FloatArray
from skeletonllm.normalize.clips import add_flag
from skeletonllm.normalize.published.bodies import (
    SHORTEST,
    WIDE_FRAMES,
    Cells,
    Index,
    Track,
    as_read,
    narrow,
    no_body,
    tracks,
    variance,
)

CENTRED = "centred"
"""Flag: where the people stood is lost."""

SPINE = 1
WIDTH = 75


def apply_ctrgcn(clip: Clip) -> Clip:
    """The recipe.

    Raises:
        UsageError: The clip is not one of NTU as read.
        SourceError: ``no_body`` where the origin would fail.
    """
    as_read(clip, "ctrgcn")
    found, shown = tracks(clip)
    if len(found) == 1:
        return _centre(_one_row(found[0], len(shown)).clip(clip, shown))
    kept = _denoise(clip, found)
    cells = _one_row(kept[0], len(shown)) if len(kept) == 1 else _two_rows(kept, len(shown))
    at = _not_zero(clip, cells)
    return _centre(_forget_zeros(cells.select(at), clip).clip(clip, shown[at]))


def to_origin(clip: Clip) -> FloatArray:
    """[T, 150]: the coordinates of two persons, zeros where absent."""
    persons = np.zeros((clip.motion.num_frames, 2 * WIDTH), np.float32)
    flat = clip.motion.joints.reshape(clip.motion.num_frames, -1)
    persons[:, : flat.shape[1]] = flat
    return persons


def _denoise(clip: Clip, found: list[Track]) -> list[Track]:
    kept = [track for track in found if len(track.frames) > SHORTEST]
    if not kept:
        raise no_body(clip, "no body of more than 11 frames")
    for track in list(kept):
        if len(kept) == 1:
            return kept
        at = kept.index(track)
        kept[at : at + 1] = _judge(track)
    return sorted(kept, key=lambda track: track.motion, reverse=True)


def _judge(track: Track) -> list[Track]:
    """Nothing for a body too wide too often; else, its motion is at most that of good frames."""
    good = narrow(track.joints)
    wide = len(good) - int(good.sum())
    if wide / len(good) >= WIDE_FRAMES:
        return []
    if wide == 0:
        return [track]
    return [replace(track, motion=min(track.motion, variance(track.joints[good])))]


def _one_row(track: Track, frames: int) -> Cells:
    cells = Cells(frames, 1)
    cells.put(track, 0)
    return cells


def _two_rows(found: list[Track], frames: int) -> Cells:
    cells = Cells(frames, 2)
    cells.put(found[0], 0)
    times = [[found[0].start, found[0].stop - 1], [0, 0]]
    for track in found[1:]:
        last = track.stop - 1
        for person, (start, end) in enumerate(times):
            if min(end, last) - max(start, track.start) <= 0:
                cells.put(track, person)
                times[person] = [min(start, track.start), max(end, last)]
                break
    return cells


def _not_zero(clip: Clip, cells: Cells) -> Index:
    joints = cells.joints(clip)
    return np.flatnonzero(joints.reshape(len(joints), -1).sum(axis=1) != 0)


def _forget_zeros(cells: Cells, clip: Clip) -> Cells:
    """In two rows, a body that sums to zero is nobody."""
    if cells.row.shape[1] == 2:
        flat = cells.joints(clip).reshape(len(cells.row), -1)
        for person in range(2):
            nobody = flat[:, person * WIDTH : (person + 1) * WIDTH].sum(axis=1) == 0
            cells.row[nobody, person] = -1
    return cells


def _centre(clip: Clip) -> Clip:
    motion = clip.motion
    first = np.flatnonzero((motion.joints[:, 0] != 0).any((1, 2)))
    if not len(first):
        raise no_body(clip, "every joint of the first person is at the origin")
    origin = motion.joints[first[0], 0, SPINE]
    moved = np.where(motion.observed[..., None], motion.joints - origin, np.float32(0))
    return add_flag(replace(clip, motion=replace(motion, joints=moved, space="world")), CENTRED)
