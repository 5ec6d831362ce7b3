"""Which person rows matter, and in which order."""

from __future__ import annotations

import numpy as np

from skeletonllm.motion import Motion


def rank_persons(motion: Motion) -> tuple[int, ...]:
    """Person rows, the main person first.

    Who matters is who is there and moves: rows are ordered by the number of frames with the person
    times the spread (m, mean over joints of the standard deviation over time) of the observed
    positions. Ties fall to more frames, then to whoever appears first, then to the row. The spread
    rather than the path, since the jitter of a mistaken body walks far while it stays in place.

    Example:
        >>> motion.select_persons(rank_persons(motion))  # doctest: +SKIP
    """
    spread = _spread(motion)
    frames = motion.present.sum(0)
    first = np.where(frames > 0, motion.present.argmax(0), motion.num_frames)
    return tuple(np.lexsort((first, -frames, -(frames * spread))).tolist())


def find_absent(motion: Motion) -> tuple[int, ...]:
    """Rows of persons who are present in no frame."""
    return tuple(np.flatnonzero(~motion.present.any(0)).tolist())


def _spread(motion: Motion) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """[P]: mean over joints of the deviation of the observed positions from their mean."""
    weight = motion.observed[..., None].astype(np.float64)  # [T, P, J, 1]
    count = np.maximum(weight.sum(0), 1)  # [P, J, 1]
    centre = (weight * motion.joints).sum(0) / count  # [P, J, 3]
    square = (weight * (motion.joints - centre) ** 2).sum(0) / count
    return np.asarray(np.sqrt(square.sum(-1)).mean(-1))
