"""Claims of going round, and of going to and fro.

Both are measured against the own body: a hand against the chest, a foot or knee against the
pelvis, the head against the pelvis, the trunk by its upper end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.kinematics.signals import Array, Body, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection
from skeletonllm.rationales.verify.intervals import Interval
from skeletonllm.rationales.verify.kinds.happenings import (
    Episode,
    find_steady_axes,
    inspect_episodes,
)

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
SWING = {"hand": 0.05, "elbow": 0.04, "foot": 0.04, "knee": 0.04, "head": 0.02, "chest": 0.025}
"""Smallest sweep to one side that counts, in statures: twice what a Kinect makes of rest."""
ALIKE = 0.5
"""Least share of the typical sweep that each sweep of a to and fro has; the raise before a wave is
longer, and the tremble after it shorter."""
BEAT = 0.4
"""Least share of the typical time of a sweep that each takes, and the other way round: to and fro
has a beat."""
SWEEP_S = 1.0
"""A sweep that takes longer than this is a movement of its own."""
AXIS = 0.5
"""A claimed direction has at least this share of the largest sweeps, else one would name that."""
ROUNDISH = 0.5
"""What goes to and fro encloses less than this share of a circle as wide as its sweeps."""
LEVEL_BAND = 0.12
"""A hand whose mean height is this near to a level, in statures, moves about it: half of the usual
distance between two levels, and a little more."""

SHORTEST_S = 0.25
"""A turn that takes less is quicker than an arm."""
PACE = 0.25
"""Least pace (its lowest tenth) of a loop, as a share of its mean: corners of a drawn figure, and
the end of a stroke before the next, are stops."""
HOLLOW = 0.6
"""A loop stays at least this share of its radius away from its middle; an ellipse of 2:1
stays 0.7."""

Mask = npt.NDArray[np.bool_]

_LEAST_AREA = 0.7 * np.pi * RADIUS**2
_AXES = {"right": 0, "left": 0, "up": 1, "down": 1, "forward": 2, "back": 2}
_AXIS_NAMES = ("side to side", "up and down", "ahead and back")
_ORIGINS = {"hand": "chest", "elbow": "chest", "foot": "pelvis", "knee": "pelvis"}


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


def measure_oscillate(context: ClaimContext) -> list[Inspection]:
    """To and fro along the claimed axis, or along any; a cycle is two sweeps."""
    point = claims.find_height_point(context.step.part)
    if point not in SWING or (context.step.direction and context.step.direction not in _AXES):
        return []
    axes = [_AXES[context.step.direction]] if context.step.direction else [0, 1, 2]

    def look(axis: int) -> Inspection:
        def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
            return _find_swings(who, interval, point, axis)

        return inspect_episodes(context, find, (point,), "it does not go to and fro")

    return [look(axis) for axis in axes if not (axis == 2 and context.flat)]


def find_level_fault(context: ClaimContext, start: int, end: int) -> str:
    """What is wrong with the mean level of the context's hand in a stretch; empty if nothing.

    Args:
        context: The claim; its target may be a level.
        start: First frame.
        end: Last frame.
    """
    claimed, body = claims.find_level(context.step.target), context.body
    if claimed is None:
        return ""
    hand = finite_quantile(body.point(context.named("hand"))[start : end + 1, 1])
    heights = find_mean_levels(body, start, end)
    gaps = np.abs(heights - hand) / body.stature
    if not np.isfinite(gaps[claimed]) or gaps[claimed] < LEVEL_BAND:
        return ""
    reached = int(np.nanargmin(gaps))
    above = claimed == len(LEVELS) - 1 and hand > heights[claimed]
    return "" if reached == claimed or above else f"it is at {LEVELS[reached]} level"


def find_mean_levels(body: Body, start: int, end: int) -> Array:
    """Median height of each level in a stretch of frames, in the motion's unit.

    Args:
        body: Whose levels.
        start: First frame.
        end: Last frame.
    """
    frames = np.unique(np.linspace(start, end, 7).round().astype(int))
    heights = np.array([measure_level_heights(body, int(frame)) for frame in frames])
    return np.array([finite_quantile(column) for column in heights.T])


def _local_path(context: ClaimContext, point: str, interval: Interval) -> Array:
    """Path [T, 3] in statures along the own right, up and forward, against the own body.

    Where a direction is not known (depth in a picture) it is 0.
    """
    body, origin = context.body, _ORIGINS.get(point, "pelvis")
    name = context.named(point) if context.side else point
    path = body.point(name) - body.point(origin)
    if point in ("foot", "knee", "head", "chest"):
        path[:, 1] = body.point(name)[:, 1]
    axes = np.nan_to_num(find_steady_axes(body, interval))
    return (path @ axes.T) / body.stature


def _find_loops(context: ClaimContext, interval: Interval, point: str) -> list[Episode]:
    """Loops one after the other, the best first: each is taken out before the next is sought."""
    path = _local_path(context, point, interval)
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


def _find_swings(context: ClaimContext, interval: Interval, point: str, axis: int) -> list[Episode]:
    """The longest chain of sweeps that are alike along an axis."""
    path = _local_path(context, point, interval)
    path[: interval.first] = path[interval.last + 1 :] = np.nan
    turns = _find_turns(path[:, axis], SWING[point])
    chain = _find_longest_chain(path[:, axis], turns, context.body.fps)
    if len(chain) < 3:
        return []
    start, end = chain[0], chain[-1]
    fault = "it goes to and fro once only" if len(chain) < 5 else ""
    fault = fault or _find_axis_fault(path, chain, axis)
    if point == "hand" and context.step.target:
        fault = fault or find_level_fault(context, start, end)
    sweep = float(np.median(np.abs(np.diff(path[chain, axis]))))
    cycles = (len(chain) - 1) / 2
    return [Episode(start, end, sweep, fault, times=cycles, loose=0.5)]


def _find_turns(signal: Array, least: float) -> list[int]:
    """Frames of the alternating extremes, at least ``least`` apart; unseen frames left out."""
    turns: list[int] = []
    low = high = -1
    rising: bool | None = None
    for i in np.flatnonzero(np.isfinite(signal)):
        if rising is not False and (high < 0 or signal[i] >= signal[high]):
            high = int(i)
        if rising is not True and (low < 0 or signal[i] <= signal[low]):
            low = int(i)
        if rising is not False and signal[high] - signal[i] >= least:
            turns.append(high)
            rising, low = False, int(i)
        elif rising is not True and signal[i] - signal[low] >= least:
            turns.append(low)
            rising, high = True, int(i)
    if rising is not None:
        turns.append(high if rising else low)
    return turns


def _find_longest_chain(signal: Array, turns: Sequence[int], fps: float) -> list[int]:
    """Consecutive extremes between which the sweeps are alike in length and quick enough."""
    best: list[int] = []
    for a in range(len(turns) - 1):
        for b in range(a + 1, len(turns)):
            chain = list(turns[a : b + 1])
            sweeps = np.abs(np.diff(signal[chain]))
            times = np.diff(chain)
            quick = times.max() <= SWEEP_S * fps
            alike = _are_alike(sweeps, ALIKE) and _are_alike(times, BEAT)
            if quick and alike and len(chain) > len(best):
                best = chain
    return best


def _are_alike(values: Array | npt.NDArray[np.int64], share: float) -> bool:
    usual = float(np.median(values))
    return bool(values.min() >= share * usual and values.max() <= usual / share)


def _find_axis_fault(path: Array, chain: Sequence[int], axis: int) -> str:
    """Whether the sweeps are much longer along another axis, or go round instead."""
    sweeps = [float(np.median(_spread(path[:, other], chain))) for other in range(3)]
    main = int(np.argmax(sweeps))
    if sweeps[axis] < AXIS * sweeps[main]:
        return f"it goes {_AXIS_NAMES[main]}"
    piece = path[chain[1] : chain[-2] + 1]  # the ends hold the way there and back
    spokes = piece - np.nanmean(piece, axis=0)
    area = np.nansum(np.cross(spokes[:-1], spokes[1:]), axis=0) / 2
    circle = np.pi / 4 * sweeps[main] ** 2 * (len(chain) - 3) / 2
    return "it goes round" if np.linalg.norm(area) > ROUNDISH * circle else ""


def _spread(signal: Array, chain: Sequence[int]) -> Array:
    """How far another axis reaches between each two extremes."""
    parts = [signal[a : b + 1] for a, b in pairwise(chain)]
    return np.array([float(np.nanmax(part) - np.nanmin(part)) for part in parts])
