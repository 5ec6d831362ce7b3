"""One person of a clip, ready to be measured: positions, times, and how large the person is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.kinematics import Body, extract_bodies
from skeletonllm.topology import Topology

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spot:
    """A place in a clip.

    Args:
        person: Row of the motion.
        frame: Index into the clip.
        joint: Name of the joint or bone; empty where it is the whole body.
    """

    person: int
    frame: int
    joint: str = ""


@dataclass(frozen=True, eq=False)
class Track:
    """One person over time.

    Args:
        person: Row of the motion.
        joints: Positions as stored, float64 [T, J, 3]; NaN where not observed.
        seconds: Time of each frame [T]; frames that the source skipped leave a gap.
        topology: What the J joints are.
        flat: Whether depth is unknown.
        height: The person's standing height in the motion's unit; NaN if unknown.
        unit: The unit of length of speeds: 1 (metre), or the height where nothing is metric.
        body: The same person smoothed, with named points.
    """

    person: int
    joints: Array
    seconds: Array
    topology: Topology
    flat: bool
    height: float
    unit: float
    body: Body

    @property
    def observed(self) -> Flags:
        """Which joints were observed, bool [T, J]."""
        return np.isfinite(self.joints[..., 0])

    def spot(self, frame: int, joint: str = "") -> Spot:
        """A place in this track.

        Args:
            frame: Index into the clip.
            joint: Name of the joint or bone; empty for the whole body.
        """
        return Spot(self.person, int(frame), joint)


def extract_tracks(clip: Clip) -> tuple[Track, ...]:
    """The persons of a clip, in its order, without those who are never observed."""
    motion = clip.motion
    joints = motion.joints.astype(np.float64)
    joints[~motion.observed] = np.nan
    flat = motion.topology.dims == 2 or motion.space == "image"
    return tuple(
        Track(
            person=person,
            joints=joints[:, person],
            seconds=_seconds(clip),
            topology=motion.topology,
            flat=flat,
            height=body.stature,
            unit=1.0 if motion.metric else body.stature,
            body=body,
        )
        for person, body in enumerate(extract_bodies(motion))
        if motion.observed[:, person].any()
    )


def _seconds(clip: Clip) -> Array:
    """Times by the numbers of the frames; the usual step between them is one frame."""
    numbers = np.asarray(clip.frame_index, np.float64)
    steps = np.diff(numbers)
    usual = float(np.median(steps)) if len(steps) else 1.0
    if usual <= 0 or (steps <= 0).any():
        numbers, usual = np.arange(len(numbers), dtype=np.float64), 1.0
    return (numbers - numbers[0]) / usual / clip.motion.fps
