"""What an event is, and how a measured run of a signal becomes one.

Thresholds are in statures and degrees, above what sensor noise does to a person who stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.signals import Array

KINDS = ("raise", "lower", "bend", "extend", "approach", "retreat", "step", "turn", "swing")
SIDES = ("left", "right")

THRESHOLDS = {
    "hand": 0.09,
    "foot": 0.06,
    "body": 0.06,
    "elbow": 30.0,
    "knee": 22.0,
    "torso": 14.0,
    "step": 0.09,
    "turn": 45.0,
    "swing": 0.09,
    "near": 0.12,
    "meet": 0.15,
    "crouch": 0.10,
    "jump": 0.045,
    "pick_up": 0.14,
    "still": 0.15,
    "walk": 0.20,
    "pace": 15.0,
    "kick": 0.14,
    "lunge": 0.16,
    "foot_cycle": 0.035,
    "push": 0.08,
    "throw": 0.15,
    "touch": 0.10,
    "clap": 0.07,
    "cross": 0.08,
    "circle": 0.10,
    "cycle": 0.03,
    "shift": 0.12,
    "twist": 22.0,
    "shrug": 0.03,
}
"""Smallest change worth an event: statures, or degrees for elbow, knee, torso and turn."""

LEVELS = ("the floor", "knee", "waist", "chest", "shoulder", "head", "overhead")
"""Where a hand may arrive, from below to above."""


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Args:
        person: Row of the motion, from 0.
        motion: One of :data:`KINDS`.
        side: ``left``, ``right`` or ``centre``.
        part: ``hand``, ``foot``, ``elbow``, ``knee``, ``torso`` or ``body``.
        start_s: When it starts, seconds from the first frame.
        end_s: When it ends.
        amount: How far, never negative, in ``unit``.
        unit: ``metres`` (``statures`` where the motion has no unit) or ``degrees``.
        before: The signal at the start: height above the pelvis, angle or distance.
        after: The signal at the end.
        prominence: Amount over the smallest amount that counts; compares kinds.
        direction: ``up``, ``down``, ``forward``, ``back``, ``left``, ``right`` or empty.
        target: Where to: a level (:data:`LEVELS`), ``head``, ``other hand``, ``other person``,
            ``other person's <part>`` or empty.
        count: How many times, where it is repeated; a number of steps or cycles.
    """

    person: int
    motion: str
    side: str
    part: str
    start_s: float
    end_s: float
    amount: float
    unit: str
    before: float
    after: float
    prominence: float
    direction: str = ""
    target: str = ""
    count: int = 1


@dataclass(frozen=True)
class Scene:
    """The bodies of a motion, how to write their lengths, and how fine to look."""

    bodies: tuple[Body, ...]
    fps: float
    metric: bool
    scale: float = 1.0

    def least(self, key: str) -> float:
        """The smallest change of this kind that counts here."""
        return THRESHOLDS[key] * self.scale

    def event(
        self,
        person: int,
        what: tuple[str, str, str],
        run: Run,
        key: str,
        *,
        direction: str = "",
        target: str = "",
    ) -> Event:
        """An event of ``what`` = (motion, side, part) from a run whose threshold is ``key``.

        Args:
            person: Row of the motion.
            what: Motion, side and part, as in :class:`Event`.
            run: The measured run of the signal.
            key: Which of :data:`THRESHOLDS` the run passed.
            direction: As in :class:`Event`, where known.
            target: As in :class:`Event`, where known.
        """
        degrees = THRESHOLDS[key] > 1
        scale = self.bodies[person].stature if self.metric and not degrees else 1.0
        unit = "degrees" if degrees else "metres" if self.metric else "statures"
        return Event(
            person,
            *what,
            start_s=run.start / self.fps,
            end_s=run.end / self.fps,
            amount=abs(run.change) * scale,
            unit=unit,
            before=run.before * scale,
            after=run.after * scale,
            prominence=abs(run.change) / THRESHOLDS[key],
            direction=direction,
            target=target,
        )


def classify_hand_level(body: Body, side: str, frame: int) -> str:
    """The level of :data:`LEVELS` a hand is at; empty if nothing to compare with was seen.

    Args:
        body: Whose hand.
        side: ``left`` or ``right``.
        frame: When.
    """
    hand = body.point(f"{side}_hand")[frame, 1]
    gaps = [abs(hand - height) for height in measure_level_heights(body, frame)]
    if not np.isfinite(gaps).any():
        return ""
    return LEVELS[int(np.nanargmin(gaps))]


def measure_level_heights(body: Body, frame: int) -> Array:
    """Height of each of :data:`LEVELS`, in the motion's unit; NaN where it cannot be known.

    A body that is bent double has its head at its knees: then only the legs are a measure.

    Args:
        body: Whose levels.
        frame: When.
    """
    heights: Array = body.recall("levels", lambda: _measure_all_levels(body))[frame]
    return heights


def _measure_all_levels(body: Body) -> Array:
    """Height [T, 7] of all levels in all frames."""
    feet, knees, shoulders = (_middle_height(body, name) for name in ("foot", "knee", "shoulder"))
    pelvis, head = body.point("pelvis")[:, 1], body.point("head")[:, 1]
    chest = 0.6 * shoulders + 0.4 * pelvis
    overhead = head + 0.16 * body.stature
    levels = np.stack([feet, knees, pelvis, chest, shoulders, head, overhead], axis=1)
    with np.errstate(invalid="ignore"):
        levels[body.lean() > 45.0, 3:] = np.nan
    return levels


def _middle_height(body: Body, name: str) -> Array:
    """Height [T] of the middle of left and right, or of the one that is seen."""
    left, right = (body.point(f"{side}_{name}")[:, 1] for side in SIDES)
    one = np.where(np.isfinite(left), left, right)
    other = np.where(np.isfinite(right), right, left)
    return (one + other) / 2


def name_direction(body: Body, shift: Array, frame: int) -> str:
    """The person's own direction a level shift [3] goes; empty where it cannot be known.

    Args:
        body: Who moves.
        shift: The way, [3], in the motion's unit; its height is not looked at.
        frame: When the person's own directions are taken.
    """
    right, forward = body.right()[frame], body.forward()[frame]
    sideways, ahead = float(shift @ right), float(shift @ forward)
    if not np.isfinite([sideways, ahead]).all():
        return ""
    if abs(sideways) > abs(ahead):
        return "right" if sideways > 0 else "left"
    return "forward" if ahead > 0 else "back"
