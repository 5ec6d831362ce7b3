from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.order import order_key
from skeletonllm.stream.schedule import Schedule, Slots
from skeletonllm.stream.state import StreamState, ViewId, check_state
from tests.skeletonllm.stream.releases import ReleaseId

RELEASE, VIEW = ReleaseId("lab", "1.0.0", "a" * 64), ViewId("all", "b" * 64)
START = StreamState(RELEASE, VIEW, seed=5)
Entry = tuple[int, int, int]


def make_ranks(mixture: Mixture, batch_size: int, world: int) -> list[Schedule]:
    return [
        Schedule(
            mixture,
            RELEASE.sha256,
            VIEW.sha256,
            seed=START.seed,
            batch_size=batch_size,
            rank=rank,
            world_size=world,
        )
        for rank in range(world)
    ]


def entries(slots: Slots) -> list[Entry]:
    real = slots.real
    return list(
        zip(*(x[real].tolist() for x in (slots.part, slots.row, slots.repeat)), strict=True)
    )


def step_rank(
    schedule: Schedule, state: StreamState, steps: int, workers: int
) -> tuple[list[Slots], StreamState]:
    """The next steps of a rank: worker i of k takes steps i, i + k, ... and skips to each."""
    if not workers:
        drawn = []
        for _ in range(steps):
            slots, state = schedule.step(state)
            drawn.append(slots)
        return drawn, state
    own = {
        i: schedule.step(schedule.skip(state, i))
        for worker in range(workers)
        for i in range(worker, steps, workers)
    }
    after = own[steps - 1][1] if steps else state
    return [own[i][0] for i in range(steps)], after


def expected(mixture: Mixture, epoch: int) -> Counter[Entry]:
    key = order_key(RELEASE.sha256, VIEW.sha256, START.seed, epoch)
    columns = mixture.entry(np.arange(len(mixture)), key)
    entries_of_epoch = Counter(zip(*(c.tolist() for c in columns), strict=True))
    assert set(entries_of_epoch.values()) == {1}
    return entries_of_epoch


RUNS = st.lists(
    st.tuples(st.integers(1, 64), st.integers(1, 20), st.integers(0, 4), st.integers(0, 9)),
    min_size=1,
    max_size=6,
)
"""World, batch size, loader workers, and steps until it is stopped."""
PARTS = st.lists(st.tuples(st.integers(1, 700), st.floats(0.1, 3)), min_size=1, max_size=3)


@given(parts=PARTS, runs=RUNS, last=st.integers(1, 64))
@settings(deadline=None, max_examples=25)
def test_every_entry_comes_exactly_once_whatever_stops_and_restarts(
    parts: list[tuple[int, float]], runs: list[tuple[int, int, int, int]], last: int
) -> None:
    mixture = Mixture(*zip(*[(n + 10, w) for n, w in parts], strict=True))
    state, given_out = START, Counter[Entry]()
    for world, batch_size, workers, most in [*runs, (last, 7, 2, 10**9)]:
        ranks = make_ranks(mixture, batch_size, world)
        steps = min(most, ranks[0].steps_left(state))
        drawn = [step_rank(rank, state, steps, workers) for rank in ranks]
        assert {len(slots) for slots, _ in drawn} == {steps}
        given_out.update(e for slots, _ in drawn for one in slots for e in entries(one))
        (after,) = {after for _, after in drawn}
        state = check_state(after.to_json(), START, len(mixture))
        if state.epoch:
            break
    assert (state.epoch, state.position) == (1, 0)
    assert given_out == expected(mixture, 0)


def test_every_entry_of_an_epoch_of_many_windows_comes_exactly_once() -> None:
    mixture = Mixture([70_001, 40_000], [1.7, 1.2])
    state, given_out = START, Counter[Entry]()
    for world, batch_size, most in [(3, 999, 25), (1, 7, 3), (2, 8192, 2), (5, 4000, 10**9)]:
        ranks = make_ranks(mixture, batch_size, world)
        steps = min(most, ranks[0].steps_left(state))
        drawn = [step_rank(rank, state, steps, 0) for rank in ranks]
        given_out.update(e for slots, _ in drawn for one in slots for e in entries(one))
        state = drawn[0][1]
    assert (state.epoch, state.position) == (1, 0)
    assert given_out == expected(mixture, 0)


@given(
    parts=PARTS,
    world=st.integers(1, 64),
    batch_size=st.integers(1, 20),
    place=st.floats(0, 1, exclude_max=True),
    steps=st.integers(0, 50),
)
@settings(deadline=None, max_examples=30)
def test_skipping_is_stepping(
    parts: list[tuple[int, float]], world: int, batch_size: int, place: float, steps: int
) -> None:
    mixture = Mixture(*zip(*[(n + 10, w) for n, w in parts], strict=True))
    (schedule, *_) = make_ranks(mixture, batch_size, world)
    state = start = replace(START, position=int(place * len(mixture)))
    for _ in range(steps):
        _, state = schedule.step(state)
    assert schedule.skip(start, steps) == state
    assert schedule.steps_left(replace(start, position=0)) == schedule.steps_per_epoch


@given(
    count=st.integers(1, 3000), worlds=st.tuples(*[st.integers(1, 40)] * 2), start=st.integers(0)
)
@settings(deadline=None, max_examples=20)
def test_a_step_holds_the_next_positions_whatever_ranks_share_it(
    count: int, worlds: tuple[int, int], start: int
) -> None:
    """The same number of samples a step: the same samples, on any number of ranks."""
    mixture = Mixture([count], [1])
    state = replace(START, position=start % count)
    one, other = (
        [set(step) for step in epoch_of(mixture, batch_size, world, state)]
        for batch_size, world in (worlds, worlds[::-1])
    )
    assert one == other


def epoch_of(
    mixture: Mixture, batch_size: int, world: int, state: StreamState
) -> Iterator[list[Entry]]:
    ranks = make_ranks(mixture, batch_size, world)
    for number in range(ranks[0].steps_left(state)):
        at = ranks[0].skip(state, number)
        yield [entry for rank in ranks for entry in entries(rank.step(at)[0])]


def test_only_the_last_step_has_slots_that_are_not_real_and_all_ranks_share_them() -> None:
    ranks = make_ranks(Mixture([50], [1]), 3, 4)
    for number in range(5):
        at = ranks[0].skip(START, number)
        real = [int(rank.step(at)[0].real.sum()) for rank in ranks]
        assert real == ([3, 3, 3, 3] if number < 4 else [0, 1, 0, 1])
    slots, _ = ranks[0].step(at)
    assert not slots.real.any()
    assert len(slots.row) == 3
    assert 0 <= slots.row.min() <= slots.row.max() < 50


def test_a_rank_reads_whole_blocks_and_shares_few_with_another_node() -> None:
    """40 ranks on 5 nodes: bytes fetched over bytes used, with one fetch a block and node."""
    mixture = Mixture([40_000], [1])
    fetched = set()
    for rank in make_ranks(mixture, 8, 40):
        steps = step_rank(rank, START, rank.steps_per_epoch, 0)[0]
        fetched |= {(rank.rank // 8, block) for one in steps for block in one.block[one.real]}
    assert len(fetched) * 16 / 40_000 < 1.15


def test_the_schedule_is_decided_by_release_view_and_seed() -> None:
    mixture = Mixture([5000], [1])

    def first(release: str = "r", view: str = "v", seed: int = 0) -> list[Entry]:
        schedule = Schedule(mixture, release, view, seed=seed, batch_size=64)
        return entries(schedule.step(START)[0])

    assert first() == first()
    others = [first(), first(release="q"), first(view="w"), first(seed=1)]
    assert len({tuple(other) for other in others}) == 4


def test_what_a_rank_reads_is_frozen() -> None:
    """A change here changes every run that is resumed: name it in the CHANGELOG under ORDER."""
    schedule = make_ranks(Mixture([3000, 2000], [1.25, 2]), 6, 3)[1]
    slots, after = schedule.step(replace(START, epoch=1, position=1234))
    assert slots.part.tolist() == [1, 0, 0, 1, 0, 1]
    assert slots.row.tolist() == [1577, 1682, 908, 819, 1792, 480]
    assert slots.repeat.tolist() == [0, 0, 0, 1, 1, 1]
    assert slots.block.tolist() == [1326, 420, 227, 1636, 826, 1552]
    assert (after.epoch, after.position) == (1, 1252)


@pytest.mark.parametrize(("batch_size", "rank", "world"), [(0, 0, 1), (1, 2, 2), (1, -1, 2)])
def test_impossible_numbers_are_refused(batch_size: int, rank: int, world: int) -> None:
    with pytest.raises(UsageError, match=f"batch_size {batch_size}, rank {rank} of {world}"):
        Schedule(
            Mixture([5], [1]),
            "r",
            "v",
            seed=0,
            batch_size=batch_size,
            rank=rank,
            world_size=world,
        )
