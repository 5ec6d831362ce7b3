"""Joints where no sensor can have seen them: out of its range, or outside the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.motion import Motion
from skeletonllm.quality.tracks import Array, Flags, Spot, Track

NEAREST, FARTHEST = 0.3, 8.0
"""Metres from a sensor. Kinect v2 is specified for 0.5 to 4.5 and streams depth up to 8; others
reach less. A wrong unit lands far outside: millimetres are a thousand times too far."""
HALL = 100.0
"""Metres from the origin of a world. The largest capture halls are smaller; a walk across a hall
must pass, and centimetres taken for metres must not."""
MARGIN = 0.05
"""Share of the picture's edges by which a joint may lie beyond them. Pose networks place the joints
of a person at the edge a little outside; lost joints and wrong picture sizes lie far outside."""


@dataclass(frozen=True)
class OutOfRange:
    """Joints out of range.

    Args:
        count: Number of joints, over all frames.
        at: The first of the farthest out.
    """

    count: int
    at: Spot


def detect_out_of_range(track: Track, motion: Motion) -> OutOfRange | None:
    """Observed joints out of range; None if there are none, or no unit tells what the range is.

    Args:
        track: One person of the motion.
        motion: Its space, unit and picture size say what the range is.
    """
    if motion.space != "image" and not motion.metric:
        return None
    beyond = _beyond(track.joints, motion)
    outside: Flags = beyond > 0
    if not outside.any():
        return None
    frame, joint = np.unravel_index(beyond.argmax(), beyond.shape)
    return OutOfRange(int(outside.sum()), track.spot(int(frame), track.topology.joints[joint]))


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
