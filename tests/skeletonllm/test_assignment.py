"""Pairs are those of scipy, and need no scipy where there is nothing to choose."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from skeletonllm.assignment import pair_by_cost


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0), (1, 1), (1, 4), (3, 1), (3, 5), (6, 4)])
def test_as_scipy_pairs(shape: tuple[int, int]) -> None:
    cost = np.random.default_rng(0).integers(0, 5, shape).astype(np.float64)
    rows, columns = pair_by_cost(cost)
    expected = linear_sum_assignment(cost)
    assert (rows.tolist(), columns.tolist()) == tuple(each.tolist() for each in expected)


def test_one_with_one_does_not_wait_for_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert [x.tolist() for x in pair_by_cost(np.ones((1, 1)))] == [[0], [0]]
    with pytest.raises(ImportError):
        pair_by_cost(np.ones((1, 2)))
