"""To and fro, at least twice: waving, hammering, knocking, nodding, rocking.

One movement is told once, along the axis it is largest on: an arm that waves aslant does not
oscillate up and sideways and ahead.

A quick wave of a raised hand is small, and begins and ends while the hand is on its way. It is
looked for again in a sharpened path, where nothing larger goes to and fro.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.own_paths import HIGH, measure_own_path, measure_shift
from skeletonllm.kinematics.detectors.windows import classify_mean_level, merge_sides
from skeletonllm.kinematics.monotone_runs import Run, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array, sharpen

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
_FEWEST = 4
"""Half cycles of the fewest: two there and two back."""
_QUICK_S = 0.25
"""Half a cycle of a quick movement: at 2 Hz smoothing takes a fifth, at 4 Hz more than half."""
_SMALL = 0.18
"""What is longer, in statures, than a forearm and half a hand is in the smoothed path as well."""
_RAISED = ("chest", "shoulder", "head", "overhead")
"""Levels of a hand that is not in front of the hips or thighs, where a sensor mixes it up with
them: there it trembles as wide and as quickly as a wave."""
_SCALES = (1.0, 0.5)
"""Times the least half cycle, in the order they are tried: of a wave that drifts aside, each second
half cycle is shorter; their median must still be the least one."""
_CORE = 2
"""Half cycles of a quick row between those of a hand that comes and goes."""
_LIKE_ITS_ROW = 0.5
"""A half cycle on the way there, or away, has at least this share of the usual one, and at most its
inverse: it is part of another movement too, so it must fit better than the others."""
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
    def whole(self) -> Run:
        """From its first to its last frame, as large as a half cycle."""
        return Run(self.runs[0].start, self.runs[-1].end, 0.0, self.size)

    @property
    def count(self) -> int:
        """Whole cycles: two half cycles each."""
        return len(self.runs) // 2

    def is_blurred(self, sharp: _Row) -> bool:
        """Whether a row of the sharpened path is the same movement."""
        return self.axis == sharp.axis and self.overlaps(sharp)

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
    least = scene.least("cycle")
    rows = [row for axis in range(3) for row in _find_rows(path, axis, least, scene.fps)]
    rows = _keep_main(rows)
    if part == "hand":
        quick = _find_quick_rows(body, side, least, rows)
        rows = [*quick, *(row for row in rows if not any(row.is_blurred(q) for q in quick))]
    for row in sorted(rows, key=lambda row: row.runs[0].start):
        level = classify_mean_level(body, side, row.whole) if part == "hand" else ""
        what = ("oscillate", side, part)
        event = scene.event(
            person, what, row.whole, "cycle", direction=_DIRECTIONS[row.axis], target=level
        )
        yield replace(event, count=row.count)


def _find_rows(path: Array, axis: int, least: float, fps: float) -> list[_Row]:
    """Rows along an axis, two there and two back at least."""
    runs = [run for run in find_runs(path[:, axis], least, fps) if _is_straight(path, run)]
    rows = _chain(runs, fps)
    if axis == HIGH:
        rows = [_without_ends(row) for row in rows]
    return [_Row(axis, tuple(row)) for row in rows if len(row) >= _FEWEST]


def _keep_main(rows: Sequence[_Row], taken: Sequence[_Row] = ()) -> list[_Row]:
    """Of rows at the same time only the largest one, and none where one is taken."""
    kept: list[_Row] = []
    for row in sorted(rows, key=lambda r: (-r.size * np.sqrt(r.count), r.axis)):
        if not any(row.overlaps(other) for other in (*taken, *kept)):
            kept.append(row)
    return kept


def _find_quick_rows(body: Body, side: str, least: float, taken: Sequence[_Row]) -> list[_Row]:
    """Quick small rows of a raised hand, where none is taken along another axis."""
    path = sharpen(measure_own_path(body, f"{side}_hand"), body.fps)
    kept: list[_Row] = []
    for scale in _SCALES:
        rows = [
            row
            for axis in range(3)
            for row in _find_rows_with_ends(path, axis, scale * least, body.fps)
            if least <= row.size <= _SMALL
            and all(row.is_blurred(other) or not row.overlaps(other) for other in taken)
            and classify_mean_level(body, side, row.whole) in _RAISED
        ]
        kept += _keep_main(rows, kept)
    return kept


def _find_rows_with_ends(path: Array, axis: int, least: float, fps: float) -> list[_Row]:
    """Quick rows along an axis, with what the hand does of them as it comes and goes."""
    runs = find_runs(path[:, axis], least, fps)
    rows = _chain([run for run in runs if _is_straight(path, run)], fps)
    rows = [row for row in rows if len(row) >= _CORE and _is_quick(row, fps)]
    if axis == HIGH:
        rows = [_without_ends(row) for row in rows]
    else:
        rows = [_with_ends(row, runs, fps) for row in rows]
    return [_Row(axis, tuple(row)) for row in rows if len(row) >= _FEWEST]


def _is_straight(path: Array, run: Run) -> bool:
    """Whether a run goes mainly along its axis, and straight."""
    distance = float(np.linalg.norm(measure_shift(path, run)))
    steps = np.diff(path[run.start : run.end + 1], axis=0)
    way = float(np.nansum(np.linalg.norm(np.nan_to_num(steps), axis=1)))
    return abs(run.change) >= _MAINLY * distance and way <= _STRAIGHT * distance


def _is_quick(row: Sequence[Run], fps: float) -> bool:
    return float(np.median([run.end - run.start for run in row])) <= _QUICK_S * fps


def _chain(runs: Sequence[Run], fps: float) -> list[list[Run]]:
    """Runs that alternate without a rest and are of like size."""
    rows: list[list[Run]] = []
    row: list[Run] = []
    for run in runs:
        if row and not _goes_on(row, run, fps):
            rows, row = [*rows, row], _like_tail(row, run, fps)
        row = [*row, run]
    return [*rows, row]


def _with_ends(row: list[Run], runs: Sequence[Run], fps: float) -> list[Run]:
    """A short row with the run before and after it, if they are like it."""
    if len(row) >= _FEWEST:
        return row
    first, last = runs.index(row[0]), runs.index(row[-1])
    usual = float(np.median([abs(run.change) for run in row]))
    for end in (*runs[max(first - 1, 0) : first], *runs[last + 1 : last + 2]):
        longer = [end, *row] if end.start < row[0].start else [*row, end]
        alike = _LIKE_ITS_ROW * usual <= abs(end.change) <= usual / _LIKE_ITS_ROW
        if len(row) < _FEWEST and alike and _goes_on(longer[:-1], longer[-1], fps):
            row = longer
    return row


def _without_ends(row: list[Run]) -> list[Run]:
    """A row without a first and a last half cycle that come from, or go, somewhere else."""
    if len(row) < _FEWEST:
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
        if _goes_on(row[first:], run, fps) and len(row) < _FEWEST:
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
