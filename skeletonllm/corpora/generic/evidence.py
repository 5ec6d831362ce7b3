"""What numbers hint at where nobody says it: the unit, which way is up, marks for missing joints.

A hint is for the person who fills in a draft; no reader concludes anything from it.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.corpora.generic.missing import USUAL
from skeletonllm.corpora.toolkit.validation import Raw

BODY_M = (0.8, 2.4)
"""Height or reach of a body in metres, from a seated child to arms held up."""

MOST_SHARE = 2.0
CLEARLY = 0.9
"""Share of frames in which the head lies above the feet, from which on up is told."""

_SIZES = {"m": 1.0, "cm": 100.0, "mm": 1000.0, "inch": 39.37, "ft": 3.281}
_HIGH = ("head.top", "head", "nose", "neck", "left_shoulder", "right_shoulder")
_LOW = ("left_ankle", "right_ankle", "left_foot", "right_foot", "left_knee", "right_knee", "pelvis")


def hint_unit(raw: Raw) -> str:
    """What the size of the bodies says of the unit, as a sentence.

    Args:
        raw: Coordinates [N, J, D], NaN where missing.
    """
    seen = np.isfinite(raw).all(-1)
    if not seen.any():
        return "no number is there"
    ends = zip("xyz", raw[seen].min(0), raw[seen].max(0), strict=False)
    spans = ", ".join(f"{axis} {low:.4g} to {high:.4g}" for axis, low, high in ends)
    tall = float(np.median([_extent(pose[np.isfinite(pose).all(-1)]) for pose in raw]))
    if raw.shape[-1] == 2:
        shares = float(np.abs(raw[seen]).max()) <= MOST_SHARE
        return f"{spans}: likely {'share (of the picture)' if shares else 'px'}"
    fitting = [unit for unit, size in _SIZES.items() if BODY_M[0] <= tall / size <= BODY_M[1]]
    told = f"likely {' or '.join(fitting)}" if fitting else "no unit fits a person: none?"
    return f"{spans}; a body spans {tall:.4g}: {told}"


def _extent(pose: Raw) -> float:
    return float((pose.max(0) - pose.min(0)).max()) if len(pose) else 0.0


def hint_up(raw: Raw, joints: tuple[str, ...]) -> tuple[str, str]:
    """Which axis points up, and the evidence; empty where nothing tells.

    Args:
        raw: Coordinates [N, J, 3], NaN where missing.
        joints: What the joints are.
    """
    high = next((joints.index(name) for name in _HIGH if name in joints), None)
    low = [joints.index(name) for name in _LOW if name in joints][:2]
    if high is None or not low or raw.shape[-1] != 3:
        return "", ""
    up = raw[:, high] - raw[:, low].mean(1)
    up = up[np.isfinite(up).all(-1)]
    if not len(up):
        return "", ""
    axis = int(np.argmax(np.abs(np.median(up, axis=0))))
    sign = "-" if np.median(up[:, axis]) < 0 else ""
    largest = np.abs(up).argmax(-1) == axis
    same = float((largest & ((up[:, axis] < 0) == bool(sign))).mean())
    if same < CLEARLY:
        return "", ""
    names = f"{joints[high]} lies above {joints[low[0]]}"
    return f"{sign}{'xyz'[axis]}", f"{names} along it in {same:.0%} of the frames"


def hint_missing(raw: Raw) -> tuple[list[float], str]:
    """Numbers that seem to mark missing joints, and the evidence.

    Args:
        raw: Coordinates [N, J, D].
    """
    found: list[float] = []
    said: list[str] = []
    zero = (raw == 0).all(-1)
    for value in (0.0, *USUAL):
        same = zero if value == 0 else (raw == value).all(-1)
        if value == 0 and not (same.any(0) & ~same.all(0)).any():
            continue  # a root at zero in all frames is no mark
        if same.any():
            found.append(value)
            said.append(f"{int(same.sum())} joints at {value:g} in all coordinates")
    return found, "; ".join(said)
