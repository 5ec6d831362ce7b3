"""Claims made false on purpose: how a judge is asked whether it sees it.

Each function takes claims that a judge called true and changes one thing of each. What comes back
keeps ids and order, so that all may be judged together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.scene import LEVELS
from skeletonllm.motion import Motion
from skeletonllm.rationales import Step

DIRECTED = (
    *("raise", "lower", "bend", "extend", "approach", "retreat"),
    *("forward", "backward", "sideways", "turn", "lean"),
)
"""Motions that are another motion when time runs backwards."""
_ABOUT = 3
"""Less is counted exactly, this and more to +-1: told and true counts may differ by one there."""
_MIRROR = {
    **{"left": "right", "right": "left"},
    **{"clockwise": "counterclockwise", "counterclockwise": "clockwise"},
}


def give_random_causes(steps: Sequence[Step], rng: np.random.Generator) -> list[Step]:
    """Each step that has an earlier one, with a random earlier one as its only cause.

    Args:
        steps: All steps of a rationale.
        rng: Draws the causes.
    """
    found = []
    for step in steps:
        earlier = [other.id for other in steps if other.id < step.id]
        if earlier:
            found.append(replace(step, causes=(int(rng.choice(earlier)),)))
    return found


def move_counts(steps: Sequence[Step], rng: np.random.Generator, *, far: bool) -> list[Step]:
    """Steps with another count; what holds still is left out.

    Args:
        steps: Their counts are true.
        rng: Draws the new counts.
        far: Make them wrong; else move counts of 3 and more by one, which a judge accepts.
    """
    found = []
    for step in steps:
        choices = list_wrong_counts(step.count) if far else list_near_counts(step.count)
        if choices and step.motion != "hold":
            found.append(replace(step, count=int(rng.choice(choices)), causes=()))
    return found


def list_wrong_counts(count: int) -> list[int]:
    """Counts that a judge must refuse where this one was told and found true.

    From 3 on they are 3 or more away: the told count may itself be one off.
    """
    if count < _ABOUT:
        return [2] if count == 1 else [1, 3, 4]
    return [wrong for wrong in (count - 3, count + 3, count + 4) if wrong >= 1]


def list_near_counts(count: int) -> list[int]:
    """Counts next to the told one that are still inexact; none for less than 3."""
    return [near for near in (count - 1, count + 1) if min(near, count) >= _ABOUT]


def move_levels(steps: Sequence[Step], rng: np.random.Generator) -> list[Step]:
    """Steps of hands that name a level, one level higher or lower.

    Args:
        steps: Their levels are true.
        rng: Draws up or down.
    """
    found = []
    for step in steps:
        if step.part == "hand" and step.target in LEVELS and step.motion not in _OWN_TARGETS:
            place = LEVELS.index(step.target)
            near = [p for p in (place - 1, place + 1) if 0 <= p < len(LEVELS)]
            found.append(replace(step, target=LEVELS[int(rng.choice(near))], causes=()))
    return found


_OWN_TARGETS = ("approach", "retreat", "touch")
"""Here ``head``, ``chest`` and ``knee`` are parts of the body, and no levels."""


def put_on_motion(steps: Sequence[Step], motion: Motion) -> list[Step]:
    """Steps of another clip, at the same seconds of this one; those that begin after it left out.

    Args:
        steps: Of the other clip.
        motion: Of this one.
    """
    end_s = motion.duration_s
    return [
        replace(step, end_s=min(step.end_s, end_s), causes=())
        for step in steps
        if step.start_s < end_s - 1 / motion.fps and step.person < motion.num_persons
    ]


def mirror_steps(steps: Sequence[Step]) -> list[Step]:
    """Steps that have a side or go to one, as a mirror shows them; the others are left out."""
    found = []
    for step in steps:
        side = _MIRROR.get(step.side, step.side)
        # From side to side is the same in a mirror.
        sense = "" if step.motion == "oscillate" else step.direction
        direction = _MIRROR.get(sense, step.direction)
        if (side, direction) != (step.side, step.direction):
            found.append(replace(step, side=side, direction=direction, causes=()))
    return found


def reverse_windows(steps: Sequence[Step], motion: Motion) -> list[Step]:
    """Directed steps of count 1, at the seconds at which they are seen when time runs backwards.

    Args:
        steps: Of the motion as it is.
        motion: That motion.
    """
    last_s = (motion.num_frames - 1) / motion.fps
    return [
        replace(step, start_s=max(0.0, last_s - step.end_s), end_s=last_s - step.start_s, causes=())
        for step in steps
        if step.motion in DIRECTED and step.count == 1
    ]
