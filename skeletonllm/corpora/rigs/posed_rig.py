"""From a rig that was posed to a Motion: its skeleton, its unit and which way is up.

Files of motion capture state neither unit nor axes. The unit follows from the length of thighs,
shanks and arms, up from where the head is above the feet; what had to be guessed is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np

from skeletonllm.corpora.rigs.forward_kinematics import (
    Chain,
    Quaternion,
    check_chain,
    forward,
    multiply_quaternions,
    rotate_vectors,
)
from skeletonllm.corpora.rigs.joint_names import find_scene_roots, has_body, name_joints
from skeletonllm.corpora.toolkit.assumed import ANATOMY_UNKNOWN, AXES_ASSUMED, UNIT_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology, register_topology

REACH_M = 1000.0
"""As of HumanML3D: people walk about in the world."""

UNITS_M = {"mm": 1e-3, "cm": 1e-2, "inch": 0.0254, "m": 1.0, "acclaim": 0.0254 / 0.45}
"""Units seen in files, in metres; the last is what the CMU and HDM05 recordings come in."""

ADULT_M = {
    ("hip", "knee"): 0.42,
    ("knee", "ankle"): 0.41,
    ("shoulder", "elbow"): 0.29,
    ("elbow", "wrist"): 0.26,
}
"""Lengths of an adult's limbs (0.245, 0.24, 0.17 and 0.15 of a body of 1.72 m: Winter,
Biomechanics and Motor Control of Human Movement, 2009, rounded)."""

SURE, POSSIBLE = 1.3, 2.0
"""How far limbs may be from an adult's for a unit to be certain, and to be a unit at all."""


@dataclass(frozen=True, eq=False)
class Posed:
    """A rig in all its frames.

    Args:
        topology: Its skeleton.
        positions: float64 [T, J, 3] in the unit and axes of the file.
        turned: float64 [T, J, 4] quaternions (w, x, y, z) from the axes of the file.
        rest: float64 [J, 3], the joints where no channel acts.
    """

    topology: Topology
    positions: Raw
    turned: Raw
    rest: Raw


def pose(chain: Chain, values: Raw, family: str, source: str) -> Posed:
    """Put a rig into all its frames, and name its joints.

    A joint that can never leave its parent is one point with it and is left out; so is the scene
    above the pelvis.

    Args:
        chain: The links, every parent first.
        values: [T, C], turns in radians.
        family: First word of the topology's name, for example ``bvh``.
        source: What defines the order of the joints.

    Raises:
        SourceError: ``no_frames``, ``no_body`` or ``unsafe``.
    """
    check_chain(chain, len(values))
    kept, parents = _kept(chain)
    topology = _topology(chain, kept, parents, family, source)
    with np.errstate(over="ignore", invalid="ignore"):  # refused, as what is not finite
        positions, turned = forward(chain, values)
    at = np.flatnonzero(kept)
    return Posed(
        topology,
        np.ascontiguousarray(positions[at].transpose(2, 0, 1)),
        np.ascontiguousarray(turned[at].transpose(2, 0, 1)),
        _rest(chain)[at],
    )


def to_motion(posed: Posed, fps: float, unit_m: float | None) -> tuple[Motion, tuple[str, ...]]:
    """The motion in metres with +y up, and what had to be assumed.

    Args:
        posed: The rig.
        fps: Frames a second.
        unit_m: The unit that the file states, in metres; None if it states none.

    Returns:
        The motion (space ``world``; ``metric`` is False where no unit fits a body) and flags
        flags: ``unit_assumed``, ``axes_assumed``, ``anatomy_unknown``.

    Raises:
        SourceError: See :func:`skeletonllm.corpora.toolkit.validation.observed`.
    """
    scale, metric, sure_unit = infer_unit(posed, unit_m)
    up, sure_up = infer_up(posed)
    joints, turned = posed.positions * scale, posed.turned
    if up != (1.0, 0.0, 0.0, 0.0):
        joints, turned = turn_up(joints, up), _turned_with(turned, up)
    present = np.ones((len(joints), 1), np.bool_)
    everywhere = np.ones((len(joints), 1, joints.shape[1]), np.float32)
    clean, confidence = observed(joints[:, None], present, everywhere, reach=REACH_M)
    orientations = np.where(np.isfinite(turned).all(-1, keepdims=True), turned, 0)[:, None]
    motion = Motion(
        joints=clean,
        present=present,
        confidence=confidence,
        topology=posed.topology,
        fps=fps,
        space="world",
        metric=metric,
        orientations=orientations.astype(np.float32),
    )
    doubts = (UNIT_ASSUMED, AXES_ASSUMED, ANATOMY_UNKNOWN)
    seen = (sure_unit, sure_up, has_body(posed.topology.joints))
    return motion, tuple(compress(doubts, (not sure for sure in seen)))


def infer_unit(posed: Posed, stated_m: float | None) -> tuple[float, bool, bool]:
    """Metres in a unit of the file, whether that is a unit at all, and whether it is certain.

    Args:
        posed: A rig over time.
        stated_m: Metres a unit, if the file states them.
    """
    needed = _adult_scale(posed)
    if needed is None:
        return stated_m or UNITS_M["cm"], stated_m is not None, stated_m is not None
    if stated_m is not None and _ratio(needed, stated_m) < POSSIBLE:
        return stated_m, True, True
    unit = min(UNITS_M.values(), key=lambda metres: _ratio(needed, metres))
    off = _ratio(needed, unit)
    if off > POSSIBLE:
        return needed, False, False
    return unit, True, off < SURE and stated_m is None


def infer_up(posed: Posed) -> tuple[Quaternion, bool]:
    """The turn that brings up to +y, and whether it is certain.

    Who stands on the head keeps +y up because the rest pose does; a file is turned only where the
    rest pose and the motion agree on another axis, and that is flagged.
    """
    moving = _upright(posed.topology, posed.positions)
    resting = _upright(posed.topology, posed.rest[None])
    if moving is None:
        return TO_Y_UP["+y"], False
    if name_main_axis(moving) == "+y":
        return TO_Y_UP["+y"], True
    agreed = resting is not None and name_main_axis(resting) == name_main_axis(moving)
    return TO_Y_UP[name_main_axis(moving) if agreed else "+y"], False


_H = 0.5**0.5
TO_Y_UP: dict[str, Quaternion] = {
    "+x": (_H, 0.0, 0.0, _H),
    "-x": (_H, 0.0, 0.0, -_H),
    "+y": (1.0, 0.0, 0.0, 0.0),
    "-y": (0.0, 1.0, 0.0, 0.0),
    "+z": (_H, -_H, 0.0, 0.0),
    "-z": (_H, _H, 0.0, 0.0),
}
"""The turn that brings an axis to +y; for z the one that Blender and others export with."""


def _kept(chain: Chain) -> tuple[list[bool], list[int]]:
    """Which links are joints of their own, and for each the nearest such ancestor (or -1)."""
    parents = [link.parent for link in chain]
    scene = find_scene_roots([link.name for link in chain], parents)
    kept, above = [False] * len(chain), [-1] * len(chain)
    for j, link in enumerate(chain):
        p = link.parent
        if p >= 0:
            above[j] = p if kept[p] else above[p]
        touches = link.is_fixed and p >= 0 and p >= scene
        kept[j] = j >= scene and not touches
    return kept, above


def _topology(
    chain: Chain, kept: list[bool], parents: list[int], family: str, source: str
) -> Topology:
    """The skeleton of the joints that are kept, registered under a hash of its definition."""
    names = name_joints([link.name for link in chain], [link.parent for link in chain], kept)
    index = {j: i for i, j in enumerate(np.flatnonzero(kept).tolist())}
    bones = tuple((index[parents[j]], i) for j, i in index.items() if parents[j] >= 0)
    joints = tuple(name for name in names if name)
    made = Topology(family, joints, bones, 3, source)
    return register_topology(Topology(f"{family}_{made.sha256[:8]}", joints, bones, 3, source))


def _rest(chain: Chain) -> Raw:
    """[J, 3] of the rig where no channel acts."""
    places = np.zeros((len(chain), 3))
    for j, link in enumerate(chain):
        places[j] = link.offset if link.parent < 0 else places[link.parent] + link.offset
    return places


def _adult_scale(posed: Posed) -> float | None:
    """By how much the limbs must be scaled to be an adult's; None with fewer than two."""
    find, scales = posed.topology.find, []
    for (upper, lower), metres in ADULT_M.items():
        for side in ("left", "right"):
            a, b = find(f"{side}_{upper}"), find(f"{side}_{lower}")
            if a is not None and b is not None:
                bones = posed.positions[:, a] - posed.positions[:, b]
                length = float(np.median(np.linalg.norm(bones, axis=-1)))
                scales += [metres / length] if 0 < length < np.inf else []
    return float(np.median(scales)) if len(scales) > 1 else None


def _ratio(a: float, b: float) -> float:
    return max(a / b, b / a)


def _upright(topology: Topology, positions: Raw) -> Raw | None:
    """The mean direction from the feet to the head, [3]; None where either is not known."""
    top = topology.find("head", "neck", "upper_spine")
    feet = [
        topology.find(*(f"{side}_{word}" for word in ("ankle", "foot", "knee", "hip")))
        for side in ("left", "right")
    ]
    if top is None or None in feet:
        return None
    ends = [positions[:, j] for j in feet if j is not None]
    along = positions[:, top] - np.mean(ends, axis=0)  # [T, 3]
    length = np.linalg.norm(along, axis=-1, keepdims=True)
    good = np.isfinite(length[:, 0]) & (length[:, 0] > 0)
    return np.asarray((along[good] / length[good]).mean(0)) if good.any() else None


def name_main_axis(direction: Raw) -> str:
    """The axis that a direction [3] is nearest to, for example ``+y``."""
    axis = int(np.abs(direction).argmax())
    return ("+" if direction[axis] > 0 else "-") + "xyz"[axis]


def turn_up(joints: Raw, up: Quaternion) -> Raw:
    """Positions [..., 3] turned by one of :data:`TO_Y_UP`.

    Args:
        joints: Positions, [..., 3].
        up: The rotation that brings the rig's up to +y.
    """
    flat = rotate_vectors(np.array(up)[:, None], joints.reshape(-1, 3).T)
    return np.ascontiguousarray(flat.T).reshape(joints.shape)


def _turned_with(turned: Raw, up: Quaternion) -> Raw:
    flat = multiply_quaternions(np.array(up)[:, None], turned.reshape(-1, 4).T)
    return np.ascontiguousarray(flat.T).reshape(turned.shape)


def decode_any(data: bytes) -> str:
    """UTF-8 text, or else Latin-1, with line ends of one kind; names and comments may be anything.

    Raises:
        SourceError: ``empty`` for blanks only.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if not text.strip():
        raise SourceError("empty", "nothing but blanks")
    return text.replace("\r\n", "\n").replace("\r", "\n")
