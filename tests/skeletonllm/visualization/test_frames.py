"""Pictures for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skeletonllm.draction import DrAction, DrActionConfig, save_renderer
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V2
from skeletonllm.visualization.frames import (
    choose_engine,
    choose_patch,
    parse_frames,
    render_motion,
    save_png_frames,
)
from skeletonllm.visualization.sheets import to_uint8

CONFIG = DrActionConfig(size=56, patch=14)


def test_render_motion_gives_frames_height_width_colour(waving: Callable[..., Motion]) -> None:
    frames = render_motion(waving(KINECT_V2), CONFIG, [0, 4, 9])
    assert frames.shape == (3, 56, 56, 3)
    assert frames.dtype == np.float32
    assert frames.max() > 0.5


def test_render_motion_uses_the_weights_at_the_size_asked_for(
    waving: Callable[..., Motion], tmp_path: Path
) -> None:
    save_renderer(DrAction(DrActionConfig(seed=9)), tmp_path / "w")
    found = render_motion(waving(KINECT_V2), CONFIG, [2], tmp_path / "w")
    expected = render_motion(waving(KINECT_V2), DrActionConfig(size=56, patch=14, seed=9), [2])
    np.testing.assert_array_equal(found, expected)


def test_weights_of_another_formula_are_refused(
    waving: Callable[..., Motion], tmp_path: Path
) -> None:
    save_renderer(DrAction(DrActionConfig(formula="published")), tmp_path / "w")
    with pytest.raises(RenderError, match="weights of formula 'published'; expected 'body'"):
        render_motion(waving(KINECT_V2), CONFIG, [0], tmp_path / "w")


def test_few_pictures_do_not_wait_for_the_compiled_engine(
    waving: Callable[..., Motion],
) -> None:
    assert (choose_engine(12, 448), choose_engine(13, 896)) == ("torch_tiles", "auto")
    engines = {choose_engine(count, CONFIG.size) for count in (1, 10**6)}
    few, many = (
        render_motion(waving(KINECT_V2), replace(CONFIG, engine=engine), [4]) for engine in engines
    )
    np.testing.assert_allclose(few, many, atol=1e-5)


def test_png_frames_come_back_as_they_were(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).random((2, 5, 6, 3), dtype=np.float32)
    paths = save_png_frames(tmp_path / "new", frames, names=[4, 12])
    assert [path.name for path in paths] == ["frame_00004.png", "frame_00012.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(paths[1])), to_uint8(frames)[1])


def test_frames_are_a_count_or_indices() -> None:
    assert parse_frames("4", 40).tolist() == [5, 15, 25, 35]
    assert parse_frames("4,8", 40).tolist() == [4, 8]
    with pytest.raises(UsageError, match="--frames 'some'; expected a count such as 12"):
        parse_frames("some", 40)


@pytest.mark.parametrize(("size", "patch"), [(448, 28), (56, 28), (60, 20), (29, 1), (0, 1)])
def test_the_largest_patch_that_divides_a_size(size: int, patch: int) -> None:
    assert choose_patch(size) == patch
