"""Positions of a body of which a file says neither unit nor axes nor rate, only how many joints.

Networks that lift poses from pictures write such arrays, and much code exchanges them. What the
joints are is a guess from their number, so the guess is tried on the body: thighs and shanks have
the lengths of a person's, left is as long as right, the pelvis lies between the hips. The scale
then follows from the thighs, up from where the head is above the feet; neither makes a unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.corpora.rigs.posed_rig import (
    ADULT_M,
    SURE,
    TO_Y_UP,
    UNITS_M,
    name_main_axis,
    turn_up,
)
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.clips import motion_of
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.topology import Topology

BARE = (UNIT_ASSUMED, AXES_ASSUMED)
"""Flags of every such motion."""

ALIKE, APART = 1.6, 2.5
"""How far left may be from right, and the shank from the thigh, in a body of these joints."""

FAR = 1e6
"""Larger numbers are no coordinates in any unit."""

_ENDS = tuple(f"{side}_{name}" for side in ("left", "right") for name in ("hip", "knee", "ankle"))


def make_bare_motion(
    joints: Raw,
    topology: Topology,
    fps: float,
    *,
    present: BoolArray | None = None,
    confidence: FloatArray | None = None,
) -> Motion:
    """The motion of an adult of these proportions, upright, of no unit.

    Args:
        joints: [T, P, J, 3] in any unit and axes; NaN where a joint is missing.
        topology: What the J joints would be.
        fps: Frames a second.
        present: [T, P]; by default a person is there wherever one joint is.
        confidence: [T, P, J], 0 where missing.

    Raises:
        SourceError: ``format`` where no body has such joints, and as of
            :func:`skeletonllm.corpora.toolkit.clips.motion_of`.
    """
    seen = joints if present is None else np.where(present[..., None, None], joints, np.nan)
    whole = find_whole_bodies(seen, topology)
    if not len(whole):  # too little is there: whoever counts what is missing says so
        return motion_of(
            joints, topology, fps, present=present, confidence=confidence, metric=False
        )
    scale = ADULT_M["hip", "knee"] / measure_thigh(whole, topology)
    turned, space = _turn_upright(joints, find_up(whole, topology))
    return motion_of(
        turned * scale,
        topology,
        fps,
        present=present,
        confidence=confidence,
        space=space,
        metric=False,
    )


def _turn_upright(joints: Raw, up: str) -> tuple[Raw, str]:
    """Joints with +y up, and their space: y down is a camera's, which looks along z."""
    if up == "-y":
        return joints * [-1, -1, 1], "camera"
    return turn_up(joints, TO_Y_UP[up]), "world"


@dataclass(frozen=True, eq=False)
class Settled:
    """Positions that ought to be an adult's in metres, +y up.

    Args:
        joints: Such positions; those of no known unit are in theirs.
        space: ``world``, or ``camera`` where y was down.
        metric: Whether the body has an adult's size now.
        scaled: Whether it was in another unit.
        upright: Whether it stood along +y.
        turned: Whether it was turned to do so.
        is_unknown: Whether too little of any body is there to tell.
    """

    joints: Raw
    space: str = "world"
    metric: bool = False
    scaled: bool = False
    upright: bool = True
    turned: bool = False
    is_unknown: bool = False


def settle_body(joints: Raw, topology: Topology) -> Settled:
    """Positions that ought to be an adult's in metres, +y up, made so where the body says how.

    Who crawls or lies on the floor of y is left as he is.

    Args:
        joints: [T, P, J, 3]; NaN where a joint is missing.
        topology: What the J joints would be.

    Raises:
        SourceError: As of :func:`measure_thigh`.
    """
    bodies = find_whole_bodies(joints, topology)
    if not len(bodies):
        return Settled(joints, is_unknown=True)
    thigh = measure_thigh(bodies, topology)
    found = _find_unit(thigh)
    scale = found or 1.0
    up, space, turned = find_up(bodies, topology), "world", False
    if up != "+y" and not _lies_on_floor(bodies, up, thigh):
        (joints, space), turned = _turn_upright(joints, up), True
    return Settled(joints * scale, space, found is not None, scale != 1, up == "+y", turned)


def _find_unit(thigh: float) -> float | None:
    """Metres in the unit in which a thigh is an adult's: m, cm or mm."""
    adult = ADULT_M["hip", "knee"]
    units = (UNITS_M[name] for name in ("m", "cm", "mm"))
    return next((unit for unit in units if 1 / SURE < thigh * unit / adult < SURE), None)


def find_scale(joints: Raw, topology: Topology, present: BoolArray) -> float:
    """Metres in the unit of adults, or 1 where the bodies tell none.

    Args:
        joints: [T, P, J, 3]; NaN where a joint is missing.
        topology: What the J joints are.
        present: [T, P], who is there.
    """
    bodies = find_whole_bodies(np.where(present[..., None, None], joints, np.nan), topology)
    try:
        thigh = measure_thigh(bodies, topology) if len(bodies) else 0.0
    except SourceError:  # no body of these proportions tells a unit
        return 1.0
    return _find_unit(thigh) or 1.0


def stands_or_lies(joints: Raw, topology: Topology) -> bool:
    """Whether bodies stand along +y or lie on its floor; so do those of which too little is there.

    Args:
        joints: [T, P, J, 3] in any unit; NaN where a joint is missing.
        topology: What the J joints are.
    """
    bodies = find_whole_bodies(joints, topology)
    if not len(bodies):
        return True
    up = find_up(bodies, topology)
    return up == "+y" or _lies_on_floor(
        bodies, up, _length(bodies, topology, "left", "hip", "knee")
    )


def _lies_on_floor(bodies: Raw, up: str, thigh: float) -> bool:
    """Whether the lowest y is 0, as on a floor, and the lowest along the body's axis is not."""
    along = bodies[..., "xyz".index(up[1])] * (1 if up[0] == "+" else -1)
    near = FLOOR * thigh
    return abs(float(bodies[..., 1].min())) < near and abs(float(along.min())) >= near


FLOOR = 0.12
"""How far from 0 the lowest joint on a floor may be, in thighs."""


def find_whole_bodies(joints: Raw, topology: Topology) -> Raw:
    """The bodies [N, J, 3] of which every limb of the legs is there.

    Args:
        joints: [T, P, J, 3]; NaN where a joint is missing.
        topology: What the J joints would be.
    """
    bodies = joints.reshape(-1, len(topology), 3)
    at = [j for j in (topology.find(name) for name in (*_ENDS, "head", "nose")) if j is not None]
    with np.errstate(invalid="ignore"):
        return np.asarray(bodies[(np.abs(bodies[:, at]) < FAR).all((1, 2))])


def measure_thigh(bodies: Raw, topology: Topology) -> float:
    """Length of the thighs of bodies, which are looked at as a person's.

    Args:
        bodies: [N, J, 3], whole ones.
        topology: What the J joints would be.

    Raises:
        SourceError: ``format``, with what is not as in a body.
    """
    left, right = (
        [_length(bodies, topology, side, *bone) for bone in (("hip", "knee"), ("knee", "ankle"))]
        for side in ("left", "right")
    )
    thigh = (left[0] + right[0]) / 2
    pairs = [(left[0], right[0], ALIKE), (left[1], right[1], ALIKE)]
    pairs.append((thigh, (left[1] + right[1]) / 2, APART))
    if thigh <= 0 or any(max(a, b) > most * min(a, b) for a, b, most in pairs):
        lengths = ", ".join(f"{length:.3g}" for length in (*left, *right))
        raise SourceError(
            "format",
            f"{len(topology)} joints that are not those of {topology.name}: thigh and shank of "
            f"the left and of the right would be {lengths}",
            hint="Describe the array to the reader generic: docs/CORPORA.md.",
        )
    _check_pelvis(bodies, topology)
    return thigh


def has_adult_size(joints: Raw, topology: Topology) -> bool:
    """Whether positions in metres would be those of an adult, more or less.

    Args:
        joints: [T, P, J, 3]; NaN where a joint is missing.
        topology: What the J joints would be.

    Raises:
        SourceError: As of :func:`measure_thigh`.
    """
    bodies = find_whole_bodies(joints, topology)
    size = measure_thigh(bodies, topology) / ADULT_M["hip", "knee"] if len(bodies) else 0
    return 1 / SURE < size < SURE


def find_up(bodies: Raw, topology: Topology) -> str:
    """The axis from the feet to the head, for example ``+y``.

    Args:
        bodies: [N, J, 3], whole ones.
        topology: What the J joints are.
    """
    top = next((at for name in _TOPS if (at := topology.find(name)) is not None), None)
    ankles = [topology.index(f"{side}_ankle") for side in ("left", "right")]
    hips = [topology.index(f"{side}_hip") for side in ("left", "right")]
    above = bodies[:, hips].mean(1) if top is None else bodies[:, top]
    return name_main_axis((above - bodies[:, ankles].mean(1)).mean(0))


_TOPS = ("head.top", "head", "nose", "neck")


def _length(bodies: Raw, topology: Topology, side: str, upper: str, lower: str) -> float:
    a, b = topology.index(f"{side}_{upper}"), topology.index(f"{side}_{lower}")
    return float(np.median(np.linalg.norm(bodies[:, a] - bodies[:, b], axis=-1)))


def _check_pelvis(bodies: Raw, topology: Topology) -> None:
    pelvis = topology.find("pelvis")
    if pelvis is None:
        return
    left, right = (bodies[:, topology.index(f"{side}_hip")] for side in ("left", "right"))
    width = float(np.median(np.linalg.norm(left - right, axis=-1)))
    off = float(np.median(np.linalg.norm(bodies[:, pelvis] - (left + right) / 2, axis=-1)))
    if off > width:
        found = f"joint {pelvis} is not between the hips"
        raise SourceError("format", found, expected=f"the pelvis of {topology.name}")
