from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from skeletonllm.corpora.generic.arrays import arrange, arrange_trust
from skeletonllm.corpora.generic.layout import Layout, parse_layout
from skeletonllm.errors import SourceError

A = np.random.default_rng(0).normal(size=(7, 20, 3))
TRUST = np.random.default_rng(1).uniform(size=(7, 20, 1))


def layout(more: str = "") -> Layout:
    return parse_layout(f"topology: kinect_v1\nfps: 30\nunits: m\n{more}")


@pytest.mark.parametrize("order", [*permutations(("frame", "joint", "axis"))])
@pytest.mark.parametrize("flat", [False, True])
def test_any_order_flat_or_not(order: tuple[str, ...], flat: bool) -> None:
    array = A.transpose([("frame", "joint", "axis").index(name) for name in order])
    if flat:
        if order[1] == "frame":
            return  # joints and axes are not beside one another
        shape = (7, 60) if order[0] == "frame" else (60, 7)
        array = array.reshape(shape)
    got = arrange(array, layout(f"order: [{', '.join(order)}]"))
    np.testing.assert_array_equal(got.raw[:, 0], A)
    assert (got.flags, got.trust) == ((), None)


@pytest.mark.parametrize("dtype", ["<f2", ">f4", ">f8", "<i2", "|u1"])
@pytest.mark.parametrize("fortran", [False, True])
def test_any_numbers(dtype: str, fortran: bool) -> None:
    array = (np.abs(A) * 20).astype(dtype)
    array = np.asfortranarray(array) if fortran else array
    np.testing.assert_array_equal(arrange(array, layout()).raw[:, 0], array.astype(np.float64))


def test_flat_rows_are_a_guess_until_the_order_is_said() -> None:
    flat = arrange(A.reshape(7, -1), layout())
    np.testing.assert_array_equal(flat.raw[:, 0], A)
    assert flat.flags == ("order_assumed",)


@pytest.mark.parametrize("flat", [False, True])
def test_confidence_as_the_last_number(flat: bool) -> None:
    array = np.concatenate([A, TRUST], -1)
    array = array.reshape(7, -1) if flat else array
    said = arrange(array, layout("confidence: axis\norder: [frame, joint, axis]"))
    assert said.trust is not None
    np.testing.assert_array_equal(said.trust[:, 0], TRUST[..., 0])
    np.testing.assert_array_equal(said.raw[:, 0], A)
    assert said.flags == ()
    assert "confidence_assumed" in arrange(array, layout()).flags


def test_axes_of_one_and_persons() -> None:
    np.testing.assert_array_equal(arrange(A[:, None], layout()).raw[:, 0], A)
    np.testing.assert_array_equal(arrange(A[None], layout()).raw[:, 0], A)
    two = np.stack([A, A + 1], 1)
    order = "order: [frame, person, joint, axis]"
    np.testing.assert_array_equal(arrange(two, layout(order)).raw, two)
    np.testing.assert_array_equal(arrange(two.reshape(7, 2, -1), layout(order)).raw, two)


def test_some_joints_of_more() -> None:
    more = np.concatenate([np.zeros((7, 5, 3)), A], 1)
    np.testing.assert_array_equal(arrange(more, layout("joint_numbers: 5-24")).raw[:, 0], A)
    with pytest.raises(SourceError, match="joint_numbers up to 24; expected numbers of the 20"):
        arrange(A, layout("joint_numbers: 5-24"))
    with pytest.raises(SourceError, match="joint_numbers: 3 numbers, expected 20"):
        layout("joint_numbers: [0, 1, 2]")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((20, 7, 3), r"order: \[joint, frame, axis\] would fit"),
        ((7, 33, 3), "joint_numbers: says which of the 33 joints, as 0-19"),
        ((7, 20, 2), "with 20 joints and 3 coordinates"),
        ((7, 59), "an array \\(7, 59\\)"),
        ((60,), "an array \\(60,\\)"),
        ((7, 2, 20, 3), "axes frame, joint, axis"),
    ],
)
def test_what_would_fit_is_said(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        arrange(np.zeros(shape), layout())


def test_a_fourth_number_that_is_no_confidence() -> None:
    with pytest.raises(SourceError, match="the last of 4 numbers is not within 0..1"):
        arrange(np.concatenate([A, A[..., :1]], -1), layout())


def test_confidences_beside() -> None:
    raw = arrange(A, layout()).raw
    np.testing.assert_array_equal(arrange_trust(TRUST[..., 0], raw)[:, 0], TRUST[..., 0])
    with pytest.raises(SourceError, match="confidences \\(7, 19\\)"):
        arrange_trust(TRUST[:, 1:, 0], raw)
