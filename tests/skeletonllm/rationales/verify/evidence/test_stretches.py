from __future__ import annotations

import numpy as np

from skeletonllm.rationales.verify.evidence.stretches import (
    find_masked,
    find_stretches,
    find_valleys,
    goes_back,
    share_seen,
)
from skeletonllm.rationales.verify.intervals import Interval, Rise

ALL = Interval(0, 9)
DIPS = np.array([3, 1, 0, 2, 3, 1, 1.5, 1, 0, 4], float)


def test_dips_have_a_peak_on_both_sides() -> None:
    assert find_valleys(DIPS, ALL, 1.0) == [(0, 2, 4), (4, 8, 9)]
    assert find_valleys(DIPS, Interval(0, 2), 1.0) == []
    assert find_valleys(-DIPS, ALL, 1.0) == [(2, 4, 8)]


def test_unseen_frames_are_left_out_and_lower_the_share() -> None:
    holes = DIPS.copy()
    holes[[3, 5]] = np.nan
    assert find_valleys(holes, ALL, 1.0) == [(0, 2, 4), (4, 8, 9)]
    assert share_seen(holes, ALL) == 0.8


def test_a_stretch_lasts_longer_than_what_begins_it() -> None:
    found = find_stretches(DIPS < 1, DIPS < 2.5, ALL)
    assert found == [(2, 3), (8, 8)]
    assert find_stretches(DIPS > 2, DIPS > 2, ALL) == [(0, 0), (4, 4), (9, 9)]


def test_what_falls_by_more_than_the_rise_goes_back() -> None:
    rise = Rise(4, 8, 2.0)
    assert goes_back(DIPS, rise)
    assert not goes_back(DIPS / 2, rise)
    assert not goes_back(-DIPS, rise)
    assert not goes_back(np.full(10, np.nan), rise)


def test_masked_stretches_have_a_first_and_a_last_frame() -> None:
    assert find_masked(DIPS < 1.2) == [(1, 2), (5, 5), (7, 8)]
    assert find_masked(DIPS > 9) == []
