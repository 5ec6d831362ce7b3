"""To and fro, at least twice: waving, hammering, knocking, nodding, rocking.

One movement is told once, along the axis it is largest on: an arm that waves aslant does not
oscillate up and sideways and ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.detectors.own_paths import HIGH, measure_own_path, measure_shift
from skeletonllm.kinematics.detectors.windows import classify_mean_level, merge_sides
from skeletonllm.kinematics.monotone_runs import Run, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array

_ALIKE = 0.3
"""A half cycle is at least this share of the one before, and the one before of it."""
_FADES = 0.25
"""The smallest half cycle of a movement is at least this share of its largest."""
_STRAIGHT = 1.3
"""Way over distance of a half cycle: half of a circle has 1.57, to and fro goes straight."""
_SAME_END = 0.5
"""Up and down, the first half cycle begins, and the last ends, no farther from where the others do
than this share of their size: a hand that is raised, and in the end lowered, is not in it."""
_MAINLY = 0.5
"""Share of the whole way of a half cycle that goes along the axis; a raised hand that drifts aside
does not wave."""
_EVEN = 3.5
"""The longest half cycle takes at most this many times as long as the shortest."""
_REST_S = 0.35
"""A longer rest between two half cycles parts two movements."""
_SLOWEST_S = 1.5
"""Half a cycle that takes longer is a movement of its own."""
_DIRECTIONS = ("left", "up", "forward")
"""Name of an oscillation along each own axis."""


@dataclass(frozen=True)
class _Row:
    """Alternate runs along one axis."""

    axis: int
    runs: tuple[Run, ...]

    @property
    def size(self) -> float:
        """Median way of a half cycle, in statures."""
        return float(np.median([abs(run.change) for run in self.runs]))

    @property
    def cycles(self) -> int:
        """Whole cycles: two half cycles each."""
        return len(self.runs) // 2

    def overlaps(self, other: _Row) -> bool:
        """Whether more than half of the shorter of two rows is shared."""
        first, last = self.runs[0].start, self.runs[-1].end
        start, end = other.runs[0].start, other.runs[-1].end
        return min(last, end) - max(first, start) > 0.5 * min(last - first, end - start)


def find_oscillations(scene: Scene, person: int) -> Iterator[Event]:
    """Oscillations of hands, elbows, trunk and head, with axis, level and number of cycles.

    Args:
        scene: All persons of a motion.
        person: Row of the one who moves to and fro.
    """
    for part in ("hand", "elbow"):
        found = [event for side in SIDES for event in _of_part(scene, person, side, part)]
        yield from merge_sides(found)
    for part in ("torso", "head"):
        yield from _of_part(scene, person, "centre", part)


def _of_part(scene: Scene, person: int, side: str, part: str) -> Iterator[Event]:
    body = scene.bodies[person]
    point = {"torso": "chest", "head": "head"}.get(part, f"{side}_{part}")
    path = measure_own_path(body, point)
    for row in _main_rows(path, scene):
        whole = Run(row.runs[0].start, row.runs[-1].end, 0.0, row.size)
        level = classify_mean_level(body, side, whole) if part == "hand" else ""
        what = ("oscillate", side, part)
        event = scene.event(
            person, what, whole, "cycle", direction=_DIRECTIONS[row.axis], target=level
        )
        yield replace(event, count=row.cycles)


def _main_rows(path: Array, scene: Scene) -> list[_Row]:
    """Rows of all axes; of those at the same time only the largest one."""
    rows = [
        _Row(axis, tuple(runs))
        for axis in range(3)
        for runs in _rows(_main_runs(path, axis, scene), scene.fps, axis)
    ]
    kept: list[_Row] = []
    for row in sorted(rows, key=lambda r: (-r.size * np.sqrt(r.cycles), r.axis)):
        if not any(row.overlaps(other) for other in kept):
            kept.append(row)
    return sorted(kept, key=lambda r: r.runs[0].start)


def _main_runs(path: Array, axis: int, scene: Scene) -> list[Run]:
    """Runs along an axis that go mainly along it, and straight."""
    runs = find_runs(path[:, axis], scene.least("cycle"), scene.fps)
    return [run for run in runs if _is_straight(path, run)]


def _is_straight(path: Array, run: Run) -> bool:
    distance = float(np.linalg.norm(measure_shift(path, run)))
    steps = np.diff(path[run.start : run.end + 1], axis=0)
    way = float(np.nansum(np.linalg.norm(np.nan_to_num(steps), axis=1)))
    return abs(run.change) >= _MAINLY * distance and way <= _STRAIGHT * distance


def _rows(runs: Sequence[Run], fps: float, axis: int) -> list[list[Run]]:
    """Runs that alternate without a rest and are of like size; two there and two back at least."""
    rows: list[list[Run]] = []
    row: list[Run] = []
    for run in runs:
        if row and not _goes_on(row, run, fps):
            rows, row = [*rows, row], _like_tail(row, run, fps)
        row = [*row, run]
    rows = [*rows, row]
    if axis == HIGH:
        rows = [_without_ends(row) for row in rows]
    return [row for row in rows if len(row) >= 4]


def _without_ends(row: list[Run]) -> list[Run]:
    """A row without a first and a last half cycle that come from, or go, somewhere else."""
    if len(row) < 4:
        return row
    size = float(np.median([abs(run.change) for run in row]))
    first = 1 if _differs(row[0].before, [run.before for run in row[2::2]], size) else 0
    last = len(row)
    if _differs(row[-1].after, [run.after for run in row[-3::-2]], size):
        last -= 1
    return row[first:last]


def _differs(value: float, others: list[float], size: float) -> bool:
    return abs(value - float(np.median(others))) > _SAME_END * size


def _like_tail(row: list[Run], run: Run, fps: float) -> list[Run]:
    """The last runs of a row that a run goes on from: a large first stroke does not spoil it."""
    for first in range(1, len(row)):
        if _goes_on(row[first:], run, fps) and len(row) < 4:
            return row[first:]
    return []


def _goes_on(row: list[Run], run: Run, fps: float) -> bool:
    last, sizes = row[-1], [abs(r.change) for r in (*row, run)]
    turns = last.change * run.change < 0
    close = run.start - last.end <= _REST_S * fps
    pair = sorted(sizes[-2:])
    alike = pair[0] >= _ALIKE * pair[1] and min(sizes) >= _FADES * max(sizes)
    times = [r.end - r.start + 1 for r in (*row, run)]
    even = max(times) <= min(_SLOWEST_S * fps, _EVEN * min(times))
    return turns and close and even and alike
