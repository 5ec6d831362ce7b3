"""The recipe of mmaction2: ``tools/data/skeleton/gen_ntu_rgbd_raw.py``, open-mmlab, 4d6c934.

Kept on purpose:

- Body ids are not read: a row is a place in the file's frame. Who leaves, or comes before another
  in the file, makes bodies change rows.
- A body beyond the fourth place is not read.
- Of four places, the two of largest standard deviation over joints and frames at once are kept:
  size counts as motion, and a row that changes between two people moves most.
- Rows that sum to zero are left out; empty frames stay.
- Positions are float16. (The origin rounds float64 to float16, ours float32: where the float32 is
  half-way between two float16, the last bit may differ.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.normalize.published.bodies import Cells, as_read, half, no_body

READ, KEPT = 4, 2


def apply_mmaction2(clip: Clip) -> Clip:
    """The recipe.

    Raises:
        UsageError: The clip is not one of NTU as read.
        SourceError: ``no_body`` where the origin stores an empty array.
    """
    cells = by_slot(clip, as_read(clip, "mmaction2"), READ)
    places = cells.joints(clip).swapaxes(0, 1).astype(np.float64)  # [4, T, 25, 3], as there
    energy = np.array([_energy(place) for place in places])
    order = energy.argsort()[::-1][:KEPT]
    kept = order[places[order].sum((1, 2, 3)) != 0]
    if not len(kept):
        raise no_body(clip, "every row sums to zero")
    cells.row, cells.frame = cells.row[:, kept], cells.frame[:, kept]
    return half(cells.clip(clip, np.arange(clip.motion.num_frames)))


def to_origin(clip: Clip) -> npt.NDArray[np.float16]:
    """``keypoint`` as in ``ntu60_3d.pkl``: [P, T, 25, 3], zeros where absent."""
    return clip.motion.joints.swapaxes(0, 1).astype(np.float16)


def by_slot(clip: Clip, slots: npt.NDArray[np.int16], places: int) -> Cells:
    """Rows by place in the file's frame instead of by id.

    Args:
        clip: As its reader gives it.
        slots: Place of each person among the bodies of its frame, [T, P]; -1 where absent.
        places: How many places the result has.
    """
    cells = Cells(clip.motion.num_frames, places)
    frame, row = np.nonzero((slots >= 0) & (slots < places))
    at = (frame, slots[frame, row])
    cells.row[at], cells.frame[at] = row, frame
    return cells


def _energy(place: npt.NDArray[np.float64]) -> float:
    there = place[place.sum(-1).sum(-1) != 0]
    return float(sum(there[:, :, axis].std() for axis in range(3))) if len(there) else 0.0
