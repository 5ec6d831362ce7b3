"""One body over time, smoothed: its frame, its size, its angles and its heights.

Everything is measured in *statures* (the person's own standing height) and degrees, so one
threshold serves a child and a giant, metres and pixels. +y is up here, also for images.
A joint that was not seen is NaN, and NaN goes through every formula: nothing is invented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from skeletonllm.kinematics.gravity import estimate_levelling
from skeletonllm.kinematics.signals import UP, Array, finite_quantile, measure_angle, smooth
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

_STRAIGHT = 150.0
"""A leg, or a hip, that is more open than this stands."""

_POINTS: dict[str, tuple[str, ...]] = {
    "hand": ("wrist", "hand"),
    "foot": ("ankle", "foot"),
    "pelvis": ("pelvis", "left_hip+right_hip"),
    "chest": ("upper_spine", "neck", "left_shoulder+right_shoulder"),
    "head": ("head", "nose", "left_ear+right_ear", "left_eye+right_eye", "head.top"),
}
"""Which joints stand for a point of the body, best first; a+b is the middle of two."""

_HINGES: dict[str, tuple[str, str, str]] = {
    "elbow": ("shoulder", "elbow", "hand"),
    "knee": ("hip", "knee", "foot"),
    "hip": ("shoulder", "hip", "knee"),
    "shoulder": ("hip", "shoulder", "elbow"),
}

_BONES: tuple[tuple[str, str, float], ...] = (
    ("hip", "knee", 0.245),
    ("knee", "foot", 0.246),
    ("hip", "shoulder", 0.288),
    ("shoulder", "elbow", 0.186),
    ("elbow", "hand", 0.146),
)
"""Segment lengths as shares of stature: Winter, Biomechanics and Motor Control, fig. 4.1."""


@dataclass(frozen=True, eq=False)
class Body:
    """One person of a motion, smoothed.

    Args:
        joints: Positions [T, J, 3], +y up, in the motion's unit; NaN where unseen.
        topology: What the J joints are.
        fps: Frames a second.
        stature: Standing height estimated from the lengths of limbs and trunk; NaN if unknown.

    Example:
        >>> body = extract_bodies(motion)[0]  # doctest: +SKIP
        >>> body.height("right_hand")  # in statures above the pelvis  # doctest: +SKIP
    """

    joints: Array
    topology: Topology
    fps: float
    stature: float
    _known: dict[str, Array] = field(init=False, default_factory=dict, repr=False)

    def point(self, name: str) -> Array:
        """Path [T, 3] of ``pelvis``, ``chest``, ``head`` or ``left_/right_`` hand, foot, joint.

        All NaN where the skeleton has no such point or it was never seen. Not to be written to: it
        is worked out once.
        """
        return self.recall(name, lambda: _point(self.joints, self.topology, name))

    def recall(self, name: str, work_out: Callable[[], Array]) -> Array:
        """A signal of this body that many ask for, worked out the first time.

        Args:
            name: Of the signal.
            work_out: Gives it; the array must not be written to afterwards.
        """
        if name not in self._known:
            signal = work_out()
            signal.flags.writeable = False
            self._known[name] = signal
        return self._known[name]

    def forget(self) -> None:
        """Work out all signals again: for whoever has moved the joints in place."""
        self._known.clear()

    def height(self, name: str, above: str = "pelvis") -> Array:
        """Height [T] of a point above another, or above the world's zero for ``above=""``.

        Args:
            name: A point, see :meth:`point`.
            above: Another point, or empty for the world's zero.
        """
        reference = self.point(above)[:, 1] if above else 0.0
        height: Array = (self.point(name)[:, 1] - reference) / self.stature
        return height

    def angle(self, hinge: str, side: str) -> Array:
        """Angle [T] in degrees at an elbow, knee, hip or shoulder; 180 is straight.

        Args:
            hinge: ``elbow``, ``knee``, ``hip`` or ``shoulder``.
            side: ``left`` or ``right``.
        """
        return self.recall(f"angle {side} {hinge}", lambda: self._angle(hinge, side))

    def _angle(self, hinge: str, side: str) -> Array:
        a, b, c = (self.point(f"{side}_{name}") for name in _HINGES[hinge])
        return measure_angle(a - b, c - b)

    def lean(self) -> Array:
        """Angle [T] in degrees between the trunk and the vertical; 0 is upright."""
        return self.recall("lean", self._lean)

    def _lean(self) -> Array:
        trunk = self.point("chest") - self.point("pelvis")
        return measure_angle(trunk, np.broadcast_to(UP, trunk.shape))

    def right(self) -> Array:
        """Unit vector [T, 3] to the person's right, level; NaN where hips and shoulders hide it."""
        return self.recall("right", self._right)

    def _right(self) -> Array:
        across = np.zeros((len(self.joints), 3))
        for pair in ("shoulder", "hip"):
            across += self.point(f"right_{pair}") - self.point(f"left_{pair}")
        across[:, 1] = 0.0
        length = np.linalg.norm(across, axis=1, keepdims=True)
        return np.where(length > 0.1 * self.stature, across, np.nan) / np.maximum(length, 1e-12)

    def forward(self) -> Array:
        """Unit vector [T, 3] the person faces, level (up x right); NaN in a plane."""
        if self.topology.dims == 2:
            return np.full((len(self.joints), 3), np.nan)
        return np.cross(UP, self.right())

    def distance(self, a: str, b: str) -> Array:
        """Distance [T] between two points of this body, in statures.

        Args:
            a: A point, see :meth:`point`.
            b: Another one.
        """
        gap: Array = np.linalg.norm(self.point(a) - self.point(b), axis=1) / self.stature
        return gap

    def speed(self, path: Array) -> Array:
        """Speed [T] along a path [T, 3], in statures a second."""
        if len(path) < 2:
            return np.full(len(path), np.nan)
        step: Array = np.gradient(path, axis=0) * self.fps
        speed: Array = np.linalg.norm(step, axis=1) / self.stature
        return speed


@lru_cache(maxsize=4)
def extract_bodies(motion: Motion) -> tuple[Body, ...]:
    """One :class:`Body` for each person row, present or not; the last few motions are remembered.

    Whoever explains a clip asks for its bodies a dozen times.
    """
    joints = motion.joints.astype(np.float64)
    joints[~motion.observed] = np.nan
    if motion.space == "image":
        joints[..., 1] *= -1.0
    paths = smooth(joints, motion.fps).transpose(1, 0, 2, 3)  # [P, T, J, 3]
    flat = motion.topology.dims == 2
    statures = [_stature(path, motion.topology, flat) for path in paths]
    if motion.space == "camera" and not flat:
        standing = [_standing(path, motion.topology) for path in paths]
        paths = paths @ estimate_levelling(np.concatenate(standing)).T
    return tuple(
        Body(path, motion.topology, motion.fps, stature)
        for path, stature in zip(paths, statures, strict=True)
    )


def _standing(joints: Array, topology: Topology) -> Array:
    """Feet to shoulders [T, 3] where both legs are straight under the trunk, else NaN."""
    feet, knees, hips, shoulders = (
        np.array([_point(joints, topology, f"{side}_{name}") for side in ("left", "right")])
        for name in ("foot", "knee", "hip", "shoulder")
    )
    with np.errstate(invalid="ignore"):
        legs = measure_angle(feet - knees, hips - knees).min(axis=0) > _STRAIGHT
        trunk = measure_angle(knees - hips, shoulders - hips).min(axis=0) > _STRAIGHT
    upwards = shoulders.mean(axis=0) - feet.mean(axis=0)
    return np.where((legs & trunk)[:, None], upwards, np.nan)


def _point(joints: Array, topology: Topology, name: str) -> Array:
    side, _, word = name.rpartition("_") if name.startswith(("left_", "right_")) else ("", "", name)
    for choice in _POINTS.get(word, (word,)):
        path = _middle(joints, topology, choice, f"{side}_" if side else "")
        if path is not None and np.isfinite(path).any():
            return path
    return np.full((len(joints), 3), np.nan)


def _middle(joints: Array, topology: Topology, choice: str, prefix: str) -> Array | None:
    """Path of ``choice``, one joint or the middle of ``a+b``; None if the skeleton lacks it."""
    indices = [topology.find(prefix + joint) for joint in choice.split("+")]
    found = [index for index in indices if index is not None]
    if len(found) < len(indices):
        return None
    if len(found) == 1:
        return joints[:, found[0]].copy()
    middle: Array = joints[:, found].mean(axis=1)
    return middle


def _stature(joints: Array, topology: Topology, flat: bool) -> float:
    """Sum of the seen segments over the sum of their shares.

    A picture foreshortens, so in a plane a segment is as long as it was at its longest.
    """
    lengths, shares = 0.0, 0.0
    for near, far, share in _BONES:
        spans = _spans(joints, topology, near, far)
        length = finite_quantile(spans, 0.9 if flat else 0.5)
        if np.isfinite(length):
            lengths, shares = lengths + length, shares + share
    return lengths / shares if shares and lengths > 0 else float("nan")


def _spans(joints: Array, topology: Topology, near: str, far: str) -> Array:
    """Distances between two points, of both sides, over time."""
    ends: Sequence[tuple[Array, Array]] = [
        (_point(joints, topology, f"{side}_{near}"), _point(joints, topology, f"{side}_{far}"))
        for side in ("left", "right")
    ]
    return np.concatenate([np.linalg.norm(a - b, axis=1) for a, b in ends])
