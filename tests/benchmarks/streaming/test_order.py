from __future__ import annotations

import numpy as np

from benchmarks.streaming.order import measure_absence


def test_absence_counts_before_the_first_between_and_after_the_last() -> None:
    classes = np.array([0, 0, 0, 1, 1, 2])
    assert measure_absence(np.arange(6), classes) == 5  # class 2 comes last of six
    assert measure_absence(np.array([5, 3, 0, 1, 4, 2]), classes) == 5  # and here first
    assert measure_absence(np.array([0, 3, 5, 1, 4, 2]), classes) == 3  # after the third
    assert measure_absence(np.array([0, 3, 1, 4, 2]), classes) == 1
