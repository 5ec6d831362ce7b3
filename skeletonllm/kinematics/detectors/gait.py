"""Walking and running: going somewhere on both feet, or alternate feet on the spot.

A person who goes is seen by the pelvis, which sensors see best; the feet only have to come along,
both of them, so that a lunge or sitting down is no walk. On the spot the knees bend in turns.
Runners fly: their pelvis bounces at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.legs import find_long_steps
from skeletonllm.kinematics.detectors.legs_in_time import LEVEL, measure_foot_lift
from skeletonllm.kinematics.monotone_runs import Run, find_runs, find_stretches
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array, finite_quantile, smooth

_GOES = 0.18
"""A pelvis slower than this, in statures a second, sways and does not go (0.3 m/s)."""
_COMES_ALONG = 0.4
"""Each foot travels at least this share of the pelvis' way: in a lunge one of them stays."""
_ONE_WAY = 0.75
"""Share of the way that goes in one of the own directions; else the walk has none."""
_SINKS = 0.13
"""A pelvis that comes down and up farther, in statures, bends the knees: no level way."""
_FAST = 1.6
"""Statures a second; people change from walking to running at 2 m/s, 1.2 of them (Hreljac, Med.
Sci. Sports Exerc. 25, 1993). Clips with frames left out look faster, so we ask for more."""
_BOUNCE = (0.0022, 0.022)
"""Deviation of the pelvis' height over a step, in statures, of a runner on the spot: above it is
a person who crouches, below one who only marks the steps (utd_mhad: walk 0.0004 to 0.0020, jog
0.0020 to 0.0175)."""
_PACE_S = (0.13, 0.75)
"""Seconds from one foot to the other: faster is jitter, slower a pause."""
_QUICK_S = 0.45
"""A runner's steps come at least this quickly, 133 a minute; people change from walking to running
at 136 to 161 (PMC8629136)."""
_HIGH = 0.09
"""Statures both feet are lifted by a runner whose pelvis stays: 15 cm, thrice a step."""
_FEWEST = 4
"""Fewer alternate knees are a shift of the weight."""
_UNEVEN = 0.55
"""Deviation of the pace over its mean, at most."""
_BENDS = 10.0
"""Degrees a knee bends at its turn, more than when it stands."""
_SWINGS, _SWING_SMOOTH_S = 0.3, 0.07
"""A foot swings while it is so much faster than the other one, in statures a second, averaged over
the second, in seconds: standing feet of a Kinect shake by half of it."""
_SHORTEST = 0.05
"""Shortest way of a foot in a swing, in statures."""
_IN_THE_WAY = 0.5
"""A swing belongs to a walk with this share of its time."""
_MARKED = 28.0
"""Degrees between the knees that a walk on the spot reaches: less is a shift of the weight."""


@dataclass(frozen=True)
class _Train:
    """Alternate bends of the knees: the frames of the extremes, and how large they are."""

    frames: tuple[int, ...]
    degrees: float


def find_walks(scene: Scene, person: int) -> Iterator[Event]:
    """Walks with direction and number of steps, going somewhere or on the spot.

    Args:
        scene: All persons of a motion.
        person: Row of the one who walks.
    """
    body = scene.bodies[person]
    ways = [way for way in _ways(scene, body) if _speed(body, way) <= _FAST]
    for way in ways:
        steps = _count_steps(body, way)
        towards = _name_way(body, way)
        what = ("walk", "centre", "body")
        yield replace(scene.event(person, what, way, "walk", direction=towards), count=steps)
    for train in _trains(scene, body):
        still = not any(_overlap(way, train.frames) for way in ways)
        marks = train.degrees >= _MARKED and _bounce(body, train) < _BOUNCE[0]
        if still and marks and not _flies(body, train):
            yield _on_the_spot(scene, person, "walk", train)


def find_runs_on_foot(scene: Scene, person: int) -> Iterator[Event]:
    """Runs with the number of steps, going somewhere or on the spot.

    Args:
        scene: All persons of a motion.
        person: Row of the one who runs.
    """
    body = scene.bodies[person]
    ways = _ways(scene, body)
    for way in ways:
        steps = _count_steps(body, way)
        if _speed(body, way) > _FAST and steps >= 3:
            run = scene.event(person, ("run", "centre", "body"), way, "walk")
            yield replace(run, count=steps)
    for train in _trains(scene, body):
        still = not any(_overlap(way, train.frames) for way in ways)
        if still and _flies(body, train):
            yield _on_the_spot(scene, person, "run", train)


def _ways(scene: Scene, body: Body) -> list[Run]:
    """Stretches in which the pelvis goes over the floor and both feet come along."""
    pelvis = smooth(body.point("pelvis") * LEVEL, scene.fps, 0.1)
    with np.errstate(invalid="ignore"):
        going = find_stretches(body.speed(pelvis) > _GOES)
    ways = [Run(a, b - 1, 0.0, _shift(body, pelvis, a, b - 1)) for a, b in _joined(going, scene)]
    lunges = [(step.start, step.end) for step in find_long_steps(scene, body)]
    return [
        way
        for way in ways
        if way.after >= scene.least("walk")
        and _both_feet_go(body, way)
        and not (any(_overlap(way, lunge) for lunge in lunges) and _count_steps(body, way) <= 3)
    ]


def _joined(going: list[tuple[int, int]], scene: Scene) -> list[tuple[int, int]]:
    """Stretches with short rests between them become one."""
    out: list[tuple[int, int]] = []
    for first, last in going:
        if out and first - out[-1][1] <= 0.35 * scene.fps:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _shift(body: Body, path: Array, start: int, end: int) -> float:
    """The farthest that a path gets from where it was at ``start``, in statures."""
    far = np.linalg.norm((path[start : end + 1] - path[start]) * LEVEL, axis=1)
    return float(np.nanmax(far, initial=0.0)) / body.stature


def _both_feet_go(body: Body, way: Run) -> bool:
    far = [_shift(body, body.point(f"{side}_foot"), way.start, way.end) for side in SIDES]
    height = body.height("pelvis", above="")[way.start : way.end + 1]
    sinks = min(height[0], height[-1]) - finite_quantile(height, 0.02)
    return min(far) >= _COMES_ALONG * way.after and not sinks > _SINKS


def _speed(body: Body, way: Run) -> float:
    seconds = (way.end - way.start) / body.fps
    return way.after / max(seconds, 1e-9)


def _count_steps(body: Body, way: Run) -> int:
    """Swings of one foot while the other stands, in turns; both feet went, so two at least."""
    swings = [
        (side, first, last)
        for side, first, last in _find_swings(body)
        if min(last, way.end + 1) - max(first, way.start) >= _IN_THE_WAY * (last - first)
    ]
    sides = [side for side, _, _ in swings]
    return max(2, sum(a != b for a, b in pairwise(["", *sides])))


def _find_swings(body: Body) -> list[tuple[str, int, int]]:
    """Stretches (side, first, last) in which one foot is clearly faster than the other."""
    left, right = (body.speed(body.point(f"{side}_foot")) for side in SIDES)
    faster = smooth(left - right, body.fps, _SWING_SMOOTH_S)
    found: list[tuple[str, int, int]] = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        path = body.point(f"{side}_foot") / body.stature
        with np.errstate(invalid="ignore"):
            stretches = find_stretches(sign * faster > _SWINGS)
        for first, last in stretches:
            steps = np.linalg.norm(np.diff(path[first : last + 1], axis=0), axis=1)
            if np.nansum(steps) >= _SHORTEST:
                found.append((side, first, last))
    return sorted(found, key=lambda swing: swing[1])


def _name_way(body: Body, way: Run) -> str:
    """The own direction most of the way goes, frame by frame; empty if it has none."""
    here = slice(way.start, way.end + 1)
    steps = np.gradient(body.point("pelvis")[here] * LEVEL, axis=0)
    ahead = np.sum(steps * body.forward()[here], axis=1)
    right = np.sum(steps * body.right()[here], axis=1)
    whole = float(np.nansum(np.linalg.norm(steps, axis=1)))
    shares = {
        "forward": np.nansum(ahead),
        "back": -np.nansum(ahead),
        "right": np.nansum(right),
        "left": -np.nansum(right),
    }
    best = max(shares, key=lambda name: float(shares[name]))
    return best if shares[best] >= _ONE_WAY * whole > 0 else ""


def _trains(scene: Scene, body: Body) -> list[_Train]:
    """Rows of at least four alternate bends of the knees, in an even pace."""
    bends = [180.0 - body.angle("knee", side) for side in SIDES]
    apart = smooth(bends[0] - bends[1], scene.fps, 0.04)
    apart = apart - finite_quantile(apart)
    runs = find_runs(apart, scene.least("pace"), scene.fps)
    out: list[_Train] = []
    row: list[Run] = []
    for run in [*runs, None]:
        if row and (run is None or not _follows(row[-1], run, scene.fps)):
            out += _train(row, apart, bends)
            row = []
        if run is not None:
            row.append(run)
    return out


def _follows(last: Run, run: Run, fps: float) -> bool:
    low, high = _PACE_S
    pace = ((run.start + run.end) - (last.start + last.end)) / 2 / fps
    return last.change * run.change < 0 and low <= pace <= high


def _train(row: list[Run], apart: Array, bends: list[Array]) -> list[_Train]:
    """The extremes at which one knee is the more bent one, and more bent than when it stands."""
    frames = [row[0].start, *((a.end + b.start) // 2 for a, b in pairwise(row)), row[-1].end]
    stands = [finite_quantile(bend, 0.2) for bend in bends]
    leads = [int(apart[frame] < 0) for frame in frames]
    lifted = [
        frame
        for frame, lead in zip(frames, leads, strict=True)
        if abs(apart[frame]) > 7.0 and bends[lead][frame] - stands[lead] > _BENDS
    ]
    if len(lifted) < _FEWEST or not _is_even(lifted, apart):
        return []
    return [_Train(tuple(lifted), float(np.median([abs(run.change) for run in row])))]


def _is_even(frames: list[int], apart: Array) -> bool:
    """Whether the bends come in an even pace and are of like size."""
    paces, sizes = np.diff(frames), np.abs(apart[frames])
    return bool(paces.std() <= _UNEVEN * paces.mean() and sizes.min() >= 0.2 * sizes.max())


def _pace_s(train: _Train, fps: float) -> float:
    return float(np.median(np.diff(train.frames))) / fps


def _bounce(body: Body, train: _Train) -> float:
    """Deviation of the pelvis' height from its slow course."""
    height = body.height("pelvis", above="")
    fast = height - smooth(height, body.fps, 0.3)
    here = fast[train.frames[0] : train.frames[-1] + 1]
    finite = here[np.isfinite(here)]
    return float(finite.std()) if finite.size else float("nan")


def _flies(body: Body, train: _Train) -> bool:
    """Whether quick steps bounce the pelvis, or lift both feet high."""
    quick = _pace_s(train, body.fps) <= _QUICK_S
    here = slice(train.frames[0], train.frames[-1] + 1)
    lifts = [finite_quantile(measure_foot_lift(body, side)[here], 0.9) for side in SIDES]
    bounces = _BOUNCE[0] <= _bounce(body, train)
    sinks = _bounce(body, train) > _BOUNCE[1]
    return quick and not sinks and (bounces or min(lifts) >= _HIGH)


def _overlap(way: Run, frames: tuple[int, ...], least: float = 0.0) -> bool:
    """Whether a way shares more than ``least`` frames with a stretch."""
    return min(way.end, frames[-1]) - max(way.start, frames[0]) > least


def _on_the_spot(scene: Scene, person: int, motion: str, train: _Train) -> Event:
    """An event from a half pace before the first bend to a half pace after the last."""
    half = round(_pace_s(train, scene.fps) * scene.fps / 2)
    last = len(scene.bodies[person].joints) - 1
    start, end = max(0, train.frames[0] - half), min(last, train.frames[-1] + half)
    run = Run(start, end, 0.0, train.degrees)
    event = scene.event(person, (motion, "centre", "body"), run, "pace")
    return replace(event, count=len(train.frames))
