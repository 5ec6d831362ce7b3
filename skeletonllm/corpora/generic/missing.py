"""Joints that a file marks as missing by a number: -1, 9999, zeros; and how sure it is of others.

What the YAML declares counts. Where it declares nothing, a joint whose coordinates are all one of
the usual marks is taken for missing and flagged; zeros, which root-centred data truly has, stay and
are flagged where a joint has them in some frames only.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.motion import BoolArray

MISSING_ASSUMED = "missing_assumed"
"""Flag: joints at -1, 9999 or the like in all coordinates are taken for missing, undeclared."""

ZEROS_KEPT = "zeros_kept"
"""Flag: a joint lies at zero in some frames only; ``missing: zero`` would make it missing."""

USUAL = (-1.0, -99.0, 999.0, -999.0, 9999.0, -9999.0, 99999.0, -99999.0, 999999.0, -999999.0)
"""Numbers that many programs write for a joint that was not seen."""

FAR = 9000.0
"""A declared number from here on means a missing joint in any one coordinate: no chance puts it
there. A -1 or 0 may be the true one of a single coordinate."""


CONFIDENCE_PERCENT = "confidence_percent"
"""Flag: confidences go up to 100 and are taken for percents."""

CONFIDENCE_CLIPPED = "confidence_clipped"
"""Flag: some confidences are above 1 and no percents; they are taken for 1."""

LEAST_PERCENT, MANY, ABOUT_ONE = 10.0, 0.05, 1.5
"""Percents go beyond the first number and are above 1 in this share of the joints; what is only a
little above 1, as of OpenPose, is nothing to tell."""


def as_shares(trust: Raw) -> tuple[Raw, tuple[str, ...]]:
    """Confidences as shares of 1, 0 where there is none, and flags.

    Args:
        trust: As they are written.
    """
    known = np.nan_to_num(trust, nan=0.0, posinf=1.0, neginf=0.0)
    most = float(known.max(initial=0.0))
    if LEAST_PERCENT < most <= 100 and (known > 1).mean() > MANY:
        return np.clip(known / 100, 0, 1), (CONFIDENCE_PERCENT,)
    flags = (CONFIDENCE_CLIPPED,) if most > ABOUT_ONE else ()
    return np.clip(known, 0, 1), flags


def find_missing(raw: Raw, declared: tuple[float, ...] | None) -> tuple[BoolArray, tuple[str, ...]]:
    """Which joints are missing, and flags.

    Args:
        raw: Coordinates [..., J, D]; a joint with a NaN is missing.
        declared: Numbers that mark a missing joint; None where nothing is declared.
    """
    lost = np.isnan(raw).any(-1)
    for value in declared or ():
        same = np.isclose(raw, value, rtol=1e-6, atol=0)
        lost |= same.any(-1) if abs(value) >= FAR else same.all(-1)
    if declared is not None:
        return np.asarray(lost, np.bool_), ()
    marked = np.zeros_like(lost)
    for value in USUAL:
        marked |= (raw == value).all(-1)
    flags = (MISSING_ASSUMED,) if marked.any() else ()
    zero = (raw == 0).all(-1)
    frames = tuple(range(zero.ndim - 1))
    if (zero.any(frames) & (~zero & ~lost & ~marked).any(frames)).any():
        flags = (*flags, ZEROS_KEPT)
    return np.asarray(lost | marked, np.bool_), flags
