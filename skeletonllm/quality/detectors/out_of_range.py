"""Joints where no sensor can have seen them: outside its reach, or outside the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.motion import Motion
from skeletonllm.quality.tracks import Array, Flags, Spot, Track

NEAREST, FARTHEST = 0.3, 8.0
"""Metres from a sensor. Kinect v2 is specified for 0.5 to 4.5 and streams depth up to 8; others
reach less."""
HALL = 100.0
"""Metres from the origin of a world within which anybody records."""
MARGIN = 0.05
"""Share of the picture's edges by which a pose network may guess beyond them."""


@dataclass(frozen=True)
class OutOfRange:
    """Joints out of reach.

    Args:
        joints: How many, over all frames.
        at: The first of the farthest out.
    """

    joints: int
    at: Spot


def detect_out_of_range(track: Track, motion: Motion) -> OutOfRange | None:
    """Observed joints out of reach; None if there are none, or no unit tells what reach is."""
    if motion.space != "image" and not motion.metric:
        return None
    beyond = _beyond(track.joints, motion)
    found: Flags = beyond > 0
    if not found.any():
        return None
    frame, joint = np.unravel_index(beyond.argmax(), beyond.shape)
    return OutOfRange(int(found.sum()), track.spot(int(frame), track.topology.joints[joint]))


def _beyond(joints: Array, motion: Motion) -> Array:
    """How far outside each joint is [T, J]; 0 inside and where unseen."""
    if motion.image_size is not None:
        size = np.asarray(motion.image_size, np.float64)
        over = np.maximum(-joints[..., :2], joints[..., :2] - size) - MARGIN * size
        far = over.max(-1)
    elif motion.space == "camera":
        depth = joints[..., 2]
        far = np.maximum(NEAREST - depth, depth - FARTHEST)
    else:
        far = np.linalg.norm(joints, axis=-1) - HALL
    return np.maximum(np.nan_to_num(far, nan=0.0), 0.0)
