"""What one leg does: kicks, lunges, and goes to and fro."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.legs_in_time import (
    APART,
    LEVEL,
    measure_foot_lift,
    measure_stride,
)
from skeletonllm.kinematics.monotone_runs import Run, find_runs, find_stretches
from skeletonllm.kinematics.scene import SIDES, Event, Scene, name_direction
from skeletonllm.kinematics.signals import finite_quantile, measure_angle

_OFF_THE_FLOOR = 0.13
"""A kick lifts the foot this far, in statures: thrice what a step does (5 to 9 cm)."""
_OUT = 0.10
"""... and takes it this far out from under the body."""
_FLIES = 0.55
"""... at this speed at least, in statures a second (about 1 m/s)."""
_STANDS = 0.5
"""The other foot stays: it lifts less than this share of the kick."""
_SHANK = 0.25
"""A shank that is longer or shorter by this share was not seen: the foot did not fly."""
_LEAVES = 0.2
"""A foot is in the air while it is above this share of the height of its kick."""
_UP_S = (0.1, 1.8)
"""Seconds a kicking foot is above half of its height."""
_SWINGS = 20.0
"""Degrees the thigh swings in a kick."""
_TOGETHER = 0.6
"""Correlation of the heights of knee and foot where the leg goes up and down as one."""
_KNEE = 25.0
"""Degrees one knee bends in a lunge."""
_BENT_DOUBLE = 50.0
"""Of a trunk that leans farther, no sensor sees the legs."""
_SINKS = 0.07
"""... and the pelvis sinks, in statures."""


def find_kicks(scene: Scene, person: int) -> Iterator[Event]:
    """Kicks with side and direction: a foot flies out, off the floor, and the other one stands.

    Args:
        scene: All persons of a motion.
        person: Row of the one who kicks.
    """
    for side in SIDES:
        for run in _lifts(scene, scene.bodies[person], side):
            event = _kick(scene, person, side, run)
            if event is not None:
                yield event


def _lifts(scene: Scene, body: Body, side: str) -> list[Run]:
    """Rises of a foot; what goes up in two pieces is one."""
    lift = measure_foot_lift(body, side)
    runs = find_runs(lift, 0.6 * _OFF_THE_FLOOR, scene.fps)
    return [run for run in runs if run.change > 0 and run.after >= _OFF_THE_FLOOR]


def _kick(scene: Scene, person: int, side: str, run: Run) -> Event | None:
    body = scene.bodies[person]
    other = "left" if side == "right" else "right"
    foot = body.point(f"{side}_foot") - body.point("pelvis")
    start, end = run.start, _peak(body, side, run, scene.fps)
    shift = (foot[end] - foot[start]) * LEVEL
    out = float(np.linalg.norm(shift)) / body.stature
    here = slice(start, end + 1)
    fast = finite_quantile(body.speed(foot)[here], 1.0)
    standing = finite_quantile(measure_foot_lift(body, other)[here], 0.9)
    sinks = body.height("pelvis", above="")
    sunk = finite_quantile(sinks, 0.8) - finite_quantile(sinks[here], 0.1)
    if not (out >= _OUT and fast >= _FLIES and standing < _STANDS * run.after and sunk < 0.12):
        return None
    if not (_is_leg(body, side, start, end) and _comes_down(body, side, run)):
        return None
    whole = Run(*_in_the_air(body, side, run, start, end), 0.0, float(np.hypot(out, run.after)))
    towards = name_direction(body, shift, start)
    return scene.event(person, ("kick", side, "foot"), whole, "kick", direction=towards)


def _in_the_air(body: Body, side: str, run: Run, start: int, end: int) -> tuple[int, int]:
    """From when the foot leaves the floor until it is down again, around a way out."""
    up = np.nan_to_num(measure_foot_lift(body, side)) > _LEAVES * run.after
    for first, last in find_stretches(up):
        if first <= end < last:
            return min(first, start), max(last - 1, end)
    return start, end


def _comes_down(body: Body, side: str, run: Run) -> bool:
    """Whether the foot is up for a moment only; a joint that is guessed stays where it is."""
    with np.errstate(invalid="ignore"):
        up = find_stretches(measure_foot_lift(body, side) > 0.5 * run.after)
    low, high = _UP_S
    return any(a <= run.end < b and low <= (b - a) / body.fps <= high for a, b in up)


def _is_leg(body: Body, side: str, start: int, end: int) -> bool:
    """Whether the shank keeps its length while the foot flies, and the knee moves with it."""
    shank = body.distance(f"{side}_knee", f"{side}_foot")
    usual, here = finite_quantile(shank), shank[start : end + 1]
    knee = body.point(f"{side}_knee") - body.point("pelvis")
    moved = float(np.linalg.norm(knee[end] - knee[start])) / body.stature
    wrong = finite_quantile(np.abs(here / usual - 1.0), 0.7)
    thigh = body.point(f"{side}_knee") - body.point(f"{side}_hip")
    swung = float(measure_angle(thigh[start], thigh[end]))
    return wrong <= _SHANK and moved >= 0.05 and swung >= _SWINGS


def _peak(body: Body, side: str, run: Run, fps: float) -> int:
    """When the foot is farthest out, near the top of its rise."""
    foot = (body.point(f"{side}_foot") - body.point("pelvis")) / body.stature
    last = min(len(foot), run.end + max(2, round(0.2 * fps)))
    far = np.linalg.norm(foot[run.start : last] - foot[run.start], axis=1)
    return run.start + int(np.nanargmax(far)) if np.isfinite(far).any() else run.end


def find_lunges(scene: Scene, person: int) -> Iterator[Event]:
    """Lunges with side and direction: a foot is set far out, a knee bends, the pelvis sinks.

    Args:
        scene: All persons of a motion.
        person: Row of the one who lunges.
    """
    body = scene.bodies[person]
    for run in find_long_steps(scene, body):
        if run.change > 0:
            side, towards = _setter(body, run)
            what = ("lunge", side, "foot")
            yield scene.event(person, what, run, "lunge", direction=towards)


def find_long_steps(scene: Scene, body: Body) -> list[Run]:
    """Ways into a lunge (the stride grows) and out of it: the pelvis sinks, a knee bends.

    Args:
        scene: All persons of the motion.
        body: Whose feet.
    """
    runs = find_runs(measure_stride(body), scene.least("lunge"), scene.fps)
    return [
        run
        for run in runs
        if max(run.before, run.after) >= APART and _gets_lower(body, run, scene.fps)
    ]


def _gets_lower(body: Body, run: Run, fps: float) -> bool:
    """Whether the pelvis is lower and a knee more bent near the wide end of a long step."""
    late = round(0.6 * fps)
    narrow, wide = (run.start, run.end) if run.change > 0 else (run.end, run.start)
    first, last = (run.start, run.end + late) if run.change > 0 else (wide - late, run.end)
    here = slice(max(0, first), min(len(body.joints), last + 1))
    height = body.height("pelvis", above="")
    sunk = height[narrow] - finite_quantile(height[here], 0.05)
    knees = [body.angle("knee", side) for side in SIDES]
    bent = [k[narrow] - finite_quantile(k[here], 0.05) for k in knees]
    double = finite_quantile(body.lean()[here], 0.9) > _BENT_DOUBLE
    return bool(sunk >= _SINKS and max(np.nan_to_num(bent)) >= _KNEE and not double)


def _setter(body: Body, run: Run) -> tuple[str, str]:
    """The foot that was set out, and where to; the foot that travels more is the one."""
    ways = {
        side: (body.point(f"{side}_foot")[run.end] - body.point(f"{side}_foot")[run.start]) * LEVEL
        for side in SIDES
    }
    side = max(SIDES, key=lambda s: float(np.nan_to_num(np.linalg.norm(ways[s]))))
    return side, name_direction(body, ways[side], run.start)


def find_leg_oscillations(scene: Scene, person: int) -> Iterator[Event]:
    """Feet and knees that go up and down, at least twice, with the number of cycles.

    Args:
        scene: All persons of a motion.
        person: Row of the one whose legs they are.
    """
    body = scene.bodies[person]
    for part in ("foot", "knee"):
        found = [
            event
            for side in SIDES
            for row in _rows(find_runs(_lift(body, part, side), _least(scene), scene.fps), scene)
            if _goes_as_one(body, side, row)
            for event in [_oscillation(scene, person, side, part, row)]
        ]
        yield from _both_sides(found)


def _least(scene: Scene) -> float:
    return scene.least("foot_cycle")


def _lift(body: Body, part: str, side: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return body.height(f"{side}_{part}")


def _rows(runs: Sequence[Run], scene: Scene) -> list[list[Run]]:
    """Runs that alternate without a rest, at least two there and two back, and of like size."""
    rows: list[list[Run]] = [[]]
    for run in runs:
        last = rows[-1][-1] if rows[-1] else None
        sizes = [abs(r.change) for r in (*rows[-1], run)]
        turns = last is not None and last.change * run.change < 0
        close = last is not None and run.start - last.end <= 0.4 * scene.fps
        if last is not None and not (turns and close and min(sizes) >= 0.4 * max(sizes)):
            rows.append([])
        rows[-1].append(run)
    return [row for row in rows if len(row) >= 4]


def _goes_as_one(body: Body, side: str, row: list[Run]) -> bool:
    """Whether knee and foot go up together; a joint that jitters goes alone."""
    here = slice(row[0].start, row[-1].end + 1)
    knee, foot = (body.height(f"{side}_{part}")[here] for part in ("knee", "foot"))
    seen = np.isfinite(knee) & np.isfinite(foot)
    if seen.sum() < 4 or not min(np.ptp(knee[seen]), np.ptp(foot[seen])) > 0:
        return False
    return float(np.corrcoef(knee[seen], foot[seen])[0, 1]) >= _TOGETHER


def _oscillation(scene: Scene, person: int, side: str, part: str, row: list[Run]) -> Event:
    size = float(np.median([abs(run.change) for run in row]))
    whole = Run(row[0].start, row[-1].end, 0.0, size)
    what = ("oscillate", side, part)
    event = scene.event(person, what, whole, "foot_cycle", direction="up")
    return replace(event, count=(len(row) + 1) // 2)


def _both_sides(found: list[Event]) -> list[Event]:
    """Left and right over the same time become one event of both."""
    left = [e for e in found if e.side == "left"]
    right = [e for e in found if e.side == "right"]
    for a in left:
        for b in right:
            shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
            longest = max(a.end_s - a.start_s, b.end_s - b.start_s)
            if abs(a.count - b.count) <= 1 and shared >= 0.5 * longest:
                start, end = min(a.start_s, b.start_s), max(a.end_s, b.end_s)
                count, rest = min(a.count, b.count), [e for e in found if e not in (a, b)]
                both = replace(a, side="both", start_s=start, end_s=end, count=count)
                return [both, *_both_sides(rest)]
    return found
