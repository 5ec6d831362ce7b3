"""Sensor faults: stretches in which joints do what no body can, to be flagged and never told.

A Kinect guesses the limbs it does not see. Guesses jump, bend joints beyond their end, stretch
bones, or take the left limb for the right one. What is measured in such a stretch is true of the
numbers and false of the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.bodies import Body, extract_bodies
from skeletonllm.kinematics.monotone_runs import find_stretches
from skeletonllm.kinematics.scene import SIDES, Event
from skeletonllm.kinematics.signals import Array, finite_quantile, measure_angle
from skeletonllm.motion import Motion

LIMB_SPEED = 12.0
"""Statures a second, 20 m/s: about what the hand of a pitcher or the foot of a footballer reaches,
and no one in front of a sensor. Of the clips of utd_mhad and msr_action3d, 99 % stay below 9."""
TRUNK_SPEED = 7.0
"""Statures a second that no pelvis or head reaches: 12 m/s, the top speed of the best sprinters."""
LEAST_ANGLE = {"elbow": 12.0, "knee": 15.0}
"""Degrees between the two bones. Goniometers find elbows to flex by 140 to 150 degrees and knees
by 135 to 155, until flesh meets flesh: 30 and 25 are left. The rest is what a centre may be off."""
STRETCH = 0.5
"""Bones do not change, but joint centres of a Kinect do: forearms are a third too long for a frame
in 30 % of the clips of utd_mhad, so a third is its usual error. A half, of the median of the clip,
is a joint that is not where it is said to be."""
STRETCHED_S = 0.09
"""... for so long: one frame is smoothed away."""
_SWAP_JUMP = 0.15
"""Statures both limbs must jump for a swap: limbs that are close cannot be told apart."""
_SWAPPED_S = 0.7
"""Longer, a swap is taken for a turn of the person."""
_CLOSE_S = 0.1
"""Stretches with shorter gaps are one."""

_LIMBS = ("hand", "elbow", "foot", "knee")
_BONES = (("shoulder", "elbow"), ("elbow", "hand"), ("hip", "knee"), ("knee", "foot"))
_HINGES = {"elbow": ("shoulder", "elbow", "hand"), "knee": ("hip", "knee", "foot")}
_CARRIED = {
    "elbow": ("elbow", "hand"),
    "hand": ("hand", "elbow"),
    "knee": ("knee", "foot"),
    "foot": ("foot", "knee"),
    "pelvis": ("body", "torso", "hand", "foot", "elbow", "knee"),
    "head": ("head",),
}
"""Parts whose events cannot be trusted when a joint is wrong."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SensorFault:
    """A stretch in which a joint does what no body can.

    Args:
        what: ``jump``, ``angle``, ``bone`` or ``swap``.
        part: ``hand``, ``elbow``, ``foot``, ``knee``, ``pelvis`` or ``head``.
        side: ``left``, ``right``, ``both`` or ``centre``.
        start_s: First second of the stretch, from the first frame.
        end_s: Its last second.
        reason: What was found and what a body can do.
        person: Row of the motion.
    """

    what: str
    part: str
    side: str
    start_s: float
    end_s: float
    reason: str
    person: int = 0


def find_sensor_faults(motion: Motion, person: int = 0) -> tuple[SensorFault, ...]:
    """All stretches of a person that are nonsense of the sensor, in time order.

    They are sought in what was recorded, not in what is smoothed: smoothing hides a jump of one
    frame and keeps half of its length. In a plane bones shorten by themselves; only jumps count.

    Args:
        motion: Any skeleton.
        person: Row of the motion.

    Example:
        >>> [(f.what, f.part, f.side) for f in find_sensor_faults(motion)]  # doctest: +SKIP
        [('jump', 'hand', 'left')]
    """
    smooth = extract_bodies(motion)[person]
    joints = motion.joints[:, person].astype(np.float64)
    joints[~motion.observed[:, person]] = np.nan
    body = Body(joints, motion.topology, motion.fps, smooth.stature)
    if not np.isfinite(body.stature):
        return ()
    found = [*_jumps(body, person)]
    if motion.topology.dims == 3:
        found += [*_angles(body, person), *_bones(body, person), *_swaps(body, person)]
    return tuple(sorted(found, key=lambda f: (f.start_s, f.part, f.side, f.what)))


def select_trusted_events(
    events: Sequence[Event], faults: Sequence[SensorFault]
) -> tuple[Event, ...]:
    """The events that no fault of their own part touches.

    Args:
        events: What was found in a motion.
        faults: The faults of all its persons.
    """
    return tuple(e for e in events if not any(_spoils(fault, e) for fault in faults))


def _spoils(fault: SensorFault, event: Event) -> bool:
    """Whether a fault takes at least a tenth of the time of an event of a part it carries."""
    side = "centre" in (fault.side, event.side) or "both" in (fault.side, event.side)
    if fault.person != event.person or not (side or fault.side == event.side):
        return False
    shared = min(fault.end_s, event.end_s) - max(fault.start_s, event.start_s)
    return event.part in _CARRIED[fault.part] and shared >= 0.1 * (event.end_s - event.start_s)


def _jumps(body: Body, person: int) -> Iterator[SensorFault]:
    """Steps from frame to frame that are faster than people."""
    for part, side, point in _points():
        path = body.point(point)
        limit = LIMB_SPEED if side != "centre" else TRUNK_SPEED
        step = np.linalg.norm(np.diff(path, axis=0), axis=1) * body.fps / body.stature
        with np.errstate(invalid="ignore"):
            fast = step > limit
        mask = np.concatenate((fast, [False])) | np.concatenate(([False], fast))
        for first, last in _stretches(mask, body.fps):
            top = float(np.nanmax(step[first : last - 1]))
            reason = f"{top:.0f} statures a second, at most {limit:.0f} are possible"
            yield _fault(body, person, ("jump", part, side), (first, last), reason)


def _points() -> Iterator[tuple[str, str, str]]:
    for part in _LIMBS:
        for side in SIDES:
            yield part, side, f"{side}_{part}"
    yield "pelvis", "centre", "pelvis"
    yield "head", "centre", "head"


def _angles(body: Body, person: int) -> Iterator[SensorFault]:
    """Elbows and knees that are closed farther than flesh lets them."""
    for hinge, (near, middle, far) in _HINGES.items():
        for side in SIDES:
            a, b, c = (body.point(f"{side}_{name}") for name in (near, middle, far))
            angle = measure_angle(a - b, c - b)
            with np.errstate(invalid="ignore"):
                closed = angle < LEAST_ANGLE[hinge]
            for first, last in _stretches(closed, body.fps):
                least = float(np.nanmin(angle[first:last]))
                reason = f"{least:.0f} degrees, at least {LEAST_ANGLE[hinge]:.0f} are possible"
                yield _fault(body, person, ("angle", hinge, side), (first, last), reason)


def _bones(body: Body, person: int) -> Iterator[SensorFault]:
    """Bones that are a third longer or shorter than in most of the clip."""
    for near, far in _BONES:
        for side in SIDES:
            length = body.distance(f"{side}_{near}", f"{side}_{far}")
            usual = finite_quantile(length)
            with np.errstate(invalid="ignore", divide="ignore"):
                change = length / usual - 1.0
                wrong = np.abs(change) > STRETCH
            for first, last in _stretches(wrong, body.fps):
                if last - first < STRETCHED_S * body.fps:
                    continue
                here = change[first:last]
                worst = float(here[np.nanargmax(np.abs(here))])
                reason = f"{near} to {far} changes by {100 * worst:+.0f} %, bones do not"
                yield _fault(body, person, ("bone", far, side), (first, last), reason)


def _swaps(body: Body, person: int) -> Iterator[SensorFault]:
    """Frames in which a left limb stands where the right one was, and the other way round."""
    for part in _LIMBS:
        left, right = body.point(f"left_{part}"), body.point(f"right_{part}")
        flips = [int(i) + 1 for i in np.flatnonzero(_flipped(left, right, body.stature))]
        while flips:
            first, *flips = flips
            back = flips[0] if flips else len(left)
            if back - first <= _SWAPPED_S * body.fps:
                flips = flips[1:]
                reason = f"left and right {part} change places and change back"
                yield _fault(body, person, ("swap", part, "both"), (first, back), reason)


def _flipped(left: Array, right: Array, stature: float) -> Mask:
    """Whether, from a frame to the next, each limb comes to the other's place, [T - 1]."""
    own = np.array([np.linalg.norm(np.diff(path, axis=0), axis=1) for path in (left, right)])
    crossed = np.array(
        [
            np.linalg.norm(left[1:] - right[:-1], axis=1),
            np.linalg.norm(right[1:] - left[:-1], axis=1),
        ]
    )
    with np.errstate(invalid="ignore"):
        flipped: Mask = (own.min(axis=0) > _SWAP_JUMP * stature) & (
            crossed.sum(axis=0) < 0.4 * own.sum(axis=0)
        )
    return flipped


def _stretches(mask: Mask, fps: float) -> list[tuple[int, int]]:
    """Stretches of a mask; those with short gaps become one."""
    out: list[tuple[int, int]] = []
    for first, last in find_stretches(mask):
        if out and first - out[-1][1] <= _CLOSE_S * fps:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _fault(
    body: Body, person: int, what: tuple[str, str, str], frames: tuple[int, int], reason: str
) -> SensorFault:
    first, last = frames
    return SensorFault(*what, first / body.fps, (last - 1) / body.fps, reason, person)
