from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.generic.missing import find_missing


def poses(*values: float) -> np.ndarray:
    """Four frames of two joints; the first joint of the second frame has the values."""
    raw = np.arange(24.0).reshape(4, 2, 3) + 100
    raw[1, 0, : len(values)] = values
    return raw


@pytest.mark.parametrize(
    ("values", "declared", "lost"),
    [
        ((np.nan,), (), True),
        ((-1, -1, -1), (-1.0,), True),
        ((-1, -1), (-1.0,), False),
        ((0, 0, 0), (0.0,), True),
        ((0, 0, 0), (), False),
        ((9999,), (9999.0,), True),
        ((-9999, 5, 5), (-9999.0,), True),
        ((-1, -1, -1), (), False),
    ],
)
def test_declared(values: tuple[float, ...], declared: tuple[float, ...], lost: bool) -> None:
    missing, flags = find_missing(poses(*values), declared)
    assert (missing[1, 0], missing.sum(), flags) == (lost, int(lost), ())


@pytest.mark.parametrize("mark", [-1, 9999, -9999, 999])
def test_usual_marks_are_missing_and_said_where_nothing_is_declared(mark: float) -> None:
    missing, flags = find_missing(poses(mark, mark, mark), None)
    assert (missing[1, 0], missing.sum(), flags) == (True, 1, ("missing_assumed",))
    missing, flags = find_missing(poses(mark, mark), None)
    assert (missing.sum(), flags) == (0, ())


def test_zeros_stay_and_are_said_unless_they_are_a_root() -> None:
    missing, flags = find_missing(poses(0, 0, 0), None)
    assert (missing.sum(), flags) == (0, ("zeros_kept",))
    rooted = poses()
    rooted[:, 0] = 0
    missing, flags = find_missing(rooted, None)
    assert (missing.sum(), flags) == (0, ())
