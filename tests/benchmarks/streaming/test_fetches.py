from __future__ import annotations

import numpy as np
import pytest

from benchmarks.streaming.fetches import Epoch, _measure_blocks
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.schedule import Schedule
from skeletonllm.stream.state import StreamState, ViewId
from tests.skeletonllm.stream.releases import ReleaseId


@pytest.mark.parametrize(("count", "world", "batch_size"), [(20_000, 11, 16), (17_001, 40, 9)])
def test_fetches_are_those_of_the_ranks_of_a_schedule(
    count: int, world: int, batch_size: int
) -> None:
    needed = set()
    for rank in range(world):
        schedule = Schedule(
            Mixture([count], [1]),
            "release",
            "view",
            seed=0,
            batch_size=batch_size,
            rank=rank,
            world_size=world,
        )
        state = StreamState(ReleaseId("", "", ""), ViewId("", ""), seed=0)
        while state.epoch == 0:
            slots, state = schedule.step(state)
            needed |= {(block, rank // 8) for block in slots.block[slots.real].tolist()}
    counted = Epoch(count).list_fetches(world, batch_size)
    assert set(zip(*(column.tolist() for column in counted), strict=True)) == needed


def test_spans_of_a_block_end_at_tars_and_at_large_gaps() -> None:
    kept = np.array([0, 1, 5, 300, 511, 512, 513, 514])
    spans, requests = _measure_blocks(kept, 4, 256)
    assert spans.tolist() == [6 + 1, 1 + 3]
    assert requests.tolist() == [2, 2]
    spans, requests = _measure_blocks(kept, 8, 0)
    assert spans.tolist() == [8]
    assert requests.tolist() == [5]
