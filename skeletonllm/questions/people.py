"""Who is in a clip, and how a question can say which of two persons it means.

Nobody sees in a picture which row of a motion a person is. So the one of two is named by the place
in the picture, where that is clear from the first frame to the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.kinematics.bodies import Body, extract_bodies
from skeletonllm.kinematics.persons import rank_persons
from skeletonllm.kinematics.signals import finite_quantile
from skeletonllm.motion import Motion

PRESENT = 0.8
"""Share of the frames in which somebody must be seen to be asked about: of who comes and goes, a
tracker may have made two."""
SEEN = 0.2
"""A person in more than this share of the frames is there, and may be meant by a question."""
BESIDE = 0.2
"""Statures, as seen from the sensor, between the middles of two persons of whom one is on the left:
less than a shoulder's width, and their limbs cover each other."""
ALWAYS = 0.98
"""Share of the frames in which the one must be on the left: persons who pass each other swap."""
LEFT, RIGHT = "the person on the left of the picture", "the person on the right of the picture"


@dataclass(frozen=True)
class Cast:
    """The persons who may be asked about.

    Args:
        rows: Of the motion; of two, the one who moves more first.
        places: For two: where in the picture each is, by row; empty where that is not clear.
    """

    rows: tuple[int, ...]
    places: dict[int, str]

    @property
    def are_told_apart(self) -> bool:
        """Whether a question can say whom it means."""
        return len(self.rows) == 1 or bool(self.places)


def find_cast(motion: Motion) -> Cast | None:
    """The one or two persons of a clip; None if there are more, or one who comes and goes.

    Args:
        motion: Any number of person rows.
    """
    share = motion.present.mean(axis=0)
    rows = tuple(int(row) for row in np.flatnonzero(share > SEEN))
    if not 1 <= len(rows) <= 2 or (share[list(rows)] < PRESENT).any():
        return None
    bodies = extract_bodies(motion)
    if not all(np.isfinite(bodies[row].stature) for row in rows):
        return None
    places = _place(motion, rows, bodies) if len(rows) > 1 else {}
    return Cast(tuple(row for row in rank_persons(motion) if row in rows), places)


def _place(motion: Motion, rows: tuple[int, ...], bodies: tuple[Body, ...]) -> dict[int, str]:
    """Where in the picture; a picture of a world has no left before its camera is chosen."""
    if motion.space == "world":
        return {}
    a, b = (_middle(motion, row) for row in rows)
    stature = float(np.mean([bodies[row].stature for row in rows]))
    if motion.space == "image":
        gap = (b[:, 0] - a[:, 0]) / stature  # x grows to the right of the picture
    else:
        depth = (a[:, 2] + b[:, 2]) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = (a[:, 0] / a[:, 2] - b[:, 0] / b[:, 2]) * depth / stature
        if not finite_quantile(depth, 0.0) > 0:
            return {}  # centred at a body: no sensor is before it
    seen = gap[np.isfinite(gap)]
    first = float((seen > BESIDE).mean()) if seen.size else 0.0
    second = float((seen < -BESIDE).mean()) if seen.size else 0.0
    if max(first, second) < ALWAYS:
        return {}
    order = rows if first > second else rows[::-1]
    return dict(zip(order, (LEFT, RIGHT), strict=True))


def _middle(motion: Motion, row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Mean [T, 3] of the seen joints; NaN where none is."""
    seen = motion.observed[:, row, :, None]
    count = seen.sum(axis=1)
    total = np.where(seen, motion.joints[:, row].astype(np.float64), 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
