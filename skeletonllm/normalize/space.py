"""Unit, up, and left and right: told from bodies, flagged where they contradict what is declared.

Nothing is moved: a corpus of children or of sleepers may be right against all odds, and a reader
that errs wants mending at its place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize.clips import add_flag
from skeletonllm.normalize.handedness import MIRRORED, measure_handedness

Array = npt.NDArray[np.float64]

UNIT_UNSURE = "unit_unsure"
"""Flag: a metric motion of bodies that would stand lower or higher than STATURE_M."""

UP_UNSURE = "up_unsure"
"""Flag: bodies do not stand along +y, but lie, hang upside down, or z is up."""

STATURE_M = (0.5, 2.5)
"""From a toddler to the tallest people there are."""

UPRIGHT = 0.5
"""Least cosine between +y and the way from the ankles to the shoulders, in the median frame."""

ANKLE_TO_SHOULDER = 0.78
"""Of the stature (Winter, Biomechanics and Motor Control of Human Movement, 2009)."""


def check_space(clip: Clip) -> Clip:
    """Flag what is wrong with the unit, the up axis or the sides; coordinates stay as they are.

    Poses in the image plane are in pixels and have no depth: they are not judged.
    """
    motion = clip.motion
    if motion.space == "image":
        return clip
    if motion.metric and (tall := measure_stature(motion)) is not None:
        low, high = STATURE_M
        clip = clip if low <= tall <= high else add_flag(clip, UNIT_UNSURE)
    if (cosine := measure_uprightness(motion)) is not None and cosine < UPRIGHT:
        clip = add_flag(clip, UP_UNSURE)
    return add_flag(clip, MIRRORED) if measure_handedness(motion).mirrored else clip


def measure_stature(motion: Motion) -> float | None:
    """How tall the bodies of a motion would stand, by their bones, in its unit; None if unknown.

    The median over persons and frames, whatever their posture.
    """
    corners = _corners(motion)
    if corners is None:
        return None
    shoulder, hip, knee, ankle = corners
    length = sum(
        np.linalg.norm(a - b, axis=-1).mean(-1)
        for a, b in ((shoulder.mean(-2, keepdims=True), hip.mean(-2, keepdims=True)),
                     (hip, knee), (knee, ankle))
    )  # fmt: skip
    return float(np.median(length)) / ANKLE_TO_SHOULDER


def measure_uprightness(motion: Motion) -> float | None:
    """Cosine between +y and the way from the ankles to the shoulders; None if unknown.

    The median over persons and frames: 1 for who stands, 0 for who lies, -1 upside down.
    """
    corners = _corners(motion)
    if corners is None:
        return None
    shoulder, _, _, ankle = corners
    up = (shoulder - ankle).mean(-2)
    return float(np.median(up[:, 1] / np.maximum(np.linalg.norm(up, axis=-1), 1e-9)))


def _corners(motion: Motion) -> list[Array] | None:
    """Both shoulders, hips, knees and ankles, [N, 2, 3] each, of bodies that show them all."""
    words = (("shoulder",), ("hip",), ("knee",), ("ankle", "foot"))
    found = [
        [motion.topology.find(*(f"{side}_{name}" for name in names)) for side in ("left", "right")]
        for names in words
    ]
    at = [joint for pair in found for joint in pair if joint is not None]
    if len(at) < 2 * len(words):
        return None
    apart = (motion.joints[:, :, at[0]] != motion.joints[:, :, at[-1]]).any(-1)
    whole = motion.observed[:, :, at].all(-1) & apart  # a body in one point has no size
    if not whole.any():
        return None
    joints = motion.joints[:, :, at][whole].astype(np.float64)  # [N, 8, 3]
    return [joints[:, i : i + 2] for i in range(0, len(at), 2)]
