"""From a rig that was posed to a Motion: its skeleton, its unit and which way is up.

Files of motion capture state neither unit nor axes. The unit follows from the length of thighs,
shanks and arms, up from where the head is above the feet; what had to be guessed is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np

from skeletonllm.corpora.rigs.anatomy.body_size import ADULT_M, POSSIBLE, SURE, UNITS_M, infer_unit
from skeletonllm.corpora.rigs.anatomy.rig_topology import find_joints, rest_pose
from skeletonllm.corpora.rigs.forward_kinematics import (
    Chain,
    Quaternion,
    check_chain,
    forward,
    multiply_quaternions,
    rotate_vectors,
)
from skeletonllm.corpora.rigs.joint_names import has_body
from skeletonllm.corpora.rigs.text_encoding import decode_any
from skeletonllm.corpora.toolkit.assumed import (
    ANATOMY_BY_SHAPE,
    ANATOMY_UNKNOWN,
    AXES_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.validation import Raw, observed
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

__all__ = [
    "ADULT_M",
    "POSSIBLE",
    "SURE",
    "TO_Y_UP",
    "UNITS_M",
    "Posed",
    "decode_any",
    "infer_up",
    "name_main_axis",
    "pose",
    "to_motion",
    "turn_up",
]

REACH_M = 1000.0
"""As of HumanML3D: people walk about in the world."""


@dataclass(frozen=True, eq=False)
class Posed:
    """A rig in all its frames.

    Args:
        topology: Its skeleton.
        positions: float64 [T, J, 3] in the unit and axes of the file.
        turned: float64 [T, J, 4] quaternions (w, x, y, z) from the axes of the file.
        rest: float64 [J, 3], the joints where no channel acts.
        by_shape: Whether the limbs are known by shape, not by name.
    """

    topology: Topology
    positions: Raw
    turned: Raw
    rest: Raw
    by_shape: bool


def pose(chain: Chain, values: Raw, family: str, source: str) -> Posed:
    """Put a rig into all its frames, and name its joints (:func:`find_joints`).

    Args:
        chain: The links, every parent first.
        values: [T, C], turns in radians.
        family: First word of the topology's name, for example ``bvh``.
        source: What defines the order of the joints.

    Raises:
        SourceError: ``no_frames``, ``no_body`` or ``unsafe``.
    """
    check_chain(chain, len(values))
    with np.errstate(over="ignore", invalid="ignore"):  # refused, as what is not finite
        positions, turned = forward(chain, values)
        joints = find_joints(chain, positions)
    at = np.flatnonzero(joints.kept)
    return Posed(
        joints.topology(family, source),
        np.ascontiguousarray(positions[at].transpose(2, 0, 1)),
        np.ascontiguousarray(turned[at].transpose(2, 0, 1)),
        rest_pose(chain)[at],
        joints.by_shape,
    )


def to_motion(posed: Posed, fps: float, unit_m: float | None) -> tuple[Motion, tuple[str, ...]]:
    """The motion in metres with +y up, and what had to be assumed.

    Args:
        posed: The rig.
        fps: Frames a second.
        unit_m: The unit that the file states, in metres; None if it states none.

    Returns:
        The motion (space ``world``; ``metric`` is False where no unit fits a body) and flags
        flags: ``unit_assumed``, ``axes_assumed``, ``anatomy_by_shape``, ``anatomy_unknown``.

    Raises:
        SourceError: See :func:`skeletonllm.corpora.toolkit.validation.observed`.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        scale, metric, sure_unit = infer_unit(posed.topology, posed.positions, unit_m)
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
    doubts = (UNIT_ASSUMED, AXES_ASSUMED, ANATOMY_BY_SHAPE, ANATOMY_UNKNOWN)
    seen = (sure_unit, sure_up, not posed.by_shape, has_body(posed.topology.joints))
    return motion, tuple(compress(doubts, (not sure for sure in seen)))


def infer_up(posed: Posed) -> tuple[Quaternion, bool]:
    """The turn that brings up to +y, and whether it is certain.

    Who stands on the head keeps +y up because the rest pose does; a file is turned only where the
    rest pose and the motion agree on another axis, or where everybody hangs head down from first to
    last without standing on the hands, as in the axes of a camera. Both are flagged.
    """
    moving = _upright(posed.topology, posed.positions)
    resting = _upright(posed.topology, posed.rest[None])
    if moving is None:
        return TO_Y_UP["+y"], False
    axis = name_main_axis(moving)
    if axis == "+y":
        return TO_Y_UP["+y"], True
    agreed = resting is not None and name_main_axis(resting) == axis
    return TO_Y_UP[axis if agreed or (axis == "-y" and _hangs(posed)) else "+y"], False


def _hangs(posed: Posed) -> bool:
    """Whether in nearly all frames the head is below the feet, and a hand above the head."""
    find = posed.topology.find
    head, hands = find("head", "neck"), [find("left_wrist"), find("right_wrist")]
    feet = [find("left_ankle", "left_foot"), find("right_ankle", "right_foot")]
    ends = [j for j in (*hands, *feet) if j is not None]
    if head is None or len(ends) < len(hands) + len(feet):
        return False
    above = posed.positions[..., 1][:, ends] - posed.positions[:, head, 1, None]  # [T, 4]
    above = above[np.isfinite(above).all(1)]
    height = above[:, 2:].min(1)
    upside_down = (height > 0) & (above[:, :2].max(1) > HAND_SHARE * height)
    return bool(len(above)) and float(upside_down.mean()) >= NEARLY_ALL


HAND_SHARE, NEARLY_ALL = 0.1, 0.95
"""How far above the head one hand must be, of the feet's height above it, and in how many frames:
the hands of a handstand are below the head."""

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


def _upright(topology: Topology, positions: Raw) -> Raw | None:
    """The mean direction to the head from the feet, or from the pelvis, [3]; None if unknown."""
    top = topology.find("head", "neck", "upper_spine")
    feet = [
        topology.find(*(f"{side}_{word}" for word in ("ankle", "foot", "knee", "hip")))
        for side in ("left", "right")
    ]
    if top is None:
        return None
    if None in feet:  # half a body
        feet = [topology.find("pelvis")]
    ends = [positions[:, j] for j in feet if j is not None]
    if not ends:
        return None
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
