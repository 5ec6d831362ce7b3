from __future__ import annotations

import hashlib

import numpy as np
import pytest

from skeletonllm.stream.order import LANES, Order, order_key, size_block

IDENTITY = {"release": "r", "view": "v", "seed": 0, "epoch": 0}


def make_order(count: int, **identity: object) -> Order:
    return Order(count, order_key(**{**IDENTITY, **identity}))  # type: ignore[arg-type]


def epoch(count: int, **identity: object) -> np.ndarray:
    return make_order(count, **identity)[np.arange(count)]


SIZES = [1, 2, 63, 64, 65, 120, 1000, 5000, 70_001, 98_303, 98_305, 300_007]


@pytest.mark.parametrize("count", SIZES)
def test_is_a_permutation_of_any_size(count: int) -> None:
    order = make_order(count)
    line = order[np.arange(count)]
    assert len(order) == count
    assert line.dtype == np.int64
    np.testing.assert_array_equal(np.sort(line), np.arange(count))


def test_any_positions_are_found_without_the_others() -> None:
    whole = epoch(300_007)
    positions = np.random.default_rng(0).integers(0, 300_007, (40, 5))
    np.testing.assert_array_equal(make_order(300_007)[positions], whole[positions])


def test_is_decided_by_release_view_seed_and_epoch_and_by_each_of_them() -> None:
    same = epoch(1000)
    np.testing.assert_array_equal(same, epoch(1000))
    for other in ({"release": "q"}, {"view": "w"}, {"seed": 1}, {"epoch": 1}):
        assert (epoch(1000, **other) != same).mean() > 0.98


def test_the_order_is_frozen() -> None:
    """A change here changes every run that is resumed: name it in the CHANGELOG under ORDER."""
    digest = hashlib.sha256(epoch(300_007).astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "d9bf7c6feb726868"
    assert epoch(8).tolist() == [0, 3, 4, 5, 6, 1, 7, 2]
    far = make_order(10**8)[np.array([0, 1, 99_999_999])]
    assert far.tolist() == [31441942, 56746376, 53752613]


def test_neighbours_in_the_order_come_from_all_over_a_small_release() -> None:
    """Sorted by class, as releases are: the first batches must not be the first classes."""
    line = np.stack([epoch(120, epoch=e) for e in range(400)])
    assert abs(line[:, :24].mean() - 59.5) < 2  # uniform: 59.5, standard error 0.34
    always = [set(row[:24].tolist()) for row in line]
    assert not set.intersection(*always)


def test_neighbours_in_the_order_come_from_all_lanes() -> None:
    order = make_order(300_007)
    lanes = order.lanes(np.arange(40_960)).reshape(-1, LANES)
    np.testing.assert_array_equal(np.sort(lanes), np.tile(np.arange(LANES), (160, 1)))
    few = np.sort(order.lanes(np.arange(70, 134)))  # not aligned to anything
    assert np.diff(few).max() <= 3 * LANES // 64


def test_a_lane_reads_few_blocks_and_each_of_them_wholly() -> None:
    order = make_order(262_144)
    first_window = np.arange(65_536)
    line, lanes = order[first_window], order.lanes(first_window)
    for lane in (0, 17, 255):
        entries = line[lanes == lane]
        blocks, times = np.unique(entries // order.block, return_counts=True)
        assert (len(entries), len(blocks)) == (256, 16)
        assert set(times) == {16}
        assert (np.diff(entries) == 1).mean() < 0.03  # shuffled


@pytest.mark.parametrize("count", [262_144, 300_007])
def test_every_window_has_its_share_of_every_class(count: int) -> None:
    """Of 120 classes in a row, each is in each window as often as in another, but for a block."""
    order = make_order(count)
    windows = np.arange(count) * 4 // count if count == 262_144 else None
    classes = epoch(count) * 120 // count
    if windows is None:
        windows = np.searchsorted(order._starts, np.arange(count), side="right") - 1
    shares = np.histogram2d(windows, classes, bins=(windows.max() + 1, 120))[0]
    assert (shares.max(axis=0) - shares.min(axis=0)).max() <= 2 * order.block


@pytest.mark.parametrize("classes", [20, 120])
def test_no_class_is_absent_for_much_longer_than_in_a_full_permutation(classes: int) -> None:
    count = 57_000
    labels = np.arange(count) * classes // count

    def longest_absence(line: np.ndarray) -> int:
        places = (np.flatnonzero(labels[line] == label) for label in range(classes))
        return max(int(np.diff([-1, *at, count]).max()) for at in places)

    full = np.mean([longest_absence(np.random.default_rng(s).permutation(count)) for s in range(3)])
    for seed in range(3):
        assert longest_absence(epoch(count, seed=seed)) <= 1.5 * full


def test_blocks_grow_with_the_release_and_divide_the_largest() -> None:
    assert [size_block(n) for n in (1, 2047, 2048, 5000, 16_384, 10**9)] == [1, 1, 2, 4, 16, 16]
