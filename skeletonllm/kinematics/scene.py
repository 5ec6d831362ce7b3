"""What an event is, and how a measured run of a signal becomes one.

Thresholds are in statures and degrees, above what sensor noise does to a person who stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.signals import Array, Body, finite_quantile

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
        self, person: int, what: tuple[str, str, str], run: Run, key: str, **more: str
    ) -> Event:
        """An event of ``what`` = (motion, side, part) from a run whose threshold is ``key``.

        Args:
            person: Row of the motion.
            what: Motion, side and part, as in :class:`Event`.
            run: The measured run of the signal.
            key: Which of :data:`THRESHOLDS` the run passed.
            more: ``direction`` or ``target``, where known.
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
            **more,
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
    feet, knees, shoulders = (
        finite_quantile(np.array([body.point(f"{side}_{name}")[frame, 1] for side in SIDES]))
        for name in ("foot", "knee", "shoulder")
    )
    pelvis, head = body.point("pelvis")[frame, 1], body.point("head")[frame, 1]
    levels = np.array([feet, knees, pelvis, 0.6 * shoulders + 0.4 * pelvis, shoulders, head, head])
    levels[6] += 0.16 * body.stature
    if body.lean()[frame] > 45.0:
        levels[3:] = np.nan
    return levels


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
