from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from skeletonllm.corpora.rigs.rotation_vectors import pose_by_rotation_vectors, to_quaternions


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e-4, 1.0, 3.1, 20.0])
def test_quaternions_are_scipy_s(size: float) -> None:
    vectors = np.random.default_rng(0).normal(0, 1, (50, 3))
    vectors *= size / np.linalg.norm(vectors, axis=-1, keepdims=True)
    found = to_quaternions(vectors).T[:, [1, 2, 3, 0]]
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-12)
    difference = Rotation.from_quat(found).inv() * Rotation.from_rotvec(vectors)
    assert difference.magnitude().max() < 1e-7


def test_turns_are_those_of_the_chain() -> None:
    turns = np.random.default_rng(1).normal(0, 1, (4, 3, 3))
    places, turned = pose_by_rotation_vectors(
        (-1, 0, 1), np.array([[0, 1, 0], [1.0, 0, 0], [0, 0, 2]]), turns
    )
    for t in range(4):
        first, second, third = (Rotation.from_rotvec(turns[t, j]) for j in range(3))
        whole = Rotation.from_quat(turned[t, 2, [1, 2, 3, 0]])
        assert (whole.inv() * first * second * third).magnitude() < 1e-7
        knee = np.array([0, 1, 0]) + first.apply([1, 0, 0])
        np.testing.assert_allclose(places[t, 1], knee, atol=1e-12)
        np.testing.assert_allclose(
            places[t, 2], knee + (first * second).apply([0, 0, 2]), atol=1e-12
        )
