"""A small judge for tests of single kinds of claim: it asks what every judge must ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics import extract_bodies
from skeletonllm.motion import Motion
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection, Measurement
from skeletonllm.rationales.verify.intervals import (
    Interval,
    find_largest_fall,
    find_largest_rise,
)
from skeletonllm.topology import KINECT_V2

Reader = Callable[[ClaimContext], Sequence[Measurement | Inspection]]
UNSEEN, UNKNOWN = "unseen", "cannot be measured"
ARM = ("wrist", "hand", "hand_tip", "thumb")


def moved(stick_man, path) -> Motion:
    """The right hand, at the height of the chest, moves by a path [60, 3]: right, up, back."""
    man = stick_man()
    for joint in ARM:
        man.joints[:, 0, KINECT_V2.index(f"right_{joint}")] += path + np.array([0, 0.5, -0.2])
    return man.motion()


def claim(motion: str, part: str, side: str = "right", **more: object) -> Step:
    """A claim about two seconds."""
    return Step(1, 0.0, 2.0, motion, part, side, **more)  # type: ignore[arg-type]


def read_claim(
    read: Reader, step: Step, motion: Motion, window: tuple[int, int] | None = None
) -> str:
    """What is wrong with a claim; empty if it is true. Of several measurements one must hold.

    Args:
        read: The measurements of its kind.
        step: The claim.
        motion: What it is about.
        window: First and last frame; by default the whole motion.
    """
    people = extract_bodies(motion)
    others = [body for i, body in enumerate(people) if i != step.person]
    interval = Interval(*(window or (0, motion.num_frames - 1)))
    sides = {"both": ("left", "right"), "centre": ("",)}.get(step.side, (step.side,))
    faults = []
    for side in sides:
        found = read(ClaimContext(step, people[step.person], others, side))
        seen = [_find_fault(item, interval) for item in found] or [UNKNOWN]
        faults.append("" if "" in seen else seen[0])
    return next((fault for fault in faults if fault), "")


def _find_fault(item: Measurement | Inspection, interval: Interval) -> str:
    if isinstance(item, Inspection):
        seen = item.observe(interval)
        return UNSEEN if seen.seen < 0.6 else seen.fault
    signal = item.signal(interval)
    if np.isfinite(signal[interval.first : interval.last + 1]).mean() < 0.6:
        return UNSEEN
    rise, fall = find_largest_rise(signal, interval), find_largest_fall(signal, interval)
    if fall.amount > 1.5 * max(rise.amount, item.threshold):
        return "it goes the other way"
    if item.rival is not None:
        theirs = find_largest_rise(item.rival.signal(interval), interval).amount
        if theirs > max(1.3 * rise.amount, item.threshold):
            return "the other side does it"
    if rise.amount < item.threshold:
        return "it hardly moves there"
    return item.where(rise) if item.where else ""


def hide(motion: Motion, *joints: str) -> Motion:
    """The same motion, some joints of which were never seen."""
    confidence, points = motion.confidence.copy(), motion.joints.copy()
    for name in joints:
        index = motion.topology.index(name)
        confidence[:, :, index], points[:, :, index] = 0, 0
    return Motion(points, motion.present, confidence, motion.topology, motion.fps)
