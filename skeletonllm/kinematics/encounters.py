"""Events between two persons: who comes to whom, and whose hand to which part of the other.

A gap closes because of one, of the other, or of both. Each person is credited with the own way
along the line between them, so the one who waits is not said to approach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.monotone_runs import find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array

REACH = 0.30
"""A hand nearer than this share of the stature to a part of the other is at it."""

_PARTS: dict[str, tuple[str, ...]] = {
    "head": ("head",),
    "torso": ("chest", "left_shoulder", "right_shoulder", "pelvis"),
    "arm": ("left_elbow", "right_elbow"),
    "hand": ("left_hand", "right_hand"),
    "leg": ("left_knee", "right_knee", "left_foot", "right_foot"),
}


def find_encounters(scene: Scene) -> Iterator[Event]:
    """Approaches and retreats of every ordered pair of persons."""
    for person, body in enumerate(scene.bodies):
        for other, other_body in enumerate(scene.bodies):
            if other != person and np.isfinite([body.stature, other_body.stature]).all():
                yield from _walks(scene, person, other)
                yield from _reaches(scene, person, other)


def measure_own_closing(path: Array, other: Array, start: int, end: int) -> float:
    """How much of the gap's shrinking from frame ``start`` to ``end`` the mover's own way makes.

    The gap shrinks by the mover's velocity along the line between the two, and by the other's;
    this is the first share, summed over the frames. Negative if the mover goes away.

    Args:
        path: Way of the mover, [T, 3].
        other: Way of the other, [T, 3].
        start: First frame.
        end: Last frame, inclusive.
    """
    line = path[start : end + 1] - other[start : end + 1]
    line = line / np.maximum(np.linalg.norm(line, axis=1, keepdims=True), 1e-9)
    ways = np.diff(path[start : end + 1], axis=0)
    return -float(np.nansum(ways * (line[1:] + line[:-1]) / 2))


def _walks(scene: Scene, person: int, other: int) -> Iterator[Event]:
    body = scene.bodies[person]
    level = np.array([1.0, 0.0, 1.0])
    mine, theirs = body.point("pelvis") * level, scene.bodies[other].point("pelvis") * level
    gap = np.linalg.norm(mine - theirs, axis=1) / body.stature
    for run in find_runs(gap, scene.least("meet"), scene.fps):
        share = measure_own_closing(mine, theirs, run.start, run.end) / body.stature
        if share * -run.change <= 0 or abs(share) < 0.5 * scene.least("meet"):
            continue
        what = ("approach" if share > 0 else "retreat", "centre", "body")
        credited = replace(run, after=run.before - share)
        yield scene.event(person, what, credited, "meet", target="other person")


def _reaches(scene: Scene, person: int, other: int) -> Iterator[Event]:
    body, target = scene.bodies[person], scene.bodies[other]
    for side in SIDES:
        hand = body.point(f"{side}_hand")
        gap = measure_hand_gap(body, target, side)
        for run in find_runs(gap, scene.least("near"), scene.fps):
            near = run.end if run.change < 0 else run.start
            name, point = find_nearest_part(hand, target, near)
            share = (
                measure_own_closing(hand, target.point(point), run.start, run.end) / body.stature
            )
            if gap[near] > REACH or share * -run.change <= 0:
                continue
            if abs(share) < 0.6 * scene.least("near"):
                continue
            what = ("approach" if run.change < 0 else "retreat", side, "hand")
            yield scene.event(person, what, run, "near", target=f"other person's {name}")


def find_nearest_part(hand: Array, target: Body, frame: int) -> tuple[str, str]:
    """Part and point of ``target`` that the hand [T, 3] is nearest to in a frame.

    Args:
        hand: Path of the hand, [T, 3].
        target: The other person.
        frame: When.
    """
    best, found = np.inf, ("torso", "chest")
    for name, points in _PARTS.items():
        for point in points:
            gap = float(np.linalg.norm(hand[frame] - target.point(point)[frame]))
            if gap < best:
                best, found = gap, (name, point)
    return found


def measure_hand_gap(body: Body, target: Body, side: str) -> Array:
    """Distance [T], in statures, from a hand to the nearest seen point of another body.

    Args:
        body: Whose hand.
        target: The other person.
        side: ``left`` or ``right``, of the hand.
    """
    hand = body.point(f"{side}_hand")
    points = [point for group in _PARTS.values() for point in group]
    gaps = np.array([np.linalg.norm(hand - target.point(point), axis=1) for point in points])
    nearest = np.where(np.isfinite(gaps), gaps, np.inf).min(axis=0)
    gap: Array = np.where(np.isfinite(nearest), nearest, np.nan) / body.stature
    return gap
