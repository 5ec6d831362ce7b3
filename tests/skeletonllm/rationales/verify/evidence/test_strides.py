from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.bodies import Body
from skeletonllm.rationales.verify.evidence.strides import (
    Stride,
    find_lifts,
    find_strides,
    find_walks,
)
from skeletonllm.synthesis import synthesize


@pytest.fixture
def walker() -> Body:
    return extract_bodies(synthesize("walk around", subject=3, seed=3, side="right"))[0]


def test_a_walker_sets_one_foot_before_the_other(walker: Body) -> None:
    walk = max(find_walks(find_strides(walker), walker.fps), key=len)
    assert len(walk) >= 4
    sides = [stride.side for stride in walk]
    assert all(a != b for a, b in pairwise(sides))


def test_lifts_are_in_order_and_go_nowhere(walker: Body) -> None:
    lifts = find_lifts(walker)
    assert [lift.start for lift in lifts] == sorted(lift.start for lift in lifts)
    assert not any(lift.shift.any() for lift in lifts)


def test_a_halt_or_the_same_foot_ends_a_walk() -> None:
    strides = [_stride(*args) for args in (("left", 0), ("right", 10), ("right", 20), ("left", 90))]
    walks = find_walks(strides, fps=30.0)
    assert [[stride.start for stride in walk] for walk in walks] == [[0, 10], [20], [90]]


def _stride(side: str, start: int) -> Stride:
    return Stride(side, start, start + 8, np.zeros(3), 0.05)
