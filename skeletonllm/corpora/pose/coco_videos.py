"""Are the images of a folder the frames of a video? COCO's form has no word for it.

Numbers alone are no evidence: pictures of a data set are numbered too. In a video they run evenly,
and those who are in one frame are about where they were in the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from skeletonllm.corpora.pose.detections import Pose

VIDEO_ASSUMED = "video_assumed"
"""Flag: that images are frames of a video follows from their numbers and from who is in them."""

FEWEST_FRAMES = 3
STILL = 0.25
"""How far people move from one frame to the next at most, in sizes of their bodies."""


def is_video(images: Sequence[tuple[int | None, Sequence[Pose]]]) -> bool:
    """Whether images are frames of a video: evenly numbered, and people stay where they were.

    Args:
        images: Number and people of each.
    """
    known = sorted((number, i) for i, (number, _) in enumerate(images) if number is not None)
    steps = {b - a for (a, _), (b, _) in pairwise(known)}
    if len(known) < max(len(images), FEWEST_FRAMES) or len(steps) > 1 or steps == {0}:
        return False
    ordered = [images[i][1] for _, i in known]
    moved = [distance for a, b in pairwise(ordered) for distance in _moves(a, b)]
    return len(moved) * 2 >= len(images) and float(np.median(moved)) <= STILL


def _moves(before: Sequence[Pose], after: Sequence[Pose]) -> Iterator[float]:
    """How far each person is from the nearest one before, as a share of the body's size."""
    for pose in after:
        size = float(np.linalg.norm(np.ptp(pose.joints[pose.score > 0], axis=0)))
        apart = [
            float(np.linalg.norm((pose.joints - other.joints)[both], axis=-1).mean())
            for other in before
            if len(other.score) == len(pose.score)
            and (both := (pose.score > 0) & (other.score > 0)).any()
        ]
        if apart and size > 0:
            yield min(apart) / size
