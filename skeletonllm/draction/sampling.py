"""Which frames of a clip are rendered."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import RenderError


def sample_frames(
    num_frames: int,
    count: int,
    mode: Literal["uniform", "jitter"] = "uniform",
    rng: np.random.Generator | None = None,
) -> npt.NDArray[np.int64]:
    """Indices of ``count`` frames, one a segment of equal length, in order.

    Args:
        num_frames: Frames of the clip.
        count: How many to take; more than there are repeats them evenly, never at random.
        mode: ``uniform`` takes the middle of each segment, ``jitter`` a random frame of it.
        rng: Source of the jitter; required by it, so that no epoch repeats another by accident.

    Returns:
        int64 [count], non-decreasing.

    Raises:
        RenderError: No frame, none asked for, an unknown mode, or jitter without ``rng``.

    Example:
        >>> sample_frames(40, 4).tolist()
        [5, 15, 25, 35]
    """
    if num_frames < 1 or count < 1:
        raise RenderError(
            f"{count} of {num_frames} frames asked for", expected="at least 1 of at least 1"
        )
    if mode == "uniform":
        place = np.full(count, 0.5)
    elif mode == "jitter" and rng is not None and num_frames >= count:
        place = rng.random(count)
    elif mode == "jitter" and rng is not None:
        place = np.full(count, 0.5)
    else:
        raise RenderError(
            f"mode {mode!r} with rng {rng}", expected="'uniform', or 'jitter' with a Generator"
        )
    at = np.floor((np.arange(count) + place) * num_frames / count).astype(np.int64)
    return np.clip(at, 0, num_frames - 1)
