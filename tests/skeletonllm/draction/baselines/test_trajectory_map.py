from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction.baselines.trajectory_map import hsv_to_rgb
from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V2

from .conftest import hide, places, render, still

HAND = KINECT_V2.index("right_hand_tip")


def around(point: Tensor, pixels: int = 3) -> tuple[slice, slice]:
    u, v = point.round().long().tolist()
    return slice(max(0, v - pixels), v + pixels + 1), slice(max(0, u - pixels), u + pixels + 1)


def test_who_stands_still_is_dots(waving: Callable[..., Motion]) -> None:
    motion = still(waving(KINECT_V2))
    frames = render("trajectory_map", motion, [0, 9]).frames[0]
    lit = frames.amax(1) > 0.2
    joints = places(motion, 0)
    near = torch.zeros_like(lit[0])
    for joint in joints:
        rows, columns = around(joint)
        assert lit[:, rows, columns].any()
        near[rows, columns] = True
    assert not lit[:, ~near].any()


def test_a_waving_hand_leaves_a_path_up_to_now(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    first, middle, last = render("trajectory_map", motion, [0, 5, 9]).frames[0]
    for step in range(10):
        rows, columns = around(places(motion, step)[HAND], 1)
        assert last[:, rows, columns].amax() > 0.5
        if step <= 5:
            assert middle[:, rows, columns].amax() > 0.5
    rows, columns = around(places(motion, 9)[HAND], 1)
    assert first[:, rows, columns].amax() < 0.05
    assert middle[:, rows, columns].amax() < 0.05


def test_time_is_hue_and_speed_is_brightness(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    last = render("trajectory_map", motion, [9]).frames[0, 0]
    hues = []
    for step in (1, 4, 7):
        rows, columns = around((places(motion, step) + places(motion, step + 1))[HAND] / 2, 0)
        hues.append(colorsys.rgb_to_hsv(*last[:, rows, columns].flatten().tolist())[0])
    assert hues == sorted(hues, reverse=True)
    assert hues[0] - hues[2] > 0.2
    slow = waving(KINECT_V2)
    slow = replace(slow, fps=3.0)
    dull = render("trajectory_map", slow, [9]).frames[0, 0]
    rows, columns = around(places(motion, 4)[HAND], 1)
    assert dull[:, rows, columns].amax() < 0.7 * last[:, rows, columns].amax()


def test_a_gap_breaks_the_path(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    whole = render("trajectory_map", motion, [9]).frames
    broken = motion
    for name in ("wrist", "hand", "hand_tip"):  # one above the other
        for frame in (4, 5):
            broken = hide(broken, frame, KINECT_V2.index(f"right_{name}"))
    found = render("trajectory_map", broken, [9]).frames
    rows, columns = around((places(motion, 4) + places(motion, 5))[HAND] / 2, 0)
    assert whole[0, 0, :, rows, columns].amax() > 0.5
    assert found[0, 0, :, rows, columns].amax() < 0.4
    assert found.isfinite().all()


def test_clips_of_other_lengths_keep_their_own_time(waving: Callable[..., Motion]) -> None:
    short, long = waving(KINECT_V2, 6), waving(KINECT_V2, 15)
    both = render("trajectory_map", [short, long], [5])
    alone = render("trajectory_map", short, [5])
    torch.testing.assert_close(both.frames[0], alone.frames[0], atol=1e-6, rtol=0)


def test_one_frame_is_a_map_of_dots(waving: Callable[..., Motion]) -> None:
    assert render("trajectory_map", waving(KINECT_V2, 1), [0]).frames.amax() > 0.5


@pytest.mark.parametrize("hue", np.linspace(0, 1, 13).tolist())
def test_colours_are_those_of_the_standard_library(hue: float) -> None:
    found = hsv_to_rgb(torch.tensor(hue), torch.tensor(0.7), torch.tensor(0.9))
    torch.testing.assert_close(found, torch.tensor(colorsys.hsv_to_rgb(hue, 0.7, 0.9)))
