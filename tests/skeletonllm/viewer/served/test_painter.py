from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from skeletonllm.draction.sampling import sample_frames
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.viewer.drawing import make_untrained
from skeletonllm.viewer.served.painter import FRAMES, SIZE, RendererPainter
from skeletonllm.visualization.frames import draw_motion
from skeletonllm.visualization.sheets import to_uint8


@pytest.fixture(scope="module")
def clip() -> Any:
    return make_clip(synthesize("throw", seed=1), clip_id="lab/a b&c", label="throw")


def test_pictures_are_those_of_the_renderer_and_drawn_once(clip: Any) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(make_untrained())
        return made[-1]

    painter = RendererPainter({"untrained": make})
    assert made == []
    pictures = [painter.draw(3, clip, "untrained", i) for i in range(FRAMES)]
    assert len(made) == 1
    frames = sample_frames(clip.motion.num_frames, FRAMES)
    expected = to_uint8(draw_motion(made[0], clip.motion, frames))
    for picture, drawn in zip(pictures, expected, strict=True):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(picture))), drawn)
    assert expected.shape == (FRAMES, SIZE, SIZE, 3)
    with pytest.raises(UsageError, match="frame 12"):
        painter.draw(3, clip, "untrained", FRAMES)


def test_the_page_is_told_where_pictures_are_and_when(clip: Any) -> None:
    (told,) = RendererPainter({"a b": make_untrained}).list_pictures(7, clip)
    assert told["name"] == "a b"
    assert told["frames"][2] == "/api/picture?row=7&renderer=a+b&frame=2"
    assert abs(told["fps"] * clip.motion.duration_s - FRAMES) < 0.01


def test_a_short_clip_has_no_more_pictures_than_frames(clip: Any) -> None:
    short = make_clip(clip.motion.select_frames([0, 5, 9]), clip_id="lab/short")
    (told,) = RendererPainter({"x": make_untrained}).list_pictures(0, short)
    assert len(told["frames"]) == 3
    assert RendererPainter({"x": make_untrained}).draw(0, short, "x", 2).startswith(b"\x89PNG")
