from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.gravity import estimate_levelling


def standing(tilt_deg: float, people: int = 20) -> np.ndarray:
    angle = np.radians(tilt_deg)
    return np.tile([0.0, 1.4 * np.cos(angle), -1.4 * np.sin(angle)], (people, 1))


@pytest.mark.parametrize("tilt", [-20.0, 5.0, 25.0])
def test_the_tilt_is_undone_by_a_rotation(tilt: float) -> None:
    turn = estimate_levelling(standing(tilt))
    np.testing.assert_allclose(turn @ standing(tilt)[0], (0, 1.4, 0), atol=1e-9)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_one_who_leans_does_not_outvote_those_who_stand() -> None:
    turn = estimate_levelling(np.concatenate([standing(10), standing(30, people=5)]))
    np.testing.assert_allclose(turn, estimate_levelling(standing(10)))


@pytest.mark.parametrize("shown", [standing(50), standing(10, people=3), np.full((20, 3), np.nan)])
def test_what_is_no_tilt_changes_nothing(shown: np.ndarray) -> None:
    np.testing.assert_array_equal(estimate_levelling(shown), np.eye(3))
