from __future__ import annotations

import hashlib

import numpy as np
import pytest

from skeletonllm.stream.order import BLOCK, LANES, order_samples


def epoch(count: int, **identity: object) -> np.ndarray:
    return order_samples(count, **{"release": "r", "view": "v", "seed": 0, "epoch": 0, **identity})  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 120, 1000, 5000, 70_001, 300_000])
def test_is_a_permutation_of_any_size(count: int) -> None:
    line = epoch(count)
    assert line.dtype == np.int64
    np.testing.assert_array_equal(np.sort(line), np.arange(count))


def test_is_decided_by_release_view_seed_and_epoch_and_by_each_of_them() -> None:
    same = epoch(1000)
    np.testing.assert_array_equal(same, epoch(1000))
    for other in ({"release": "q"}, {"view": "w"}, {"seed": 1}, {"epoch": 1}):
        assert (epoch(1000, **other) != same).mean() > 0.98


def test_the_order_is_frozen() -> None:
    """A change here changes every run that is resumed: name it in the CHANGELOG under ORDER."""
    digest = hashlib.sha256(epoch(70_001).astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "095a1444028f4e3d"
    assert epoch(8).tolist() == [3, 2, 5, 4, 6, 1, 7, 0]


def test_neighbours_in_the_order_come_from_all_over_a_small_release() -> None:
    """Sorted by class, as releases are: the first batches must not be the first classes."""
    line = np.stack([epoch(120, epoch=e) for e in range(400)])
    assert abs(line[:, :24].mean() - 59.5) < 2  # uniform: 59.5, standard error 0.34
    always = [set(row[:24].tolist()) for row in line]
    assert not set.intersection(*always)


def test_a_lane_stays_near_in_the_tars_while_a_batch_does_not() -> None:
    line = epoch(300_000)
    lanes = [line[lane::LANES] for lane in (0, 17, 63)]
    for lane in lanes:
        blocks = set(lane[:1024] // BLOCK)
        assert len(blocks) <= 6  # a window of 4 blocks, cut at its ends
    assert len(set((line[:LANES] // BLOCK).tolist())) >= 60


def test_within_a_window_samples_are_shuffled() -> None:
    lane = epoch(300_000)[5::LANES][:1024]
    assert (np.diff(lane) == 1).mean() < 0.01
