"""A motion in which one movement did not happen: forward kinematics on positions.

The bone that moved stays as it was at the start, against the bone that carries it; whatever hangs
on it goes along. It also keeps the length it had: a Kinect sees half of a squat as legs that grow
shorter (a shank of 0.25 statures as 0.12), and a picture sees it so by its nature. What is held:

- an elbow: the forearm against the upper arm; a hand: the whole arm against the trunk;
- a knee: the shank against the thigh; a foot: the whole leg against the hips;
- a hip: the line from hip to foot, and the lean of the trunk, since both close it;
- the torso: its lean, or its twist, with the head and the arms;
- the body up or down: both legs; the body elsewhere: its way over the floor, or its heading.
  A picture does not show how far a body turns or twists, so there that cannot be held.

A leg that stands is a chain that is closed by the floor. There, what a knee decides is how far the
hip is from the foot, not where the shank points: the line from hip to foot stays as observed, and
then the body is moved so that the foot stays where it stood. Else a squat with the knees held
straight would be a straight leg that lies on the floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.puppet import Puppet
from skeletonllm.kinematics.rotations import carry_along, keep_in_frames, measure_swings, rotate
from skeletonllm.kinematics.scene import SIDES
from skeletonllm.kinematics.signals import UP, Array

_LEVEL = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class HeldSpan:
    """When a movement is held.

    Args:
        start: Frame whose pose is kept.
        release: Frame from which the pose goes back to the observed one; None if it never does.
        end: Frame at which it is the observed one again.
    """

    start: int
    release: int | None = None
    end: int | None = None

    def weights(self, frames: int) -> Array:
        """How much it is held [T]: 1 fully, 0 not at all.

        Args:
            frames: T.
        """
        weights = np.zeros(frames)
        weights[self.start :] = 1.0
        if self.release is not None and self.end is not None:
            steps = np.arange(self.release, frames) - self.release
            gone = steps / max(1, self.end - self.release)
            weights[self.release :] *= np.maximum(0.0, 1.0 - gone)
        return weights


Hold = Callable[[Puppet, tuple[str, ...]], None]


def _hold_arms(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        upper = keep_in_frames(puppet.bone(f"{side}_shoulder", f"{side}_elbow"), puppet.trunk)
        fore = keep_in_frames(puppet.bone(f"{side}_elbow", f"{side}_hand"), puppet.trunk)
        arm, forearm = puppet.find_beyond(side, "shoulder"), puppet.find_beyond(side, "elbow")
        puppet.aim(arm, f"{side}_shoulder", f"{side}_elbow", upper)
        puppet.aim(forearm, f"{side}_elbow", f"{side}_hand", fore)


def _hold_upper_arms(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        upper = keep_in_frames(puppet.bone(f"{side}_shoulder", f"{side}_elbow"), puppet.trunk)
        arm = puppet.find_beyond(side, "shoulder")
        puppet.aim(arm, f"{side}_shoulder", f"{side}_elbow", upper)


def _hold_elbows(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        shoulder, elbow, hand = (f"{side}_{name}" for name in ("shoulder", "elbow", "hand"))
        fore = _keep_on_bone(puppet.bone(elbow, hand), puppet.bone(shoulder, elbow), puppet.trunk)
        puppet.aim(puppet.find_beyond(side, "elbow"), elbow, hand, fore)


def _hold_shoulders(puppet: Puppet, sides: tuple[str, ...]) -> None:
    """A shrug: the shoulder against the chest; the arm is carried, not turned."""
    for side in sides:
        line = puppet.bone("chest", f"{side}_shoulder")
        swings = measure_swings(line, keep_in_frames(line, puppet.trunk))
        arm = puppet.find_joints(f"{side}_arm", 0.05)
        puppet.shift(rotate(line, puppet.weights * swings) - line, arm)


def _hold_head(puppet: Puppet, _: tuple[str, ...]) -> None:
    line = keep_in_frames(puppet.bone("chest", "head"), puppet.trunk)
    puppet.aim(puppet.find_joints("head", -1.0), "chest", "head", line)


def _hold_lean(puppet: Puppet, _: tuple[str, ...]) -> None:
    trunk = keep_in_frames(puppet.bone("pelvis", "chest"), puppet.heading)
    puppet.aim(puppet.find_upper_body(), "pelvis", "chest", trunk)


def _hold_twist(puppet: Puppet, _: tuple[str, ...]) -> None:
    """Against the world, since hips follow the shoulders and standing feet do not."""
    across = puppet.bone("left_shoulder", "right_shoulder") * _LEVEL
    swings = measure_swings(across, np.broadcast_to(across[0], across.shape))
    pelvis = puppet.moved.point("pelvis")
    puppet.turn(puppet.find_upper_body(), pelvis, puppet.weights * swings)


def _hold_heading(puppet: Puppet, _: tuple[str, ...]) -> None:
    right = puppet.observed.right()
    swings = measure_swings(right, np.broadcast_to(right[0], right.shape))
    everything = list(range(len(puppet.observed.topology)))
    puppet.turn(everything, puppet.moved.point("pelvis"), puppet.weights * swings)


def _hold_way(puppet: Puppet, _: tuple[str, ...]) -> None:
    pelvis = puppet.see("pelvis") * _LEVEL
    puppet.shift(puppet.weights * (pelvis[0] - pelvis))


def _hold_legs(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        thigh = keep_in_frames(puppet.bone(f"{side}_hip", f"{side}_knee"), puppet.heading)
        shank = keep_in_frames(puppet.bone(f"{side}_knee", f"{side}_foot"), puppet.heading)
        leg, below = puppet.find_beyond(side, "hip"), puppet.find_beyond(side, "knee")
        puppet.aim(leg, f"{side}_hip", f"{side}_knee", thigh)
        puppet.aim(below, f"{side}_knee", f"{side}_foot", shank)


def _hold_knees(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        hip, knee, foot = (f"{side}_{name}" for name in ("hip", "knee", "foot"))
        thigh, leg = puppet.bone(hip, knee), puppet.find_beyond(side, "hip")
        length = np.linalg.norm(thigh, axis=1, keepdims=True)
        shank = _keep_on_bone(puppet.bone(knee, foot), thigh, puppet.heading)
        puppet.aim(leg, hip, knee, thigh * (length[0] / length))
        puppet.aim(puppet.find_beyond(side, "knee"), knee, foot, shank)
        line = puppet.moved.point(foot) - puppet.moved.point(hip)
        back = measure_swings(line, puppet.bone(hip, foot))
        puppet.turn(leg, puppet.moved.point(hip), puppet.standing[side][:, None] * back)


def _hold_hips(puppet: Puppet, sides: tuple[str, ...]) -> None:
    for side in sides:
        line = puppet.bone(f"{side}_hip", f"{side}_foot")
        swings = measure_swings(line, keep_in_frames(line, puppet.heading))
        hip = puppet.moved.point(f"{side}_hip")
        puppet.turn(puppet.find_beyond(side, "hip"), hip, puppet.weights * swings)


def _anchor_feet(puppet: Puppet, sides: tuple[str, ...]) -> None:
    """A held leg that stands carries the body, wherever its foot was seen."""
    puppet.shift(puppet.measure_slips(sides))


def _anchor_heights(puppet: Puppet, sides: tuple[str, ...]) -> None:
    puppet.shift(puppet.measure_slips(sides) * UP)


def _anchor_landing(puppet: Puppet, sides: tuple[str, ...]) -> None:
    """As :func:`_anchor_feet`, and the lower foot stays as high as it was: no jump."""
    feet = [puppet.see(f"{side}_foot")[:, 1] for side in SIDES]
    lower = np.fmin(*feet)
    rise = puppet.weights * (lower - lower[0])[:, None] * UP
    puppet.shift(puppet.measure_slips(sides) - rise)


def _keep_on_bone(bone: Array, carrier: Array, frames: Array) -> Array:
    """A bone [T, 3] had it stayed as it was first, against the bone that carries it."""
    local = np.einsum("tji,tj->ti", frames, carrier)
    kept = carry_along(frames[0].T @ bone[0], local)
    return np.einsum("tij,tj->ti", frames, kept)


_FOLDED: tuple[Hold, ...] = (_hold_legs, _anchor_landing)
_ARMS: tuple[Hold, ...] = (_hold_arms,)
_LEAN: tuple[Hold, ...] = (_hold_lean,)
_KNEES: tuple[Hold, ...] = (_hold_knees, _anchor_feet)
_LEGS: tuple[Hold, ...] = (_hold_legs, _anchor_feet)
_GAIT: tuple[Hold, ...] = (_hold_legs, _hold_way)

_BY_MOTION: dict[str, tuple[Hold, ...]] = {
    "turn": (_hold_heading,),
    "twist": (_hold_twist,),
    **dict.fromkeys(("lean", "straighten"), _LEAN),
    **dict.fromkeys(("step", "walk", "run"), _GAIT),
    "lunge": (_hold_legs, _anchor_heights, _hold_way),
    **dict.fromkeys(("jump", "crouch", "sit", "stand"), _FOLDED),
    "pick_up": (_hold_arms, _hold_lean, *_FOLDED),
    **dict.fromkeys(("hold", "other"), ()),
}
"""What these move, whatever part is named."""
_OVER_THE_FLOOR = ("approach", "retreat", "forward", "backward", "sideways")
_HINGES: dict[str, tuple[Hold, ...]] = {
    "elbow": (_hold_elbows,),
    "shoulder": (_hold_upper_arms,),
    "knee": _KNEES,
    "hip": (_hold_lean, _hold_hips, _anchor_feet),
    "torso": _LEAN,
}
_PARTS: dict[str, tuple[Hold, ...]] = {
    "hand": _ARMS,
    "elbow": (_hold_upper_arms,),
    "shoulder": (_hold_shoulders,),
    "foot": _LEGS,
    "knee": _LEGS,
    "hip": _LEGS,
    "torso": (_hold_twist, _hold_lean),
    "head": (_hold_head,),
    "body": _FOLDED,
}


def _find_holds(motion: str, part: str, *, flat: bool) -> tuple[Hold, ...]:
    """What is held, in this order: arms before the trunk that carries them, the way last."""
    if motion in _BY_MOTION:
        holds = _BY_MOTION[motion]
    elif motion in ("bend", "extend"):
        holds = _HINGES.get(part, ())
    elif part == "body" and motion in _OVER_THE_FLOOR:
        holds = (_hold_way,)
    else:
        holds = _PARTS.get(part, ())
    return tuple(hold for hold in holds if not (flat and hold in (_hold_heading, _hold_twist)))


def remove_movement(body: Body, motion: str, part: str, side: str, span: HeldSpan) -> Body | None:
    """The body as it would have moved without one movement; None if that cannot be said.

    Args:
        body: Who moves.
        motion: One of ``schemas.rationale.MOTIONS``.
        part: ``hand``, ``elbow``, ``shoulder``, ``foot``, ``knee``, ``hip``, ``torso``, ``head`` or
            ``body``.
        side: ``left``, ``right``; anything else means both, where the part has sides.
        span: When it is held.

    Example:
        >>> still = remove_movement(body, "bend", "elbow", "right", HeldSpan(12))  # doctest: +SKIP
    """
    holds = _find_holds(motion, part, flat=body.topology.dims == 2)
    weights = span.weights(len(body.joints))
    held = np.flatnonzero(weights)
    if not holds or not held.size:
        return body if holds else None
    frames = slice(int(held[0]), int(held[-1]) + 1)
    sides = (side,) if side in SIDES else SIDES
    puppet = Puppet(replace(body, joints=body.joints[frames]), weights[frames])
    for hold in holds:
        hold(puppet, sides)
    joints = body.joints.copy()
    joints[frames] = puppet.moved.joints
    return replace(body, joints=joints)


def freeze_body(body: Body, span: HeldSpan) -> Body:
    """The body as if it stood like a statue.

    Args:
        body: Who moves.
        span: When it is held.
    """
    weights = span.weights(len(body.joints))[:, None, None]
    pose = body.joints[min(span.start, len(body.joints) - 1)]
    return replace(
        body, joints=body.joints + np.where(weights > 0, weights * (pose - body.joints), 0.0)
    )
