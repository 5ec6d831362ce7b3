from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.pose.coco_videos import is_video
from skeletonllm.corpora.pose.detections import Pose


def at(x: float, y: float = 0.0) -> Pose:
    rows = np.stack([np.arange(17.0), 3 * np.arange(17.0)], -1)
    return Pose(rows + np.array((x, y)), np.ones(17))


@pytest.mark.parametrize(
    ("numbers", "places", "expected"),
    [
        ([1, 2, 3, 4], [0, 3, 6, 9], True),
        ([4, 3, 2, 1], [9, 6, 3, 0], True),
        ([10, 20, 30, 40], [0, 3, 6, 9], True),
        ([1, 2, 3, 4], [0, 300, 20, 700], False),
        ([1, 2, 3, 5], [0, 3, 6, 9], False),
        ([1, 2], [0, 3], False),
        ([1, 1, 1], [0, 0, 0], False),
        ([1, None, 3], [0, 3, 6], False),
    ],
)
def test_numbers_run_evenly_and_people_stay(
    numbers: list[int | None], places: list[float], expected: bool
) -> None:
    images = [(n, [at(x), at(x, 900)]) for n, x in zip(numbers, places, strict=True)]
    assert is_video(images) == expected


def test_pictures_of_nobody_are_no_video() -> None:
    assert not is_video([(n, []) for n in range(9)])
    assert not is_video([(n, [at(0)] if n < 3 else []) for n in range(9)])
