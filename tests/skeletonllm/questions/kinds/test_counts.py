from __future__ import annotations

import pytest

from skeletonllm.questions.kinds.counts import MOST, choose_numbers


@pytest.mark.parametrize("right", range(1, MOST + 1))
def test_other_numbers_are_so_far_away_that_nobody_can_mistake_them(right: int) -> None:
    """As the judge counts: one and two are exact, from three on one more or less is right."""
    rows = {choose_numbers(right, draw) for draw in range(20)}
    for row in rows:
        assert right in row
        assert list(row) == sorted(set(row))
        assert all(n == right or abs(n - right) >= 2 or min(n, right) <= 2 for n in row)


def test_the_place_of_the_right_number_is_not_given_away() -> None:
    places = {
        right: {choose_numbers(right, draw).index(right) for draw in range(20)}
        for right in range(2, 8)
    }
    assert all(len(found) > 1 for found in places.values()), places
