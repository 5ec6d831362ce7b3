"""The body: forward kinematics from posture channels to every joint of the vocabulary.

Scene space: metres, +y up, floor at y = 0; a person of heading 0 faces +z and has the left side at
+x, as in HumanML3D. Torso and head are chains of rotations; limbs are two rigid bones that reach
for a target, with knees that bend forwards and elbows that bend backwards, so that feet stay where
they stand and hands arrive where they should. Bone lengths are constant by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.synthesis.subjects import Subject

Array = npt.NDArray[np.float64]

SIDES = ("left", "right")
UPPER_ARM, FOREARM, HAND = 0.172, 0.157, 0.045
THIGH, SHANK, ANKLE_HEIGHT = 0.238, 0.238, 0.042
ARM, LEG = UPPER_ARM + FOREARM, THIGH + SHANK
"""Lengths as fractions of the stature (Drillis and Contini, 1966, rounded)."""

STANDING = 0.99
"""Straightness of a standing leg: hip to ankle over the leg's length. The knee is bent by 16
degrees; at 0.95 it would be 36, and at 1 it would have no direction to bend to."""

_LEFTWARDS, UP, _AHEAD = np.eye(3)


@dataclass(frozen=True, eq=False)
class Posture:
    """What one person does over time; all arrays have T rows.

    Args:
        start: Where on the floor the person starts, metres (x, z).
        heading: Where the person faces, radians [T]; 0 is +z, positive turns to the left.
        travel: How far ahead of the start the person is, in leg lengths [T, 1].
        pelvis: Shift of the pelvis from standing, in leg lengths [T, 3] (left, up, forward).
        torso: Radians [T, 3]: lean forward, lean left, twist left.
        head: Nod forward, radians [T, 1].
        arms: Of each side, [T, 3]: radians from hanging (0) to overhead (pi), radians from
            forwards (0) to outwards (pi/2), and reach in arm lengths (1 is straight).
        legs: Of each side, [T, 3]: shift of the ankle from standing in leg lengths
            (outward, up, forward).
    """

    start: tuple[float, float]
    heading: Array
    travel: Array
    pelvis: Array
    torso: Array
    head: Array
    arms: dict[str, Array]
    legs: dict[str, Array]


def pose_body(posture: Posture, subject: Subject) -> dict[str, Array]:
    """Every joint of :data:`skeletonllm.topology.VOCABULARY` in scene space, [T, 3] metres each.

    Args:
        posture: What the person does.
        subject: Whose bones they are.
    """
    facing = make_rotation(UP, posture.heading)
    joints = _torso(posture, subject, facing)
    for side in SIDES:
        joints |= _arm(side, joints[f"{side}_shoulder"], posture.arms[side], subject, facing)
        joints |= _leg(side, joints[f"{side}_hip"], posture, subject, facing)
    return joints


def _torso(posture: Posture, subject: Subject, facing: Array) -> dict[str, Array]:
    """Pelvis to head. The hips take half of a lean and the spine the rest, as people do."""
    h, leg = subject.stature, LEG * subject.legs * subject.stature
    standing = ANKLE_HEIGHT * h + STANDING * leg + 0.04 * h
    root = np.einsum("tij,tj->ti", facing, posture.pelvis) * leg
    root += _ground(posture, subject) + standing * UP
    lean, side, twist = posture.torso.T
    hips = facing @ _bend(lean * 0.5, side * 0.4, twist * 0.2)
    waist = hips @ _bend(lean * 0.25, side * 0.3, twist * 0.4)
    chest = waist @ _bend(lean * 0.25, side * 0.3, twist * 0.4)
    level_gaze = -0.3 * lean
    skull = chest @ make_rotation(_LEFTWARDS, posture.head[:, 0] + level_gaze)
    wide = subject.shoulders
    joints = {"pelvis": root}
    joints |= _attach(
        root, hips, h, {"lower_spine": (0, 0.065, -0.012), **_pair("hip", 0.05 * wide, -0.04, 0.0)}
    )
    joints |= _attach(joints["lower_spine"], waist, h, {"spine": (0, 0.085, 0.0)})
    chest_parts = {
        "upper_spine": (0, 0.105, 0.0),
        "neck": (0, 0.15, 0.008),
        **_pair("collar", 0.04 * wide, 0.085, 0.0),
        **_pair("shoulder", 0.108 * wide, 0.09, 0.0),
    }
    joints |= _attach(joints["spine"], chest, h, chest_parts)
    skull_parts = {
        "head": (0, 0.07, 0.012),
        "nose": (0, 0.062, 0.065),
        **_pair("eye", 0.019, 0.08, 0.052),
        **_pair("ear", 0.043, 0.07, 0.005),
    }
    return joints | _attach(joints["neck"], skull, h, skull_parts)


def _ground(posture: Posture, subject: Subject) -> Array:
    """The point of the floor above which the person stands, [T, 3]."""
    ahead = np.stack([np.sin(posture.heading), np.cos(posture.heading)], 1)
    walked = ahead * posture.travel * (LEG * subject.legs * subject.stature)
    x, z = (walked + posture.start).T
    return np.stack([x, 0 * x, z], 1)


def _arm(
    side: str, shoulder: Array, aim_arm: Array, subject: Subject, facing: Array
) -> dict[str, Array]:
    """Directions are those of the room, not of the chest: a bowing person's arms hang down."""
    h, upper = subject.stature, UPPER_ARM * subject.arms * subject.stature
    lower = FOREARM * subject.arms * h
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    raised, spread, reach = aim_arm.T
    towards = np.stack(
        [np.sin(raised) * np.sin(spread), -np.cos(raised), np.sin(raised) * np.cos(spread)], 1
    )
    target = shoulder + _to_scene(facing, towards * mirror) * (reach * (upper + lower))[:, None]
    pole = _to_scene(facing, np.array([0.5, -1.0, -0.4]) * mirror)
    elbow, wrist = solve_two_bones(shoulder, target, upper, lower, pole)
    along = _unit(wrist - elbow)
    across = _perpendicular(_to_scene(facing, np.array([-0.4, 0.5, 0.9]) * mirror), along)
    return {
        f"{side}_elbow": elbow,
        f"{side}_wrist": wrist,
        f"{side}_hand": wrist + along * HAND * h,
        f"{side}_hand_tip": wrist + along * 2 * HAND * h,
        f"{side}_thumb": wrist + (along * 1.1 + across * 0.6) * HAND * h,
    }


def _leg(
    side: str, hip: Array, posture: Posture, subject: Subject, facing: Array
) -> dict[str, Array]:
    h, leg = subject.stature, LEG * subject.legs * subject.stature
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    stance = np.array([0.055 * subject.shoulders * h, ANKLE_HEIGHT * h, -0.01 * h])
    ankle = _to_scene(facing, (stance + posture.legs[side] * leg) * mirror)
    ankle += _ground(posture, subject)
    pole = _to_scene(facing, np.array([0.15, 0.0, 1.0]) * mirror)
    knee, ankle = solve_two_bones(hip, ankle, THIGH / LEG * leg, SHANK / LEG * leg, pole)
    return {
        f"{side}_knee": knee,
        f"{side}_ankle": ankle,
        f"{side}_foot": ankle + _foot(knee, ankle, facing, h),
    }


def _foot(knee: Array, ankle: Array, facing: Array, stature: float) -> Array:
    """Ankle to toes: flat on the floor, following the shank as the ankle leaves it."""
    lateral = facing[:, :, 0]
    lifted = np.clip((ankle[:, 1] / stature - ANKLE_HEIGHT - 0.01) / 0.1, 0.0, 1.0)[:, None]
    hanging = _unit(np.cross(_unit(ankle - knee), lateral))
    along = _unit(facing[:, :, 2] * (1 - lifted) + hanging * lifted)
    down = _unit(np.cross(lateral, along))
    return (along * 0.075 + down * 0.032) * stature


def solve_two_bones(
    root: Array, target: Array, upper: float, lower: float, pole: Array
) -> tuple[Array, Array]:
    """Middle joint and end of two rigid bones that reach for a target.

    Args:
        root: Where the first bone starts [T, 3].
        target: Where the second should end [T, 3].
        upper: Length of the first, metres.
        lower: Length of the second.
        pole: Where the middle joint bends to [T, 3].

    Returns:
        Middle joint and end, each [T, 3]; a target out of reach is approached as far as it goes.
    """
    offset = target - root
    distance = np.linalg.norm(offset, axis=1, keepdims=True)
    along = offset / np.maximum(distance, 1e-9)
    length = np.clip(distance, 0.25 * (upper + lower), 0.998 * (upper + lower))
    forward = (upper**2 + length**2 - lower**2) / (2 * length)
    sideways = np.sqrt(np.maximum(upper**2 - forward**2, 0.0))
    middle = root + along * forward + _perpendicular(pole, along) * sideways
    return middle, root + along * length


def _pair(name: str, outward: float, up: float, forward: float) -> dict[str, tuple[float, ...]]:
    return {f"left_{name}": (outward, up, forward), f"right_{name}": (-outward, up, forward)}


def _attach(
    at: Array, frame: Array, stature: float, parts: dict[str, tuple[float, ...]]
) -> dict[str, Array]:
    return {
        name: at + frame @ np.asarray(offset, dtype=np.float64) * stature
        for name, offset in parts.items()
    }


def _to_scene(facing: Array, local: Array) -> Array:
    """Vectors given as (left, up, forward), [3] or [T, 3], turned to where the person faces."""
    rotated: Array = np.einsum("tij,tj->ti", facing, np.broadcast_to(local, (len(facing), 3)))
    return rotated


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _perpendicular(vectors: Array, axis: Array) -> Array:
    """Unit part of ``vectors`` that is perpendicular to the unit ``axis``."""
    return _unit(vectors - (vectors * axis).sum(-1, keepdims=True) * axis)


def make_rotation(axis: Array, angle: Array) -> Array:
    """Rotation matrices [T, 3, 3] about a fixed axis (Rodrigues).

    Args:
        axis: Of unit length.
        angle: Radians [T].
    """
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)


def _bend(forward: Array, left: Array, twist: Array) -> Array:
    """Rotation of one joint of the trunk."""
    pitch, roll = make_rotation(_LEFTWARDS, forward), make_rotation(_AHEAD, -left)
    return make_rotation(UP, twist) @ pitch @ roll
