"""Joints that go from one frame to the next faster than a human can."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from skeletonllm.quality.tracks import Array, Spot, Track
from skeletonllm.topology import Topology

BODY_SPEED = 12.0
"""Metres a second that no trunk, head, elbow or knee exceeds: the fastest sprinter runs 12.3. Lower
limits find sport; higher ones miss a person number that passes to somebody else nearby."""
END_SPEED = 20.0
"""Metres a second that no hand or foot exceeds: feet kick a ball at 16 to 22 (Lees et al., The
biomechanics of soccer, J Sports Sci 2010), boxers' fists reach about 10."""
ADULT = 1.7
"""Height in metres by which these become body heights a second where a motion has no unit."""


@dataclass(frozen=True)
class Jumps:
    """The speeds of one person.

    Args:
        frames: In how many frames a joint arrived too fast.
        speed: Of the joint that comes nearest to its limit or exceeds it the most, in metres, or
            body heights, a second.
        of_limit: The same as a share of the limit; above 1 is a jump.
        at: Where; without a joint if most of the body went too fast, as at a cut.
    """

    frames: int
    speed: float
    of_limit: float
    at: Spot


def detect_jumps(track: Track) -> Jumps | None:
    """The fastest joint of a person; None if no joint was observed twice, or no size is known.

    Speeds are between neighbouring frames, in metres (or body heights) a second.
    """
    limits = speed_limits(track.topology) / (1.0 if track.unit == 1.0 else ADULT)
    way = np.linalg.norm(np.diff(track.joints, axis=0), axis=-1) / track.unit  # [T - 1, J]
    speed: Array = way / np.diff(track.seconds)[:, None]
    shares = np.nan_to_num(speed / limits, nan=-1.0)
    if not (shares >= 0).any():
        return None
    step, joint = (int(i) for i in np.unravel_index(shares.argmax(), shares.shape))
    all_at_once = np.median(shares[step, shares[step] >= 0]) > 1
    return Jumps(
        frames=int((shares > 1).any(1).sum()),
        speed=float(speed[step, joint]),
        of_limit=float(shares[step, joint]),
        at=track.spot(
            _odd_frame(shares[:, joint], step), "" if all_at_once else track.topology.joints[joint]
        ),
    )


def _odd_frame(shares: Array, step: int) -> int:
    """Which end of a step is out of place: the one from which, or to which, it leaps as well."""
    before, after = (shares[i] if 0 <= i < len(shares) else -1.0 for i in (step - 1, step + 1))
    return step if before > max(after, shares[step] / 2) else step + 1


@cache
def speed_limits(topology: Topology) -> Array:
    """Highest speed of each joint, float64 [J], in metres a second."""
    # 0.8 of an arm is the wrist and 0.9 of a leg the ankle; eyes and ears are on no side.
    ends = [spot.side != "centre" and spot.along >= 0.8 for spot in topology.places]
    return np.where(ends, END_SPEED, BODY_SPEED)
