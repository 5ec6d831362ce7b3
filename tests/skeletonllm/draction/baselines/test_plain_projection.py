from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V2

from .conftest import distance_to_bones, places, render


def test_lines_lie_on_the_bones_and_nowhere_else(everyone: list[Motion]) -> None:
    for motion in everyone[1:]:  # one person each
        lit = render("plain_projection", motion, [5]).frames[0, 0].amax(0)
        away = distance_to_bones(motion, 5)
        assert lit[away < 0.5].min() > 0.6
        assert lit[away > 5].max() < 0.01


def test_all_is_white_and_a_joint_is_a_dot(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    frame = render("plain_projection", motion, [3]).frames[0, 0]
    assert frame[0].equal(frame[1])
    assert frame[0].equal(frame[2])
    u, v = places(motion, 3)[KINECT_V2.index("left_knee")].round().long()
    assert frame[0, v, u - 3 : u + 4].sum() > 1.3 * frame[0, v + 9, u - 3 : u + 4].sum()


def test_velocity_is_not_shown(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2)
    moving = render("plain_projection", motion, [0]).frames
    slowly = render("plain_projection", replace(motion, fps=1.0), [0]).frames
    assert moving.equal(slowly)


def test_lines_are_of_one_thickness(waving: Callable[..., Motion]) -> None:
    near = waving(KINECT_V2, persons=2)
    joints = near.joints.copy()
    joints[:, 1] += [0.3, 0, 1.5]
    frame = render("plain_projection", replace(near, joints=joints), [0]).frames[0, 0, 0]
    thickness = []
    for person in (0, 1):
        alone = replace(near, joints=joints[:, [1, 0]]) if person else replace(near, joints=joints)
        u, v = places(alone, 0)[KINECT_V2.index("right_knee")]
        _, low = places(alone, 0)[KINECT_V2.index("right_ankle")]
        row, middle = ((v + low) / 2).round().long(), u.round().long()
        thickness.append(frame[row, middle - 4 : middle + 5].sum())
    torch.testing.assert_close(thickness[0], thickness[1], rtol=0.1, atol=0)
