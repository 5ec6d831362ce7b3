from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.order import order_key


def key(epoch: int) -> bytes:
    return order_key("r", "v", 0, epoch)


def rows_of(mixture: Mixture, epoch: int = 0) -> np.ndarray:
    """[entries, 3]: part, row, repeat."""
    return np.stack(mixture.entry(np.arange(len(mixture)), key(epoch)), axis=1)


@given(
    parts=st.lists(
        st.tuples(st.integers(0, 3000), st.floats(0, 4, allow_nan=False)), min_size=1, max_size=4
    ),
    epoch=st.integers(0, 5),
)
@settings(deadline=None, max_examples=80)
def test_an_epoch_holds_the_copies_that_the_weights_ask_for_each_once(
    parts: list[tuple[int, float]], epoch: int
) -> None:
    whole = sum(n * math.floor(w) + round((w - math.floor(w)) * n) for n, w in parts)
    if not whole:
        with pytest.raises(UsageError, match="give an epoch of 0; expected 1 to"):
            Mixture(*zip(*parts, strict=True))
        return
    mixture = Mixture(*zip(*parts, strict=True))
    found = rows_of(mixture, epoch)
    assert len(mixture) == whole == len(np.unique(found, axis=0))
    for part, (count, weight) in enumerate(parts):
        mine = found[found[:, 0] == part]
        copies = math.floor(weight)
        for repeat in range(copies):
            rows = np.sort(mine[mine[:, 2] == repeat, 1])
            np.testing.assert_array_equal(rows, np.arange(count))
        extra = mine[mine[:, 2] == copies, 1]
        assert len(np.unique(extra)) == len(extra) == round((weight - copies) * count)
        assert extra.size == 0 or 0 <= extra.min() <= extra.max() < count
        assert len(mine) == copies * count + len(extra)


def test_weights_of_one_leave_every_row_in_place_and_alone() -> None:
    found = rows_of(Mixture([64], [1]))
    np.testing.assert_array_equal(found[:, 1], np.arange(64))
    assert not found[:, 0].any()
    assert not found[:, 2].any()


def test_entries_are_found_in_any_shape_and_without_the_others() -> None:
    mixture = Mixture([100, 50_000], [1.5, 0.3])
    some = np.random.default_rng(0).integers(0, len(mixture), (30, 7))
    whole = rows_of(mixture)
    np.testing.assert_array_equal(np.stack(mixture.entry(some, key(0)), axis=-1), whole[some])


def test_other_epochs_choose_other_rows_and_each_row_is_as_likely_as_another() -> None:
    mixture = Mixture([100], [0.3])
    times = np.zeros(100, dtype=int)
    for epoch in range(1000):
        times += np.bincount(rows_of(mixture, epoch)[:, 1], minlength=100)
    assert times.sum() == 30_000
    assert 230 < times.min() <= times.max() < 370  # 300 expected, standard error 14.5


def test_the_last_rows_of_a_large_part_are_chosen_as_often_as_the_others() -> None:
    """They do not fill a block: 20,007 rows are 1,250 blocks of 16 and 7 rows."""
    mixture = Mixture([20_007], [0.25])
    last = sum((rows_of(mixture, epoch)[:, 1] >= 20_000).sum() for epoch in range(400))
    assert 500 < last < 900  # 700 expected, standard error at most 61


def test_a_part_that_is_chosen_from_is_chosen_by_blocks_and_from_all_over() -> None:
    rows = rows_of(Mixture([32_768], [0.25]))[:, 1].reshape(-1, 16)
    steps = np.diff(rows, axis=1)
    assert (steps == 1).mean() > 0.99  # but for the block over the end
    gaps = np.diff(np.sort(rows[:, 0]))
    assert gaps.max() <= 2 * 4 * 16  # a class of neighbours has its share


def test_blocks_of_entries_are_neighbours_of_one_part() -> None:
    mixture = Mixture([20_007, 30_001], [2, 1.4])
    part, row, repeat = (column.reshape(-1) for column in rows_of(mixture).T)
    whole = len(mixture) // 16 * 16
    blocks = [column[:whole].reshape(-1, 16) for column in (part, row, repeat)]
    torn = sum(
        1
        for one in zip(*blocks, strict=True)
        if len(set(one[0])) > 1 or len(set(one[2])) > 1 or np.ptp(one[1]) != 15
    )
    assert torn <= 4  # what the copies leave over, and one block over the end of its part


@pytest.mark.parametrize("weight", [-1, -0.1, math.nan, math.inf, -math.inf])
def test_an_impossible_weight_is_refused_with_its_part(weight: float) -> None:
    with pytest.raises(UsageError, match=f"part 1: weight {weight} of 5 samples; expected a num"):
        Mixture([5, 5], [1, weight])


def test_an_empty_or_endless_epoch_and_a_missing_weight_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"weights \[0, 0.0\] of parts of \[5, 7\] samples give an"
    ):
        Mixture([5, 7], [0, 0.0])
    with pytest.raises(UsageError, match="give an epoch of 50000000000000000"):
        Mixture([5], [1e16])
    with pytest.raises(UsageError, match="0 weights; expected one for each of 1 parts"):
        Mixture([1], [])
    with pytest.raises(UsageError, match="part 0: weight 1 of -3 samples"):
        Mixture([-3], [1])


def test_a_part_of_weight_zero_is_left_out() -> None:
    assert set(rows_of(Mixture([9, 20, 9], [0, 1, 0.5]))[:, 0]) == {1, 2}


def test_the_choice_is_frozen() -> None:
    """A change here changes every run that is resumed: name it in the CHANGELOG under ORDER."""
    part, row, repeat = rows_of(Mixture([9, 6], [0.5, 1.5])).T.tolist()
    assert part == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert row == [8, 1, 4, 7, 0, 1, 2, 3, 4, 5, 3, 5, 0]
    assert repeat == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    large = Mixture([10**9], [0.25]).entry(np.array([0, 10**8, 249_999_999]), key(0))[1]
    assert large.tolist() == [822233404, 222233372, 822233355]
