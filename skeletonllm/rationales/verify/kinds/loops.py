"""Claims of going round: a hand against the chest, or a foot against the pelvis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.evidence.levels import find_level_fault
from skeletonllm.rationales.verify.evidence.own_paths import measure_own_path
from skeletonllm.rationales.verify.evidence.stretches import Mask
from skeletonllm.rationales.verify.intervals import Interval

TURN = 0.7
"""Least part of a full turn about the middle of a loop: who draws a circle often stops short of
closing it."""
RADIUS = 0.045
"""Smallest loop, in statures (8 cm): a resting hand of a Kinect wanders by 3 cm."""
ROUND = 0.8
"""Least 4 pi area / length^2, of one turn. A circle has 1, an ellipse of 2:1 0.84, a square 0.79, a
triangle 0.6, to and fro on one line 0. Drawn circles of UTD-MHAD have 0.93 and more."""
FACING = 0.5
"""Least share of a loop's area that lies in the plane from which its direction is told."""
LONGEST_S = 3.0
"""A turn that takes longer than this is no loop anybody sees as one movement."""
SHORTEST_S = 0.25
"""A turn that takes less is quicker than an arm."""
PACE = 0.25
"""Least pace (its lowest tenth) of a loop, as a share of its mean: corners of a drawn figure, and
the end of a stroke before the next, are stops."""
HOLLOW = 0.6
"""A loop stays at least this share of its radius away from its middle; an ellipse of 2:1
stays 0.7."""


_LEAST_AREA = 0.7 * np.pi * RADIUS**2


@dataclass(frozen=True)
class _Loop:
    """Turns, radius in statures, and unit normal [3] in own right, up and forward."""

    turns: float
    radius: float
    normal: Array


def measure_circle(context: ClaimContext) -> list[Inspection]:
    """A loop of a hand or a foot, seen from behind the person where it has a direction."""
    point = claims.find_height_point(context.step.part)
    if point not in ("hand", "foot") or not context.side:
        return []

    def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
        return _find_loops(who, interval, point)

    return [inspect_episodes(context, find, (point,), "it does not go round")]


def _find_loops(context: ClaimContext, interval: Interval, point: str) -> list[Episode]:
    """Loops one after the other, the best first: each is taken out before the next is sought."""
    path = measure_own_path(context, point, interval)
    free: Mask = np.asarray(np.isfinite(path).all(axis=1))
    free[: interval.first] = free[interval.last + 1 :] = False
    rough, found = _find_rough_loops(path, free, context.body.fps), []
    for start, end in rough:
        loop = _measure_loop(path[start : end + 1]) if free[start : end + 1].all() else None
        if loop is not None:
            free[start : end + 1] = False
            found.append(_describe(context, loop, start, end))
    return found


def _find_rough_loops(path: Array, free: Mask, fps: float) -> list[tuple[int, int]]:
    """Stretches that enclose enough for their length, those that enclose most first."""
    stride, size = max(1, round(fps / 12)), len(path)
    solid = np.where(free[:, None], path, 0.0)
    steps = np.linalg.norm(np.diff(solid, axis=0), axis=1)
    ways = np.concatenate(([0.0], np.cumsum(steps)))
    swept = np.concatenate((np.zeros((1, 3)), np.cumsum(np.cross(solid[:-1], solid[1:]), axis=0)))
    total = np.concatenate((np.zeros((1, 3)), np.cumsum(solid, axis=0)))
    holes = np.concatenate((np.zeros(1), np.cumsum(1.0 - free)))
    starts, ends = np.meshgrid(*(np.arange(0, size, stride),) * 2, indexing="ij")
    wide = (ends - starts >= SHORTEST_S * fps) & (ends - starts <= LONGEST_S * fps)
    starts, ends = starts[wide], ends[wide]
    whole = holes[ends + 1] == holes[starts]
    starts, ends = starts[whole], ends[whole]
    middle = (total[ends + 1] - total[starts]) / (ends - starts + 1)[:, None]
    area = swept[ends] - swept[starts] - np.cross(middle, solid[ends] - solid[starts])
    enclosed = np.linalg.norm(area, axis=1) / 2
    way = np.maximum(ways[ends] - ways[starts], 1e-9)
    likely = np.flatnonzero(
        (4 * np.pi * enclosed / way**2 > 0.8 * ROUND) & (enclosed > _LEAST_AREA)
    )
    order = likely[np.argsort(-(enclosed / way)[likely], kind="stable")]
    return [(int(starts[i]), int(ends[i])) for i in order]


def _describe(context: ClaimContext, loop: _Loop, start: int, end: int) -> Episode:
    fault = _find_direction_fault(context, loop.normal)
    if not fault and context.step.target:
        fault = find_level_fault(context, start, end)
    return Episode(start, end, loop.radius, fault)


def _measure_loop(path: Array) -> _Loop | None:
    """What a stretch goes round; None if it is no loop."""
    spokes = path - (path.max(axis=0) + path.min(axis=0)) / 2
    area = np.cross(spokes[:-1], spokes[1:]).sum(axis=0) / 2
    size = float(np.linalg.norm(area))
    if size < _LEAST_AREA:
        return None
    normal = area / size
    flat = spokes - (spokes @ normal)[:, None] * normal
    reach = np.linalg.norm(flat, axis=1)
    first = flat[np.argmax(reach)] / reach.max()
    angle = np.unwrap(np.arctan2(flat @ np.cross(normal, first), flat @ first))
    turns = float(angle[-1] - angle[0]) / (2 * np.pi)
    ways = np.linalg.norm(np.diff(path, axis=0), axis=1)
    if not TURN <= turns <= 1.15:
        return None
    roundness = 4 * np.pi * size * turns / max(float(ways.sum()) ** 2, 1e-12)
    radius = float(np.sqrt(size / np.pi / turns))
    pause = float(np.quantile(ways, 0.1) / ways.mean())
    if radius < RADIUS or roundness < ROUND or pause < PACE or reach.min() < HOLLOW * radius:
        return None
    return _Loop(turns, radius, normal)


def _find_direction_fault(context: ClaimContext, normal: Array) -> str:
    """Seen from behind, clockwise goes from up to the right: its area points ahead... and back.

    With right, up and forward as axes, right x up = -forward for a person who looks ahead; a loop
    from right to up (counterclockwise from behind) has a normal along +z of these coordinates.
    """
    claimed = context.step.direction
    if claimed not in ("clockwise", "counterclockwise"):
        return ""
    if abs(normal[2]) < FACING:
        return "its loop is not seen from behind"
    seen = "counterclockwise" if normal[2] > 0 else "clockwise"
    return "" if seen == claimed else f"it goes round {seen}"
