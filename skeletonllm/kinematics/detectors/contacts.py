"""Hands that meet something: a part of the own body, the other hand, another person.

Sensors see joints and not skin: at a touch the wrist and the joint of the target keep a gap, which
depends on what is touched. A hand touches one thing at a time, the one it is nearest to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.own_paths import HIGH, RIGHT, measure_own_path
from skeletonllm.kinematics.detectors.windows import widen
from skeletonllm.kinematics.encounters import find_nearest_part, measure_hand_gap
from skeletonllm.kinematics.monotone_runs import Run, find_runs, find_stretches
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array

_GAPS: dict[str, tuple[float, tuple[str, ...]]] = {
    "head": (0.155, ("head",)),
    "chest": (0.115, ("chest",)),
    "stomach": (0.115, ("spine",)),
    "hip": (0.115, ("left_hip", "right_hip")),
    "knee": (0.115, ("left_knee", "right_knee")),
    "foot": (0.14, ("left_foot", "right_foot")),
    "other hand": (0.09, ("other_hand",)),
    "other elbow": (0.09, ("other_elbow",)),
    "other shoulder": (0.12, ("other_shoulder",)),
}
"""Target: largest gap at a touch, in statures, and its joints. The head is a ball around its
joint; elbow and hand are thin."""
_OF_OTHER = 0.14
"""The same for a part of another person."""
_PASSES_BY = 0.5
"""Statures a second; a hand that is not slower than this at any moment of a contact passes by."""
_HAND_ON_HIP = 135.0
"""Degrees at the elbow of a hand on the hip: an arm that hangs is as near and straighter."""
_CLAP = 0.15
"""Wrists nearer than this, in statures, are palms that meet: hands are 0.11 long and tilted."""
_CLAP_AGAIN = 0.03
"""In a row of claps the wrists part this far at least, in statures."""
_CLAP_S = 0.5
"""A clap begins and ends within this time from where the palms meet."""
_TOGETHER_S = 0.45
"""Palms that rest on each other longer are folded."""
_ONE_HEIGHT = 0.06
"""Largest difference of height of palms that meet, in statures."""
_GOES = 0.12
"""Hands that go farther than this together, in statures in 0.2 s, hold something."""
_PASSED = 0.12
"""Hands that pass each other by this much, in statures, are crossed and do not clap."""
_BESIDE = 0.75
"""Share of the gap between open hands that lies to the side; boxers' hands pass each other."""
_NEXT_S = 1.0
"""Claps, or crosses, with a shorter time between them are told as one, with their number."""
_ACROSS = 0.06
"""Hands that have passed each other by this much, in statures, are crossed."""
_MIDDLE = -0.02
"""... if each is at the other side of the middle, or as near to it as this."""
_AROUND_S = 0.1
"""Arms go on crossing a moment before and after the hands pass each other."""


@dataclass(frozen=True)
class _Contact:
    """A stretch in which a hand is at a target: first and last frame, how near, how far it came."""

    target: str
    start: int
    end: int
    nearness: float
    came: float

    def overlaps(self, other: _Contact) -> bool:
        """Whether two contacts share a frame."""
        return self.start <= other.end and other.start <= self.end


def find_touches(scene: Scene, person: int) -> Iterator[Event]:
    """Touches of the own body, and of other persons, by each hand; from first to last contact.

    Args:
        scene: All persons of a motion.
        person: Row of the one who touches.
    """
    for side in SIDES:
        found = [*_own_contacts(scene, person, side), *_other_contacts(scene, person, side)]
        kept: list[_Contact] = []
        slow = _is_slow(scene.bodies[person], side)
        found = [contact for contact in found if slow[contact.start : contact.end + 1].any()]
        for contact in sorted(found, key=lambda c: (c.nearness, c.start, c.target)):
            if not any(contact.overlaps(other) for other in kept):
                kept.append(contact)
        for contact in sorted(kept, key=lambda c: c.start):
            run = Run(contact.start, contact.end, 0.0, contact.came)
            what = ("touch", side, "hand")
            yield scene.event(person, what, run, "touch", target=contact.target)


def _is_slow(body: Body, side: str) -> npt.NDArray[np.bool_]:
    """Whether a hand stays, or turns back, [T]: one that passes by touches nothing."""
    speed = body.speed(body.point(f"{side}_hand") - body.point("pelvis"))
    return np.nan_to_num(speed, nan=np.inf) <= _PASSES_BY


def _own_contacts(scene: Scene, person: int, side: str) -> Iterator[_Contact]:
    body = scene.bodies[person]
    other = "left" if side == "right" else "right"
    for target, (limit, joints) in _GAPS.items():
        names = [joint.replace("other", other) for joint in joints]
        gap = np.fmin.reduce([body.distance(f"{side}_hand", name) for name in names])
        if target == "hip":
            gap = np.where(body.angle("elbow", side) <= _HAND_ON_HIP, gap, np.inf)
        yield from _contacts(gap, limit, target, scene)


def _other_contacts(scene: Scene, person: int, side: str) -> Iterator[_Contact]:
    body = scene.bodies[person]
    for number, other in enumerate(scene.bodies):
        if number == person or not np.isfinite(other.stature):
            continue
        gap = measure_hand_gap(body, other, side)
        for contact in _contacts(gap, _OF_OTHER, "", scene):
            near = contact.start + int(np.nanargmin(gap[contact.start : contact.end + 1]))
            part, _ = find_nearest_part(body.point(f"{side}_hand"), other, near)
            yield replace(contact, target=f"other person's {part}")


def _contacts(gap: Array, limit: float, target: str, scene: Scene) -> Iterator[_Contact]:
    """Stretches nearer than the limit that the hand came to, or leaves, from farther away."""
    with np.errstate(invalid="ignore"):
        stretches = find_stretches(gap <= limit)
    reach = round(1.5 * scene.fps)
    for first, last in stretches:
        near = float(np.nanmin(gap[first:last]))
        before, after = gap[max(0, first - reach) : first], gap[last : last + reach]
        around = np.concatenate([before, after])
        far = float(np.max(around[np.isfinite(around)], initial=near))
        if far - near >= scene.least("touch"):
            end = min(max(last - 1, first + 1), len(gap) - 1)
            yield _Contact(target, first, end, near / limit, far - near)


def find_claps(scene: Scene, person: int) -> Iterator[Event]:
    """Claps: both hands meet and part, with how often.

    A single clap has to open as far as others close; in a row of them the hands part but a little.

    Args:
        scene: All persons of a motion.
        person: Row of the one who claps.
    """
    body = scene.bodies[person]
    paths = [measure_own_path(body, f"{side}_hand") for side in SIDES]
    gap = body.distance("left_hand", "right_hand")
    for row in _rows(list(_meetings(gap, paths, scene)), scene.fps):
        size = max(clap.change for clap in row)
        passed = (paths[0] - paths[1])[row[0].start : row[-1].end + 1, RIGHT]
        single = len(row) == 1 and size < scene.least("clap")
        if single or np.nanmax(passed) >= _PASSED:
            continue
        whole = Run(row[0].start, row[-1].end, 0.0, size)
        event = scene.event(person, ("clap", "both", "hand"), whole, "clap")
        yield replace(event, count=len(row))


def _meetings(gap: Array, paths: list[Array], scene: Scene) -> Iterator[Run]:
    """Falls of the gap that a rise follows, with the palms together in between."""
    runs = find_runs(gap, _CLAP_AGAIN * scene.scale, scene.fps)
    for fall, rise in pairwise(runs):
        if fall.change < 0 < rise.change and rise.start - fall.end <= _TOGETHER_S * scene.fps:
            middle = fall.start + int(np.nanargmin(gap[fall.start : rise.end + 1]))
            sideways = all(_lies_sideways(paths, frame) for frame in (fall.start, rise.end))
            if sideways and gap[middle] <= _CLAP and _is_level(paths, middle, scene.fps):
                reach = round(_CLAP_S * scene.fps)
                start, end = max(fall.start, middle - reach), min(rise.end, middle + reach)
                yield Run(start, end, 0.0, min(-fall.change, rise.change))


def _lies_sideways(paths: list[Array], frame: int) -> bool:
    """Whether one hand is beside the other, and neither before nor above it."""
    apart = np.nan_to_num(paths[0][frame] - paths[1][frame])
    gap = float(np.linalg.norm(apart))
    return gap <= _CLAP or bool(abs(apart[RIGHT]) >= _BESIDE * gap)


def _is_level(paths: list[Array], frame: int, fps: float) -> bool:
    """Whether the hands meet at one height, not hanging, and go nowhere together meanwhile."""
    left, right = (path[frame] for path in paths)
    reach = max(1, round(0.1 * fps))
    middle = (paths[0] + paths[1]) / 2
    around = middle[max(0, frame - reach) : frame + reach + 1]
    moved = float(np.linalg.norm(np.nan_to_num(around[-1] - around[0])))
    level = abs(left[HIGH] - right[HIGH]) <= _ONE_HEIGHT
    return bool(level and min(left[HIGH], right[HIGH]) > 0.0 and moved <= _GOES)


def _rows(runs: list[Run], fps: float) -> list[list[Run]]:
    """Runs that follow each other without a long rest."""
    rows: list[list[Run]] = []
    for run in runs:
        if rows and run.start - rows[-1][-1].end <= _NEXT_S * fps:
            rows[-1].append(run)
        else:
            rows.append([run])
    return rows


def find_crossings(scene: Scene, person: int) -> Iterator[Event]:
    """Crosses: both hands pass each other, or one hand goes across the middle of the body.

    Args:
        scene: All persons of a motion.
        person: Row of the one who crosses the arms.
    """
    left, right = (_across(scene.bodies[person], side) for side in SIDES)
    both = list(_crossed(scene, left, right))
    yield from _counted(scene, person, "both", both)
    for side, across in (("left", left), ("right", right)):
        runs = [
            run
            for run in find_runs(across, 1.5 * scene.least("cross"), scene.fps)
            if run.change > 0 and run.after >= _ACROSS and not _within(run, both)
        ]
        yield from _counted(scene, person, side, runs)


def _across(body: Body, side: str) -> Array:
    """How far a hand is on the other side of the chest's middle, [T]; NaN where it hangs."""
    path = measure_own_path(body, f"{side}_hand", "chest")[:, RIGHT]
    height = measure_own_path(body, f"{side}_hand")[:, HIGH]
    return np.where(height > 0, path if side == "left" else -path, np.fmin(path, -0.1))


def _crossed(scene: Scene, left: Array, right: Array) -> Iterator[Run]:
    """Rises of the overlap of both hands up to crossed arms."""
    for run in find_runs(left + right, scene.least("cross"), scene.fps):
        with np.errstate(invalid="ignore"):
            here = slice(run.start, run.end + 1)
            crossed = np.minimum(left[here], right[here]) >= _MIDDLE
        if run.change > 0 and run.after >= _ACROSS and crossed.any():
            yield run


def _within(run: Run, others: list[Run]) -> bool:
    return any(run.start <= other.end and other.start <= run.end for other in others)


def _counted(scene: Scene, person: int, side: str, runs: list[Run]) -> Iterator[Event]:
    """One event for runs that follow each other quickly."""
    for row in _rows(runs, scene.fps):
        size = float(np.median([run.change for run in row]))
        whole = widen(scene.bodies[person], Run(row[0].start, row[-1].end, 0.0, size), _AROUND_S)
        event = scene.event(person, ("cross", side, "hand"), whole, "cross")
        yield replace(event, count=len(row))
