from __future__ import annotations

import pytest

from skeletonllm.rationales.verify.evidence.counts import (
    find_happenings_fault,
    find_miscount,
    says_at_some_time,
    says_somewhere,
)
from skeletonllm.rationales.verify.intervals import Interval

WHOLE, TIGHT = Interval(0, 99), Interval(10, 30)


@pytest.mark.parametrize(
    ("told", "seen"), [(1, 1), (2, 2), (3, 3), (3, 4), (4, 3), (6, 7), (12, 13), (14, 16)]
)
def test_many_may_be_one_or_a_seventh_off(told: int, seen: int) -> None:
    assert find_miscount(told, seen) == ""


@pytest.mark.parametrize(
    ("told", "seen"), [(1, 2), (2, 1), (2, 3), (3, 2), (3, 5), (6, 8), (12, 14), (14, 17)]
)
def test_few_are_exact_and_many_not_far_off(told: int, seen: int) -> None:
    assert find_miscount(told, seen) == f"it happens {seen} times"


def test_half_a_cycle_is_within_half_of_it() -> None:
    assert find_miscount(2, 1.5, 0.5) == find_miscount(2, 2.5, 0.5) == ""
    assert find_miscount(2, 3.0, 0.5) == "it happens 3 times"


def test_once_names_no_number_where_no_time_is_named() -> None:
    assert says_somewhere(WHOLE, 100)
    assert says_at_some_time(WHOLE, 100)
    assert says_somewhere(Interval(10, 80), 100)
    assert not says_at_some_time(Interval(10, 80), 100)
    assert not says_somewhere(TIGHT, 100)
    assert find_happenings_fault(1, 3, WHOLE, 100) == ""
    assert find_happenings_fault(1, 3, TIGHT, 100) == "it happens 3 times"
    assert find_happenings_fault(1, 0, WHOLE, 100) == "it happens 0 times"
    assert find_happenings_fault(2, 3, WHOLE, 100) == "it happens 3 times"
