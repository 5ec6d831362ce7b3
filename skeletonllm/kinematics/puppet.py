"""A body that can be turned about its joints, frame by frame, as one moves a puppet.

Forward kinematics on positions: whatever hangs on a joint goes along, and its bones keep the
lengths they have in each frame. A joint that was not seen stays NaN, and so does what is measured
from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.rotations import (
    measure_heading_frames,
    measure_swings,
    measure_trunk_frames,
    rotate,
)
from skeletonllm.kinematics.scene import SIDES
from skeletonllm.kinematics.signals import Array

_STANDS, _SWINGS = 0.04, 0.13
"""A foot this far above the lower one, in statures, stands fully, or not at all: ankles of a Kinect
that stand differ by up to the first, and steps lift them by about the second."""

_ALONG = {"shoulder": 0.1, "elbow": 0.45, "hip": 0.0, "knee": 0.5}


class Puppet:
    """A body as observed, and as it is moved.

    Args:
        observed: The body; what is kept still is read from it.
        weights: How much of each rotation is done [T], 0..1.

    Example:
        >>> Puppet(body, np.ones(len(body.joints))).bone("pelvis", "chest")  # doctest: +SKIP
    """

    def __init__(self, observed: Body, weights: Array) -> None:
        self.observed = observed
        self.weights = weights[:, None]
        self.moved = replace(observed, joints=observed.joints.copy())
        self._seen: dict[str, Array] = {}

    @cached_property
    def trunk(self) -> Array:
        """Axes [T, 3, 3] of the observed trunk."""
        return measure_trunk_frames(self.observed)

    @cached_property
    def heading(self) -> Array:
        """Level axes [T, 3, 3] of the observed hips."""
        return measure_heading_frames(self.observed)

    @cached_property
    def standing(self) -> dict[str, Array]:
        """How much each foot stands [T], 0..1; NaN where it was not seen."""
        heights = {side: self.see(f"{side}_foot")[:, 1] for side in SIDES}
        lower = np.fmin(heights["left"], heights["right"])
        lifted = {side: (h - lower) / self.observed.stature for side, h in heights.items()}
        return {
            side: np.clip((_SWINGS - lift) / (_SWINGS - _STANDS), 0.0, 1.0)
            for side, lift in lifted.items()
        }

    def bone(self, start: str, end: str) -> Array:
        """Observed vector [T, 3] from one point to another.

        Args:
            start: A point, see :meth:`Body.point`.
            end: Another one.
        """
        return self.see(end) - self.see(start)

    def see(self, name: str) -> Array:
        """Observed path [T, 3] of a point, see :meth:`Body.point`."""
        if name not in self._seen:
            self._seen[name] = self.observed.point(name)
        return self._seen[name]

    def find_beyond(self, side: str, joint: str) -> list[int]:
        """Indices of the joints of a limb that hang on one of its joints.

        Args:
            side: ``left`` or ``right``.
            joint: ``shoulder``, ``elbow``, ``hip`` or ``knee``.
        """
        limb = "leg" if joint in ("hip", "knee") else "arm"
        return self.find_joints(f"{side}_{limb}", _ALONG[joint])

    def find_upper_body(self) -> list[int]:
        """Indices of trunk, head and arms, without pelvis and hips."""
        parts = ("head", "left_arm", "right_arm")
        limbs = [j for part in parts for j in self.find_joints(part, -1.0)]
        return self.find_joints("torso", 0.0) + limbs

    def find_joints(self, part: str, beyond: float) -> list[int]:
        """Indices of the joints of a part that are farther along it than ``beyond``.

        Args:
            part: One of :data:`skeletonllm.topology.PARTS`.
            beyond: As :attr:`skeletonllm.topology.Joint.along`.
        """
        places = self.observed.topology.places
        return [j for j, place in enumerate(places) if place.part == part and place.along > beyond]

    def turn(self, joints: Sequence[int], pivot: Array, rotations: Array) -> None:
        """Turns joints about a path.

        Args:
            joints: Their indices.
            pivot: Path [T, 3].
            rotations: Rotation vectors [T, 3].
        """
        chosen = list(joints)
        around = self.moved.joints[:, chosen] - pivot[:, None]
        self.moved.joints[:, chosen] = pivot[:, None] + rotate(around, rotations)
        self.moved.forget()

    def aim(self, joints: Sequence[int], pivot: str, tip: str, wanted: Array) -> None:
        """Makes a bone the wanted one, by the weights; whatever hangs on it goes along.

        Args:
            joints: Indices of what hangs on the bone, its end included.
            pivot: The point at which the bone begins.
            tip: The point at which it ends.
            wanted: The bone as it should be, [T, 3].
        """
        origin = self.moved.point(pivot)
        bone = self.moved.point(tip) - origin
        self.turn(joints, origin, self.weights * measure_swings(bone, wanted))
        length, before = (np.linalg.norm(b, axis=1, keepdims=True) for b in (wanted, bone))
        along = self.moved.point(tip) - origin
        self.shift(along * (self.weights * (length / before - 1.0)), joints)

    def shift(self, way: Array, joints: Sequence[int] | slice = slice(None)) -> None:
        """Moves joints, all by default.

        Args:
            way: By how much, [T, 3].
            joints: Their indices.
        """
        self.moved.joints[:, joints] += way[:, None]
        self.moved.forget()

    def measure_slips(self, sides: Sequence[str]) -> Array:
        """How far [T, 3] the body must go for the standing feet to be where they were observed.

        Args:
            sides: The legs that bear; NaN where none of them was seen.
        """
        names = [f"{side}_foot" for side in sides]
        slips = np.array([self.see(n) - self.moved.point(n) for n in names])
        seen = np.isfinite(slips).all(axis=2)
        load = np.where(seen, np.array([self.standing[side] for side in sides]), 0.0)[..., None]
        total = np.sum(load * np.where(seen[..., None], slips, 0.0), axis=0)
        mean: Array = total / np.maximum(load.sum(axis=0), 1.0)
        return np.where(seen.any(axis=0)[:, None], mean, np.nan)
