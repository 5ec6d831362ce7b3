"""Loops of a hand in the plane in front of the body: circles, with direction and turns.

A stretch of path is a loop if it comes back near its start and is round: the area it goes round,
over that of a circle with the same circumference. To and fro on one line goes round nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.detectors.own_paths import HIGH, RIGHT, measure_own_path
from skeletonllm.kinematics.detectors.windows import classify_mean_level
from skeletonllm.kinematics.monotone_runs import Run, find_finite_stretches
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array

_ROUND = 0.88
"""Area over that of a circle of the same circumference. A square has 0.79, a triangle 0.60; a
drawn circle 0.92 and more, a drawn triangle with its smooth corners up to 0.88."""
_HANGS = 0.08
"""A hand lower than this above the pelvis, in statures, hangs. A way that begins or ends there is
an arm that goes up, across and down again, which is as wide as a circle and none."""
_OPEN = 0.4
"""A loop may miss this share of its circumference: an arc of 0.7 turns misses 0.37."""
_LONGEST_S = 3.0
"""A slower turn is not seen as one."""
_REST = 0.01
"""The first and the last share of the way of a loop, which may be a rest."""
_STRIDE_S = 0.07
"""Windows are tried that differ in length by this: less than anybody knows where a loop ends."""
_NEXT_S = 0.4
"""Turns with a shorter rest between them are one circle of many turns."""


@dataclass(frozen=True)
class _Loop:
    """One turn: frames, area (positive is counterclockwise) and circumference."""

    start: int
    end: int
    area: float
    length: float

    @property
    def width(self) -> float:
        """Diameter of a circle of the same area, in statures."""
        return float(2 * np.sqrt(abs(self.area) / np.pi))


def find_circles(scene: Scene, person: int) -> Iterator[Event]:
    """Circles of the hands, clockwise or counterclockwise as their owner sees them.

    Args:
        scene: All persons of a motion.
        person: Row of the one who draws them.
    """
    body = scene.bodies[person]
    for side in SIDES:
        path = measure_own_path(body, f"{side}_hand")[:, [RIGHT, HIGH]]
        loops = [_without_rests(path, loop) for loop in _find_loops(path, scene)]
        for row in _rows(loops, scene.fps):
            yield _circle(scene, person, side, row)


def _circle(scene: Scene, person: int, side: str, row: list[_Loop]) -> Event:
    width = float(np.median([loop.width for loop in row]))
    whole = Run(row[0].start, row[-1].end, 0.0, width)
    level = classify_mean_level(scene.bodies[person], side, whole)
    towards = "counterclockwise" if row[0].area > 0 else "clockwise"
    what = ("circle", side, "hand")
    event = scene.event(person, what, whole, "circle", direction=towards, target=level)
    return replace(event, count=len(row))


def _without_rests(path: Array, loop: _Loop) -> _Loop:
    """A loop that begins when the hand sets off and ends when it is there."""
    here = path[loop.start : loop.end + 1]
    way = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(here, axis=0), axis=1))))
    start = int(np.flatnonzero(way <= _REST * way[-1])[-1])
    end = int(np.argmax(way >= (1 - _REST) * way[-1]))
    return replace(loop, start=loop.start + start, end=loop.start + end)


def _rows(loops: list[_Loop], fps: float) -> list[list[_Loop]]:
    """Turns in a row, the same way round."""
    rows: list[list[_Loop]] = []
    for loop in sorted(loops, key=lambda one: one.start):
        last = rows[-1][-1] if rows else None
        if last and last.area * loop.area > 0 and loop.start - last.end <= _NEXT_S * fps:
            rows[-1].append(loop)
        else:
            rows.append([loop])
    return rows


def _find_loops(path: Array, scene: Scene) -> list[_Loop]:
    """The best loops of a path [T, 2] that share no time."""
    found: list[_Loop] = []
    for first, last in find_finite_stretches(path.sum(axis=1)):
        found += _loops_of_stretch(path[first:last], first, scene)
    kept: list[_Loop] = []
    for loop in sorted(found, key=_merit, reverse=True):
        if all(loop.end <= other.start or loop.start >= other.end for other in kept):
            kept.append(loop)
    return kept


def _merit(loop: _Loop) -> tuple[float, int]:
    """Round and wide and, of equals, the earlier one."""
    return (loop.area**2 / loop.length**2, -loop.start)


def _loops_of_stretch(path: Array, offset: int, scene: Scene) -> list[_Loop]:
    """Every round window of a path without gaps; windows of one length at a time."""
    x, y = path[:, 0], path[:, 1]
    swept = np.concatenate(([0.0], np.cumsum(x[:-1] * y[1:] - y[:-1] * x[1:]))) / 2
    way = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    found: list[_Loop] = []
    stride = max(1, round(_STRIDE_S * scene.fps))
    for span in range(4, min(len(path) - 1, round(_LONGEST_S * scene.fps)) + 1, stride):
        a, b = np.arange(len(path) - span), np.arange(span, len(path))
        area = swept[b] - swept[a] + (x[b] * y[a] - y[b] * x[a]) / 2
        chord = np.hypot(x[b] - x[a], y[b] - y[a])
        length = way[b] - way[a] + chord
        wide = 2 * np.sqrt(np.abs(area) / np.pi) >= scene.least("circle")
        hangs = np.minimum(y[a], y[b]) < _HANGS
        closed = chord <= _OPEN * length
        good = ~hangs & wide & closed & (4 * np.pi * np.abs(area) >= _ROUND * length**2)
        for i in np.flatnonzero(good):
            found.append(_Loop(offset + int(i), offset + int(i) + span, area[i], length[i]))
    return found
