from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.grounding.joint_ridge import FRAMES, JointRidge, flatten_motion
from benchmarks.grounding.negatives import Yardstick, bound_cover, draw_masses
from skeletonllm.synthesis import synthesize


def test_confusion_mass_is_what_wrong_classes_get() -> None:
    yardstick = Yardstick(np.array([[0.7, 0.2, 0.1], [0.5, 0.5, 0.0]]), np.array([0, 1]))
    np.testing.assert_allclose(yardstick.sum_mass(), [[0, 0.2, 0.1], [0.5, 0, 0], [0, 0, 0]])
    drawn = draw_masses(yardstick, 3)
    assert [mass.tolist() for mass in drawn] == [m.tolist() for m in draw_masses(yardstick, 3)]
    bounds = bound_cover(yardstick.sum_mass(), 1)
    assert bounds == {"random": 0.5, "oracle": pytest.approx(0.7 / 0.8)}


def test_the_reference_learns_what_it_is_shown_and_gives_probabilities() -> None:
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 20)
    vectors = np.eye(3)[labels] @ rng.normal(0, 1, (3, 12)) + rng.normal(0, 0.1, (60, 12))
    ridge = JointRidge(vectors, labels, [str(i // 15) for i in range(60)])
    chances = ridge.predict(vectors)
    assert (chances.argmax(axis=1) == labels).mean() > 0.95
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)


def test_place_heading_and_size_do_not_change_what_the_reference_sees() -> None:
    motion = synthesize("hand waving", seed=1, fps=10)
    flat = flatten_motion(motion)
    assert flat.shape == ((motion.joints.shape[2] + 1) * 3 * FRAMES,)
    assert np.isfinite(flat).all()
    angle = 0.8
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    moved = (1.3 * motion.joints @ turn.T + [0.5, 0.0, -1.0]).astype(np.float32)
    np.testing.assert_allclose(flatten_motion(replace(motion, joints=moved)), flat, atol=2e-3)
