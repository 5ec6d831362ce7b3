"""From raw coordinates to what a Motion may hold: the checks every reader shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray

MAX_POSITIONS = 8 << 20
"""Most joint positions (T x P x J) of one clip: an hour of three persons at 30 frames a second.

A small file can claim any count; nothing is allocated before the claim has passed this."""

REACH_M = 1000.0
"""Largest coordinate in metres that is believable."""

TALL_MM = (300.0, 3000.0)
"""Extent of a body in millimetres."""

FREE_GAPS, GAPS_EACH = 10_000, 100
"""Empty frames that any clip may have, and more for each that is not empty."""

Raw = npt.NDArray[np.float64]


def check_size(frames: int, persons: int, joints: int) -> None:
    """Refuse shapes before they are allocated.

    Args:
        frames: How many.
        persons: How many.
        joints: How many.

    Raises:
        SourceError: ``no_frames``, ``no_body`` or ``unsafe``.
    """
    if frames == 0:
        raise SourceError("no_frames", "0 frames")
    if persons == 0:
        raise SourceError("no_body", f"nobody is tracked in any of {frames} frames")
    if frames * persons * joints > MAX_POSITIONS:
        raise SourceError(
            "unsafe",
            f"{frames} frames of {persons} persons of {joints} joints",
            expected=f"at most {MAX_POSITIONS} joint positions",
        )


def check_gaps(frames: int, known: int) -> None:
    """Refuse frame numbers so far apart that nearly all frames between them would be empty.

    Args:
        frames: From the first number to the last.
        known: How many of them the source has.

    Raises:
        SourceError: ``unsafe``: two numbers are enough to ask for millions of frames.
    """
    if frames > FREE_GAPS + GAPS_EACH * known:
        raise SourceError("unsafe", f"{known} frames numbered over a range of {frames}")


def observed(
    joints: Raw, present: BoolArray, confidence: FloatArray, *, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Clean coordinates and confidences, with missing joints at 0 and of confidence 0.

    Args:
        joints: [T, P, J, 3]; a joint with a NaN coordinate is missing.
        present: [T, P].
        confidence: [T, P, J], 0..1; 0 where the source says that a joint is missing.
        reach: Largest coordinate that is believable, in the unit of ``joints``.

    Returns:
        Joints and confidence, float32.

    Raises:
        SourceError: ``no_frames``, ``no_body``, ``non_finite``, ``out_of_range``, or
            ``missing_joints`` where more than half of the joints of the persons present are.
    """
    check_size(*joints.shape[:3])
    if not present.any():
        raise SourceError("no_body", f"nobody is present in any of {len(joints)} frames")
    there = present[:, :, None]
    _refuse(np.isinf(joints).any(-1) & there, "non_finite", "an infinite coordinate")
    missing = np.isnan(joints).any(-1) | ~((confidence > 0) & there)
    clean = np.where(missing[..., None], 0.0, joints)
    far = np.any(np.abs(clean) > reach, axis=-1)
    unit = _other_unit(clean, missing, reach) if far.any() else None
    _refuse(far, "out_of_range", f"a coordinate beyond {reach:g}", unit)
    lost, all_joints = int((missing & there).sum()), int(present.sum()) * joints.shape[2]
    if lost * 2 > all_joints:
        raise SourceError(
            "missing_joints", f"{lost} of {all_joints} joints are missing", expected="at most half"
        )
    trust = np.where(missing, 0, confidence)
    return clean.astype(np.float32), np.clip(trust, 0, 1).astype(np.float32)


def _other_unit(joints: Raw, missing: BoolArray, reach: float) -> str | None:
    """What to expect of metres that go too far: bodies as tall as in millimetres say so."""
    if reach != REACH_M:
        return None
    sizes = [
        float(np.ptp(joints[t, p][~missing[t, p]], axis=0).max())
        for t, p in np.argwhere((~missing).sum(-1) > 1)[:: max(1, len(joints) // 32)]
    ]
    size = float(np.median(sizes)) if sizes else 0.0
    if TALL_MM[0] <= size <= TALL_MM[1]:
        return f"metres: a body is {size:.4g} large; is the unit mm, and not m?"
    return f"at most {reach:g} metres: is the unit right?"


def _refuse(bad: BoolArray, code: str, found: str, expected: str | None = None) -> None:
    """Raise if anything in ``bad`` [T, P, J] is set, naming the first place and the number."""
    count = int(bad.sum())
    if count:
        frame, person, joint = np.argwhere(bad)[0].tolist()
        where = f"frame {frame}, person {person}, joint {joint}"
        found = f"{found} ({count} joints in all)"
        raise SourceError(code, found, expected=expected, where=where)
