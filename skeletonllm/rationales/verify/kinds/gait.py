"""Claims of steps, of walking and running, and of turning.

Walking and running are made of strides: one foot goes while the other stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import UP, Array, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Inspection,
    Measurement,
    follow_its_way,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes, switch_side
from skeletonllm.rationales.verify.evidence.strides import (
    Stride,
    find_lifts,
    find_strides,
    find_walks,
)
from skeletonllm.rationales.verify.intervals import Interval, Rise

STEP = 0.07
"""Shortest step, in statures (12 cm): half a foot, and twice what an ankle of a Kinect wanders."""
IN_THE_AIR, FLOOR_S = 0.08, 1.0
"""Height of an ankle above the other one, and above its lowest in so many seconds before and after,
in statures (14 cm), at which the foot does not stand: sensors tilt, and far away floors rise."""
ALONG = 0.6
"""Least share of a way that goes in the claimed direction (within 53 degrees): nearer to it than to
the next one."""
GOES = 0.2
"""Shortest way of the pelvis from start to end of a walk that goes somewhere, in statures (34 cm):
a lunge and back gets nowhere."""
QUICK, TOO_QUICK = 2.6, 3.3
"""Least strides a second of a run, and most of a walk: people walk at 1.6 to 2.1, on the spot at
2.6 to 3.1 (UTD-MHAD), and jog at 2.9 (MSR-Action3D) to 3.9. In between, both words are right."""
HIGH, QUICK_HIGH = 0.08, 2.3
"""Legs lifted by as much, in statures (14 cm), run at fewer strides a second as well."""
STOOPS = 40.0
"""Nobody runs bent forward by more, in degrees."""
LIFTS = 0.02
"""Least height, in statures (3.5 cm), to which the legs of a runner are lifted on the average."""
RHYTHM = 0.3
"""Strides on the spot keep a beat: their distances in time differ by no more than this share."""
MINGLED = 0.5
"""Least share of a turn that hips and feet follow: shoulders alone twist."""
TURN = 30.0
"""Smallest turn, in degrees: a trunk that follows an arm sways by 20."""

_RUN_STRIDES, _WALK_STRIDES = 3, 2


def measure_step(context: ClaimContext) -> list[Measurement]:
    """A foot is set down in another place; it stands before and after."""
    if claims.find_height_point(context.step.part) != "foot" or not context.side:
        return []

    def make(who: ClaimContext) -> Measurement:
        path = who.body.point(who.named("foot")) * LEVEL / who.body.stature
        axis = who.axis()
        signal = follow_its_way(path) if axis is None else ignore_window(_sum_along(path, axis))
        return Measurement(signal, STEP, who.flat, where=_lands(who, path), times=_strides(who))

    return [context.compare(make)]


def measure_walk(context: ClaimContext) -> list[Inspection]:
    """Alternate feet; with a direction, the pelvis goes that way."""

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        walks = find_walks(find_strides(who.body), who.body.fps)
        going = [walk for walk in walks if len(walk) >= _WALK_STRIDES]
        return [_judge_walk(who, walk) for walk in (*going, *_find_paces(who.body))]

    return [inspect_episodes(context, find, ("left_foot", "right_foot"), "it does not walk")]


def measure_run(context: ClaimContext) -> list[Inspection]:
    """Quick strides on alternate feet that are lifted, on the spot or going."""

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return [_judge_run(who, walk) for walk in _find_paces(who.body)]

    return [inspect_episodes(context, find, ("left_foot", "right_foot"), "it does not run")]


def measure_turn(context: ClaimContext) -> list[Measurement]:
    """The heading of shoulders and hips; the hips alone must follow."""
    heading, hips = _head(context.body, "shoulder"), _head(context.body, "hip")
    signs = {"left": (1.0,), "right": (-1.0,)}.get(context.step.direction, (1.0, -1.0))

    def where(rise: Rise) -> str:
        follows = abs(hips[rise.end] - hips[rise.start])
        return "" if not follows < MINGLED * rise.amount else "only the shoulders turn"

    return [
        Measurement(ignore_window(sign * heading), TURN, context.flat, where=where)
        for sign in signs
    ]


def _head(body: Body, pair: str) -> Array:
    """Heading [T] in degrees of the line through a pair of joints; it grows to the left."""
    across = body.point(f"right_{pair}") - body.point(f"left_{pair}")
    ahead = np.cross(UP, across)
    heading = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2]))
    seen = np.isfinite(heading)
    heading[seen] = np.unwrap(heading[seen], period=360.0)
    return heading


def _sum_along(path: Array, axis: Array) -> Array:
    """Way [T] done so far along the own direction, which turns with the person."""
    ways = np.sum(np.diff(path, axis=0) * axis[:-1], axis=1)
    along = np.concatenate(([0.0], np.cumsum(np.nan_to_num(ways))))
    return np.where(np.isfinite(path).all(axis=1), along, np.nan)


def _lands(context: ClaimContext, path: Array) -> Callable[[Rise], str]:
    """A step starts and ends on the floor, and goes where it is said to go."""
    body, axis = context.body, context.axis()
    height = body.height(context.named("foot"), above="")
    above_other = height - body.height(switch_side(context).named("foot"), above="")
    around = round(FLOOR_S * body.fps)

    def flies(frame: int) -> bool:
        floor = finite_quantile(height[max(0, frame - around) : frame + around + 1], 0.0)
        return bool(min(height[frame] - floor, above_other[frame]) > IN_THE_AIR)

    def where(rise: Rise) -> str:
        if flies(rise.start) or flies(rise.end):
            return "that foot is in the air"
        shift = path[rise.end] - path[rise.start]
        if axis is not None and float(shift @ axis[rise.start]) < ALONG * np.linalg.norm(shift):
            return f"it does not go {context.step.direction}"
        return ""

    return where


def _strides(context: ClaimContext) -> Callable[[Interval], int]:
    """How often the foot, of either side if both are claimed, is set down elsewhere."""
    sides = ("left", "right") if context.step.side == "both" else (context.side,)
    steps = [
        stride
        for stride in find_strides(context.body)
        if stride.side in sides and float(np.linalg.norm(stride.shift * LEVEL)) >= STEP
    ]

    def times(interval: Interval) -> int:
        middles = [(stride.start + stride.end) / 2 for stride in steps]
        return sum(interval.first <= middle <= interval.last for middle in middles)

    return times


def _find_paces(body: Body) -> list[list[Stride]]:
    """Legs that are lifted alternately, with a beat, on the spot or going."""
    walks = find_walks(find_lifts(body), body.fps)
    return [walk for walk in walks if len(walk) >= _RUN_STRIDES and _keeps_beat(walk)]


def _keeps_beat(walk: list[Stride]) -> bool:
    gaps = _measure_gaps(walk)
    return float(np.std(gaps)) <= RHYTHM * float(np.mean(gaps))


def _measure_gaps(walk: list[Stride]) -> Array:
    """Frames from the middle of one stride to that of the next."""
    return np.diff([(stride.start + stride.end) / 2 for stride in walk])


def _judge_walk(context: ClaimContext, walk: list[Stride]) -> Episode:
    start, end, count = walk[0].start, walk[-1].end, float(len(walk))
    on_the_spot = not any(stride.shift.any() for stride in walk)
    fault = "" if on_the_spot else _find_way_fault(context, start, end)
    if on_the_spot and context.step.direction:
        fault = "it stays on the spot"
    elif on_the_spot and _measure_pace(walk, context.body.fps) > TOO_QUICK:
        fault = "it runs"
    fault = fault or _find_too_few(context, _WALK_STRIDES, count)
    return Episode(start, end, count, fault, times=count)


def _judge_run(context: ClaimContext, walk: list[Stride]) -> Episode:
    start, end, count = walk[0].start, walk[-1].end, float(len(walk))
    fault = "" if _is_run(walk, context.body) else "it walks"
    fault = fault or _find_too_few(context, _RUN_STRIDES, count)
    return Episode(start, end, count, fault, times=count)


def _find_too_few(context: ClaimContext, least: int, count: float) -> str:
    """A claim of fewer strides than make a walk or a run is one of a step."""
    return "" if context.step.count >= least else f"it happens {round(count)} times"


def _is_run(walk: list[Stride], body: Body) -> bool:
    """Whether strides are quick and lifted, and the trunk upright."""
    lift = float(np.median([stride.lift for stride in walk]))
    lean = finite_quantile(body.lean()[walk[0].start : walk[-1].end + 1])
    quick = QUICK_HIGH if lift >= HIGH else QUICK
    return _measure_pace(walk, body.fps) >= quick and lift >= LIFTS and not lean > STOOPS


def _measure_pace(walk: list[Stride], fps: float) -> float:
    """Strides a second."""
    return fps / float(np.median(_measure_gaps(walk)))


def _find_way_fault(context: ClaimContext, start: int, end: int) -> str:
    """What is wrong with where the pelvis goes; empty if it goes the claimed way."""
    body, axis = context.body, context.axis()
    pelvis = body.point("pelvis") * LEVEL / body.stature
    way = np.diff(pelvis[start : end + 1], axis=0)
    whole = float(np.linalg.norm(np.nansum(way, axis=0)))
    if whole < GOES:
        return "it stays on the spot"
    if axis is None:
        return ""
    along = float(np.nansum(way * axis[start:end]))
    return "" if along >= ALONG * whole else f"it does not go {context.step.direction}"
