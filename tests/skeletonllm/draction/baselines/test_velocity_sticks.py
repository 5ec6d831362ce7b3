from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from skeletonllm.draction.baselines.velocity_sticks import SECONDS, colour_joints
from skeletonllm.motion import Motion
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2

from .conftest import distance_to_bones, places, render, still


def test_sticks_lie_on_the_bones_and_nowhere_else(everyone: list[Motion]) -> None:
    for motion in everyone[1:]:
        frame = render("velocity_sticks", motion, [motion.num_frames - 1]).frames[0, 0]
        away = distance_to_bones(motion, motion.num_frames - 1)  # the last frame has no streaks
        assert frame.amax(0)[away < 0.5].median() > 0.6
        assert frame[:, away > 6].max() < 0.01


def test_velocity_is_a_white_streak_to_where_the_joint_will_be(
    waving: Callable[..., Motion],
) -> None:
    motion = waving(KINECT_V2)
    moving = render("velocity_sticks", motion, [0]).frames[0, 0]
    waiting = render("velocity_sticks", replace(motion, fps=0.1), [0]).frames[0, 0]
    added = (moving - waiting).abs().amax(0)
    hand = KINECT_V2.index("right_hand_tip")
    ahead = round(SECONDS * motion.fps)
    here, later = places(motion, 0)[hand], places(motion, ahead)[hand]
    u, v = (0.5 * (here + later)).round().long()
    assert moving[:, v, u].min() > 0.4
    ends = torch.stack([places(motion, t) for t in (0, ahead)])
    rows, columns = (added > 0.02).nonzero().unbind(-1)
    assert len(rows) > 10
    moved = [KINECT_V2.index(f"right_{name}") for name in ("wrist", "hand", "hand_tip")]
    low, high = ends[:, moved].amin((0, 1)) - 5, ends[:, moved].amax((0, 1)) + 5
    assert ((columns >= low[0]) & (columns <= high[0])).all()
    assert ((rows >= low[1]) & (rows <= high[1])).all()


def test_tremor_has_no_streak(waving: Callable[..., Motion]) -> None:
    motion = still(waving(KINECT_V2))
    noise = np.random.default_rng(0).normal(0, 0.003, motion.joints.shape)
    trembling = replace(motion, joints=(motion.joints + noise).astype(np.float32))
    calm = replace(trembling, fps=0.1)
    found, expected = (render("velocity_sticks", m, [0]).frames for m in (trembling, calm))
    assert found.equal(expected)


def test_the_nearer_stick_covers_the_farther(waving: Callable[..., Motion]) -> None:
    motion = still(waving(KINECT_V1))
    joints = motion.joints.copy()
    wrists = [KINECT_V1.index(f"{side}_wrist") for side in ("left", "right")]
    hands = [KINECT_V1.index(f"{side}_hand") for side in ("left", "right")]
    elbows = [KINECT_V1.index(f"{side}_elbow") for side in ("left", "right")]
    for side, sign in ((0, -1), (1, 1)):  # forearms cross before the chest
        joints[:, :, elbows[side]] = [0.3 * sign, 0.15, 2.7]
        joints[:, :, wrists[side]] = [-0.3 * sign, 0.45, 2.7]
        joints[:, :, hands[side]] = [-0.32 * sign, 0.46, 2.7]
    colours = colour_joints(KINECT_V1)
    for front in (0, 1):
        crossed = joints.copy()
        for chain in (elbows, wrists, hands):
            crossed[:, :, chain[front], 2] -= 0.3
        posed = replace(motion, joints=crossed)
        place = places(posed, 0)
        u, v = place[[elbows[front], wrists[front]]].mean(0).round().long()
        pixel = render("velocity_sticks", posed, [0]).frames[0, 0, :, v, u]
        tone = colours[[elbows[front], wrists[front]]].mean(0)
        other = colours[[elbows[1 - front], wrists[1 - front]]].mean(0)
        same, wrong = (torch.cosine_similarity(pixel, c, 0) for c in (tone, other))
        assert same > 0.97 > wrong


def test_far_is_darker_and_the_image_plane_is_not(waving: Callable[..., Motion]) -> None:
    pair = still(waving(KINECT_V2, persons=2))
    joints = pair.joints.copy()
    joints[:, 1, :, 2] += 1.5
    posed = replace(pair, joints=joints)
    frame = render("velocity_sticks", posed, [0]).frames[0, 0]
    head = KINECT_V2.index("head")
    tones = []
    for people in ([0, 1], [1, 0]):
        u, v = places(replace(posed, joints=joints[:, people]), 0)[head].round().long()
        tones.append(frame[:, v, u].amax())
    assert tones[1] < 0.85 * tones[0]
    flat = replace(
        posed,
        joints=posed.joints * np.float32([-150, -150, 0]) + np.float32([320, 240, 0]),
        space="image",
        metric=False,
        image_size=(640, 480),
    )
    drawn = render("velocity_sticks", flat, [0]).frames[0, 0]
    u, v = places(replace(flat, joints=flat.joints[:, [1, 0]]), 0)[head].round().long()
    assert drawn[:, v, u].amax() > 0.9 * colour_joints(KINECT_V2)[head].amax()


def test_sides_have_their_own_colours() -> None:
    for topology in (KINECT_V2, COCO_17):
        wrists = [topology.index(f"{side}_wrist") for side in ("left", "right")]
        left, right = colour_joints(topology)[wrists]
        assert left[2] > left[0]
        assert right[0] > right[2]
