from __future__ import annotations

import pytest

from skeletonllm.prompts.frames import WHOLE, name_stretch, number_frames


def test_frames_are_numbered_from_one() -> None:
    assert number_frames(2) == "Frame1: <image>\nFrame2: <image>\n"


@pytest.mark.parametrize(
    ("stretch", "frames", "said"),
    [
        (WHOLE, 12, ""),
        ((0.0, 0.95), 4, ""),  # it reaches into every segment
        ((0.5, 1.0), 4, " from Frame3 to Frame4"),
        ((0.3, 0.4), 4, " in Frame2"),
        ((0.0, 0.7), 10, " from Frame1 to Frame7"),  # 0.7 * 10 is more than 7
        ((1.0, 1.0), 4, " in Frame4"),
        ((0.4, 0.4), 4, " in Frame2"),
        ((0.2, 0.3), 1, ""),
    ],
)
def test_a_stretch_is_told_in_frames(stretch: tuple[float, float], frames: int, said: str) -> None:
    assert name_stretch(stretch, frames) == said
