"""Rotations over time, on vectors whose way is known."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.rotations import (
    carry_along,
    keep_in_frames,
    measure_heading_frames,
    measure_swings,
    measure_trunk_frames,
    rotate,
)
from tests.skeletonllm.jointed_man import FRAMES, make_body, move

X, Y, Z = np.eye(3)


def test_a_swing_takes_one_direction_to_the_other() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 50, 3))
    turned = rotate(a, measure_swings(a, b))
    size = np.linalg.norm(a, axis=1, keepdims=True) / np.linalg.norm(b, axis=1, keepdims=True)
    assert turned == pytest.approx(b * size)


@pytest.mark.parametrize("direction", [X, Y, Z, np.array([0.6, 0.8, 0.0])])
def test_opposite_directions_have_a_half_turn_between_them(direction: np.ndarray) -> None:
    swing = measure_swings(direction[None], -direction[None])
    assert np.linalg.norm(swing) == pytest.approx(np.pi)
    assert rotate(direction[None], swing)[0] == pytest.approx(-direction)
    if direction[2] == 0:
        assert abs(swing[0] @ Z) == pytest.approx(np.pi)


def test_half_of_a_rotation_is_half_of_its_angle() -> None:
    swing = measure_swings(X[None], Y[None])
    assert rotate(X[None], swing / 2)[0] == pytest.approx(np.array([1, 1, 0]) / np.sqrt(2))


def test_an_unseen_direction_stays_unseen() -> None:
    assert np.isnan(measure_swings(X[None], X[None] * np.nan)).all()
    assert np.isnan(measure_swings(X[None], X[None] * 0.0)).all()


def test_what_a_bone_carries_keeps_its_angle_over_a_whole_raise() -> None:
    angle = np.linspace(0, np.pi, 40)
    arm = np.stack([0 * angle, -np.cos(angle), -np.sin(angle)], 1)
    carried = carry_along(np.array([0.0, -0.6, -0.8]), arm)
    assert np.sum(carried * arm, axis=1) == pytest.approx(0.6)
    assert carried[-1] == pytest.approx([0.0, 0.6, 0.8])


def test_frames_follow_the_trunk_and_the_hips() -> None:
    body = make_body(lean=move(60, 0.3, 1.0))
    trunk, heading = measure_trunk_frames(body), measure_heading_frames(body)
    along = body.point("chest") - body.point("pelvis")
    assert keep_in_frames(along, trunk) == pytest.approx(along)
    assert keep_in_frames(along, heading) == pytest.approx(np.tile(along[0], (FRAMES, 1)))
    for frames in (trunk, heading):
        assert frames.transpose(0, 2, 1) @ frames == pytest.approx(np.tile(np.eye(3), (60, 1, 1)))
        assert np.linalg.det(frames) == pytest.approx(1)
