"""Renderers side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora.rigs.bvh_text import parse
from skeletonllm.corpora.rigs.posed_rig import pose, to_motion
from skeletonllm.draction import DrAction, DrActionConfig, save_renderer
from skeletonllm.draction.renderers import RENDERERS, get_renderer
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.testing.rigs import MIXAMO_JOINTS, write_t_pose
from skeletonllm.topology import KINECT_V2
from skeletonllm.visualization.comparison import (
    draw_side_by_side,
    make_comparison_sheet,
    make_renderers,
)
from skeletonllm.visualization.frames import draw_long_motion, draw_motion
from skeletonllm.visualization.sheets import CAPTION_HEIGHT, GAP, to_uint8

CONFIG = DrActionConfig(size=56, patch=14)


def test_all_renderers_or_those_that_are_named(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    assert list(make_renderers(motion, CONFIG)) == list(RENDERERS)
    assert list(make_renderers(motion, CONFIG, ["all"])) == list(RENDERERS)
    every = make_renderers(motion, CONFIG, ["torch_tiles,all"])
    assert list(every) == [*RENDERERS, "torch_tiles"]
    some = make_renderers(motion, CONFIG, ["trajectory_map,draction", "torch_tiles"])
    assert list(some) == ["trajectory_map", "draction", "torch_tiles"]
    assert some["torch_tiles"].config.engine == "torch_tiles"
    with pytest.raises(RenderError, match="unknown renderer 'drawing'; expected one of draction"):
        make_renderers(motion, CONFIG, ["draction", "drawing"])


def test_a_rig_whose_joints_have_names_of_their_own_is_drawn() -> None:
    """``head.top`` and ``left_foot.end`` are no names of parameters, and need not be."""
    file = parse(write_t_pose([*MIXAMO_JOINTS[:3], "HeadTop", *MIXAMO_JOINTS[4:]], 100))
    motion, _ = to_motion(pose(file.chain, file.values, "bvh", "a test"), 30.0, None)
    assert "head.top" in motion.topology.joints
    for renderer in make_renderers(motion, CONFIG, ["all"]).values():
        assert draw_motion(renderer, motion, [0]).max() > 0.1


def test_weights_are_one_more_with_their_own_formula(
    waving: Callable[..., Motion], tmp_path: Path
) -> None:
    save_renderer(DrAction(DrActionConfig(seed=5)), tmp_path / "mine")
    published = DrAction(DrActionConfig(formula="published", camera="sensor"))
    save_renderer(published, tmp_path / "theirs")
    mine = make_renderers(waving(KINECT_V2), CONFIG, ["draction"], tmp_path / "mine")
    assert list(mine) == ["draction", "mine, formula body"]
    fresh, trained = (draw_motion(r, waving(KINECT_V2), [3]) for r in mine.values())
    assert not np.array_equal(fresh, trained)
    theirs = make_renderers(waving(KINECT_V2), CONFIG, ["draction"], tmp_path / "theirs")
    config = theirs["theirs, formula published"].config
    assert (config.camera, config.size, config.patch) == ("sensor", 56, 14)


def test_who_cannot_draw_is_left_out_and_the_log_says_why(
    everyone: list[Motion], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photographed = everyone[3]
    published = DrAction(DrActionConfig(formula="published", camera="sensor"))
    save_renderer(published, tmp_path / "theirs")
    with caplog.at_level(logging.WARNING):
        able = make_renderers(photographed, CONFIG, (), tmp_path / "theirs")
    assert list(able) == list(RENDERERS)
    assert "left out theirs, formula published: camera 'sensor' for clip 0, a pose" in caplog.text
    sensor = DrActionConfig(size=56, patch=14, camera="sensor")
    with pytest.raises(RenderError, match="no renderer can draw this clip. The log says why"):
        make_renderers(photographed, sensor, ["draction", "plain_projection"])


def test_a_sheet_has_a_row_a_renderer_and_a_column_a_frame(waving: Callable[..., Motion]) -> None:
    frames = np.array([0, 4, 9])
    able = make_renderers(waving(KINECT_V2), CONFIG)
    drawn = {name: draw_motion(r, waving(KINECT_V2), frames) for name, r in able.items()}
    made = np.asarray(make_comparison_sheet(drawn, "a wave", frames, 30.0))
    row = CAPTION_HEIGHT + 56 + GAP
    assert made.shape == (CAPTION_HEIGHT + 4 * row + GAP, 3 * (56 + GAP) + GAP, 3)
    for line, pictures in enumerate(drawn.values()):
        top = CAPTION_HEIGHT + GAP + line * row + CAPTION_HEIGHT
        for column, picture in enumerate(to_uint8(pictures)):
            left = GAP + column * (56 + GAP)
            assert (made[top : top + 56, left : left + 56] == picture).all()
        assert made[top - CAPTION_HEIGHT : top].max() > 100
    assert made[:CAPTION_HEIGHT].max() > 100


def test_a_row_holds_every_renderer_under_its_name(waving: Callable[..., Motion]) -> None:
    frames, motion = np.arange(10), waving(KINECT_V2)
    able = make_renderers(motion, CONFIG, ["velocity_sticks,plain_projection"])
    row = draw_side_by_side(able, motion, frames)
    assert row.shape == (10, 56 + CAPTION_HEIGHT, 2 * (56 + GAP), 3)
    for column, renderer in enumerate(able.values()):
        found = row[:, CAPTION_HEIGHT:, column * (56 + GAP) :][:, :, :56]
        assert (found == to_uint8(draw_motion(renderer, motion, frames))).all()
    one = draw_side_by_side({"": able["plain_projection"]}, motion, frames)
    assert one.shape == (10, 56, 56, 3)


def test_a_row_that_is_too_wide_shrinks(
    waving: Callable[..., Motion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skeletonllm.visualization.comparison.WIDEST", 100)
    able = make_renderers(waving(KINECT_V2), CONFIG)
    row = draw_side_by_side(able, waving(KINECT_V2), np.array([2]))
    assert row.shape == (1, 19 + CAPTION_HEIGHT, 4 * (19 + GAP), 3)


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_long_clip_is_drawn_in_parts_as_in_one(
    waving: Callable[..., Motion], recurrent: bool
) -> None:
    config = DrActionConfig(size=28, patch=14, points_per_bone=2, recurrent=recurrent)
    renderer, motion = get_renderer("draction", config), waving(KINECT_V2, 40)
    frames = np.arange(40)
    whole = to_uint8(draw_motion(renderer, motion, frames)).astype(int)
    assert np.abs(draw_long_motion(renderer, motion, frames) - whole).max() <= 1
