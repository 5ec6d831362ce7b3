"""The limiter: never above a limit in any sixty seconds, and hardly below it while any wait."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from skeletonllm.endpoint.limiter import RateLimiter

Clock = Callable[[], float]
Sent = list[tuple[float, float]]
WINDOW = 60.0


async def send(limiter: RateLimiter, clock: Clock, seconds: float, sizes: Any, sent: Sent) -> None:
    """Ask without a break for so many seconds."""
    end = clock() + seconds
    while clock() < end:
        tokens = next(sizes)
        await limiter.acquire(tokens)
        sent.append((clock(), tokens))


def find_extremes(sent: Sent, weigh: Callable[[float, float], float]) -> tuple[float, float]:
    """Least and greatest sum in any window that lies within the time of the requests."""
    times = [at for at, _ in sent]
    sums = []
    for start in [*times, *(at + 1e-6 for at in times)]:
        if start + WINDOW <= times[-1]:
            sums.append(sum(weigh(*one) for one in sent if start <= one[0] < start + WINDOW))
    return min(sums), max(sums)


def requests(_at: float, _tokens: float) -> float:
    return 1.0


def tokens(_at: float, tokens: float) -> float:
    return tokens


@pytest.mark.parametrize(
    ("limit", "of_tokens", "binding"),
    [(60, None, "requests"), (600, None, "requests"), (600, 1e9, "requests"),
     (None, 100_000, "tokens"), (1000, 60_000, "tokens"), (90, 60_000, "requests")],
)  # fmt: skip
def test_a_limit_is_filled_and_never_exceeded_in_any_window(
    in_virtual_time: Any, limit: float | None, of_tokens: float | None, binding: str
) -> None:
    chance, sent = random.Random(1), []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(limit, of_tokens, clock=clock)
        sizes = (chance.randint(100, 900) for _ in itertools.count())
        await send(limiter, clock, 190, sizes, sent)

    in_virtual_time(main)
    low, high = find_extremes(sent, requests)
    assert limit is None or high <= limit
    assert binding != "requests" or low >= 0.95 * limit
    low, high = find_extremes(sent, tokens)
    assert of_tokens is None or high <= of_tokens
    assert binding != "tokens" or low >= 0.95 * of_tokens


@pytest.mark.parametrize("seed", range(4))
def test_stalls_of_our_own_never_lead_above_a_limit(in_virtual_time: Any, seed: int) -> None:
    chance, sent = random.Random(seed), []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(120, 40_000, clock=clock)
        sizes = (chance.choice([10, 300, 3000]) for _ in itertools.count())
        while clock() < 1600:
            await send(limiter, clock, chance.uniform(0, 30), sizes, sent)
            await asyncio.sleep(chance.choice([0.3, 3, 20, 70]))

    in_virtual_time(main)
    assert find_extremes(sent, requests)[1] <= 120
    assert find_extremes(sent, tokens)[1] <= 40_000


def test_after_a_short_stall_what_was_missed_is_made_up_for(in_virtual_time: Any) -> None:
    sent: Sent = []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(300, clock=clock)
        for _ in range(4):
            await send(limiter, clock, 40, itertools.repeat(1), sent)
            await asyncio.sleep(4)

    in_virtual_time(main)
    low, high = find_extremes(sent, requests)
    assert high <= 300
    assert low >= 0.9 * 300  # a window may begin and end within a stall
    whole = [at for at, _ in sent if 1000 <= at < 1120]
    assert len(whole) >= 0.95 * 600


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_limit_that_changes_counts_at_once(in_virtual_time: Any, factor: float) -> None:
    sent: Sent = []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(clock=clock)
        limiter.learn(300, None)
        await send(limiter, clock, 100, itertools.repeat(1), sent)
        limiter.learn(300 * factor, None)
        await send(limiter, clock, 130, itertools.repeat(1), sent)

    in_virtual_time(main)

    def weigh(at: float, _: float) -> float:
        return 1 / (300 if at < 1100 else 300 * factor)

    low, high = find_extremes(sent, weigh)
    assert high <= 1.0 + 1 / 300
    assert low >= 0.95
    soon = sum(1100.5 <= at < 1110.5 for at, _ in sent)
    assert soon == pytest.approx(10 * 300 * factor / 60, rel=0.06)


def test_what_was_sent_before_the_first_limit_was_known_counts_under_it(
    in_virtual_time: Any,
) -> None:
    sent: Sent = []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(clock=clock)
        for _ in range(40):
            await limiter.acquire(10)
            sent.append((clock(), 10))
        await asyncio.sleep(1)
        limiter.learn(60, None)
        await send(limiter, clock, 120, itertools.repeat(10), sent)

    in_virtual_time(main)
    assert find_extremes(sent, requests)[1] <= 60


@pytest.mark.parametrize("learned", [False, True])
def test_what_a_killed_run_sent_counts_also_where_the_limit_is_learned_later(
    in_virtual_time: Any, learned: bool
) -> None:
    sent: Sent = [(1000.0 - ago, 10) for ago in range(59, 0, -1)]

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(None if learned else 60, clock=clock)
        limiter.remember((clock() - at, size) for at, size in reversed(list(sent)))
        if learned:
            await limiter.acquire(10)
            sent.append((clock(), 10))
            limiter.learn(60, None)
        await send(limiter, clock, 130, itertools.repeat(10), sent)

    in_virtual_time(main)
    low, high = find_extremes(sent, requests)
    assert high <= 60
    assert low >= 57


def test_an_idle_limiter_has_forgotten_what_was_long_ago(in_virtual_time: Any) -> None:
    async def main(clock: Clock) -> None:
        limiter = RateLimiter(60, clock=clock)
        await send(limiter, clock, 70, itertools.repeat(1), [])
        await asyncio.sleep(61)
        assert limiter.requests.count() == 0
        before = clock()
        await limiter.acquire(1)
        assert clock() == before

    in_virtual_time(main)


def test_a_pause_holds_all_back_and_a_shorter_one_does_not_end_it(in_virtual_time: Any) -> None:
    async def main(clock: Clock) -> None:
        limiter = RateLimiter(clock=clock)
        limiter.pause(30)
        limiter.pause(2)
        waiting = [asyncio.create_task(limiter.acquire(1)) for _ in range(3)]
        await asyncio.sleep(29)
        assert limiter.waiting == 3
        assert not any(task.done() for task in waiting)
        limiter.pause(20)  # also where they wait already
        await asyncio.gather(*waiting)
        assert clock() == pytest.approx(1049)
        assert limiter.waiting == 0

    in_virtual_time(main)


def test_shares_of_one_limit_together_stay_within_it(in_virtual_time: Any) -> None:
    sent: Sent = []

    async def main(clock: Clock) -> None:
        shares = [RateLimiter(None, None, share, clock=clock) for share in (0.25, 0.75)]
        for limiter in shares:
            limiter.learn(400, 1e6)
        await asyncio.gather(*(send(s, clock, 150, itertools.repeat(1), sent) for s in shares))

    in_virtual_time(main)
    low, high = find_extremes(sorted(sent), requests)
    assert 0.95 * 400 <= low <= high <= 400


def test_a_request_larger_than_the_limit_goes_alone_and_others_wait_it_out(
    in_virtual_time: Any,
) -> None:
    async def main(clock: Clock) -> None:
        limiter = RateLimiter(None, 1000, clock=clock)
        await limiter.acquire(500)
        await limiter.acquire(2500)
        oversize = clock()
        assert oversize == pytest.approx(1060, abs=1)
        await limiter.acquire(10)
        assert clock() - oversize >= 60
        await limiter.acquire(10)
        assert clock() - oversize < 200  # but not for ever

    in_virtual_time(main)


def test_learned_limits_never_exceed_those_of_the_user_and_nonsense_is_ignored() -> None:
    limiter = RateLimiter(100, None, share=0.5)
    for said in (1000, 0, -5, math.nan, None):
        limiter.learn(said, said)
        assert limiter.requests.limit == 50
    assert limiter.tokens.limit == 500
    limiter.learn(60, None)
    assert (limiter.requests.limit, limiter.tokens.limit) == (30, 500)
    limiter.learn(1000, None)
    assert limiter.requests.limit == 50


def test_first_come_first_served_and_who_is_cancelled_uses_nothing(in_virtual_time: Any) -> None:
    order: list[int] = []

    async def main(clock: Clock) -> None:
        limiter = RateLimiter(60, clock=clock)
        await limiter.acquire(1)

        async def one(number: int) -> None:
            await limiter.acquire(1)
            order.append(number)

        tasks = [asyncio.create_task(one(number)) for number in range(6)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == [1, 2, 4, 5]
        assert limiter.requests.count() == pytest.approx(5 / 60)
        assert limiter.waiting == 0

    in_virtual_time(main)


def test_who_waits_is_told_when_there_is_nothing_to_wait_for(in_virtual_time: Any) -> None:
    async def main(clock: Clock) -> None:
        limiter = RateLimiter(clock=clock)
        limiter.pause(3600)
        ended = asyncio.Event()

        def check() -> None:
            if ended.is_set():
                raise RuntimeError("the end")

        tasks = [asyncio.create_task(limiter.acquire(1, check)) for _ in range(50)]
        await asyncio.sleep(5)
        ended.set()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert {str(one) for one in told} == {"the end"}
        assert clock() < 1007

    in_virtual_time(main)
