"""Versions of a clip: itself, and the same person turned about the vertical axis."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion

WIDEST = np.pi / 6
"""Radians to either side; beyond, the fitted camera sees a front as a profile."""
_SEED = 20261126


def make_version(clip: Clip, version: int) -> Motion:
    """The clip's motion, version 0; or turned by an angle drawn for this clip and version.

    The angle depends on nothing else, so that asking for more versions changes no earlier one.

    Args:
        clip: Whose motion.
        version: From 0.
    """
    if version == 0:
        return clip.motion
    name = int.from_bytes(hashlib.sha256(clip.clip_id.encode()).digest()[:8])
    rng = np.random.default_rng([_SEED, version, name])
    return turn_motion(clip.motion, float(rng.uniform(-WIDEST, WIDEST)))


def turn_motion(motion: Motion, angle: float) -> Motion:
    """The motion turned about the vertical through its mean; unobserved joints stay 0.

    Args:
        motion: In camera or world space, whose +y is up.
        angle: In radians, from +x towards +z.

    Raises:
        UsageError: The motion is in image space: a picture cannot be turned.
    """
    if motion.space == "image":
        raise UsageError("a motion of pixels cannot be turned", expected="camera or world space")
    seen = motion.observed
    centre = motion.joints[seen].mean(0) if seen.any() else np.zeros(3, np.float32)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])  # for rows
    joints = (motion.joints - centre) @ turn + centre
    joints = np.where(seen[..., None], joints, motion.joints).astype(np.float32)
    return replace(motion, joints=joints, orientations=None)
