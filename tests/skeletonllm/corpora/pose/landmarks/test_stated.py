from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.corpora.pose.landmarks.stated import rate_of, size_of, time_of


@pytest.mark.parametrize(
    ("content", "rate"),
    [
        ({"fps": 25}, 25.0),
        ({"ticksPerSecond": 10}, 10.0),
        ({"metadata": {"frame_rate": "29.97"}}, 29.97),
        ({"video": {"fps": 0}}, None),
        ({"fps": True}, None),
        ({"fps": 1e9}, None),
        ([1], None),
    ],
)
def test_rates(content: Any, rate: float | None) -> None:
    assert rate_of(content) == rate


@pytest.mark.parametrize(
    ("content", "size"),
    [
        ({"width": 1920, "height": 1080}, (1920, 1080)),
        ({"info": {"frame_width": 640, "frame_height": 480}}, (640, 480)),
        ({"resolution": "1280x720"}, (1280, 720)),
        ({"image_size": [1280, 720]}, (1280, 720)),
        ({"imageSize": {"width": 10, "height": 20}}, (10, 20)),
        ({"image_size": [720, 1280, 3]}, None),
        ({"width": 0.5, "height": 0.5}, None),
        ({"size": "large"}, None),
        ({}, None),
    ],
)
def test_sizes(content: Any, size: tuple[int, int] | None) -> None:
    assert size_of(content) == size


def test_times() -> None:
    assert [time_of(value) for value in ("1.5", 2, True, "a", None)] == [1.5, 2.0, None, None, None]
