from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from skeletonllm.corpora.rigs.bvh_text import parse
from skeletonllm.corpora.rigs.forward_kinematics import (
    MAX_LINKS,
    MAX_PLACES,
    Link,
    check_chain,
    euler_to_quaternions,
    forward,
    inverse,
    multiply_quaternions,
    rotate_vectors,
)
from skeletonllm.errors import SourceError
from skeletonllm.testing.rigs import Rig, count_channels, pose_by_loop, write_bvh
from skeletonllm.testing.strategies import rigs


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rig=rigs(), frames=st.integers(1, 4), seed=st.integers(0, 999))
def test_it_agrees_with_matrices_frame_by_frame(rig: Rig, frames: int, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-200, 200, (frames, count_channels(rig)))
    file = parse(write_bvh(rig, values))
    places, turned = forward(file.chain, file.values)
    expected, matrices = pose_by_loop(rig, values)
    np.testing.assert_allclose(places.transpose(2, 0, 1), expected, atol=1e-5)
    found = Rotation.from_quat(turned.transpose(2, 0, 1).reshape(-1, 4), scalar_first=True)
    np.testing.assert_allclose(found.as_matrix().reshape(matrices.shape), matrices, atol=1e-7)


def test_axes_of_its_own_turn_and_turn_back() -> None:
    """Acclaim's C M C^-1, against matrices."""
    link = Link("a", -1, turns=((0, 0), (2, 1)), axes=euler_to_quaternions("xyz", (10, 20, 30)))
    values = np.radians([[40.0, 50.0]])
    (turned,) = forward((link,), values)[1]
    own = Rotation.from_euler("xyz", [10, 20, 30], degrees=True)
    expected = own * Rotation.from_euler("XZ", values[0]) * own.inv()
    found = Rotation.from_quat(turned[:, 0], scalar_first=True)
    assert (found * expected.inv()).magnitude() < 1e-9


def test_a_position_channel_replaces_only_its_part_of_the_offset() -> None:
    link = Link("a", -1, (1.0, 2.0, 3.0), moves=((1, 0),))
    assert forward((link,), np.array([[7.0]]))[0][0, :, 0].tolist() == [1.0, 7.0, 3.0]


def test_a_turn_and_its_inverse_are_nothing() -> None:
    turn = euler_to_quaternions("zyx", (12, 34, 56))
    assert multiply_quaternions(turn, inverse(turn)) == pytest.approx([1, 0, 0, 0])
    back = rotate_vectors(np.array(turn)[:, None], np.array([[1.0], [2.0], [3.0]]))
    there = rotate_vectors(np.array(inverse(turn))[:, None], back)
    np.testing.assert_allclose(there[:, 0], [1, 2, 3])


@pytest.mark.parametrize(
    ("links", "frames", "code"),
    [
        (1, 0, "no_frames"),
        (MAX_LINKS + 1, 1, "unsafe"),
        (2, MAX_PLACES, "unsafe"),
    ],
)
def test_sizes_are_refused_before_they_are_allocated(links: int, frames: int, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        check_chain([Link("a", -1)] * links, frames)
    assert caught.value.code == code
