"""The breaker: an outage costs one probe at a time, and chance failures cost nothing."""

from __future__ import annotations

import asyncio
import pickle
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from skeletonllm.endpoint.breaker import FAILURES, Breaker
from skeletonllm.errors import EndpointError

Clock = Callable[[], float]


def open_it(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        breaker.fail("503")


def test_twenty_failures_in_a_row_open_it_and_nineteen_do_not() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.fail("503")
    assert not breaker.is_open
    breaker.succeed()
    for _ in range(FAILURES - 1):
        breaker.fail("503")
    assert not breaker.is_open
    breaker.fail("503")
    assert breaker.is_open
    assert breaker.opened == 1


def test_a_third_of_failures_by_chance_does_not_open_it() -> None:
    breaker, chance = Breaker(), random.Random(0)
    for _ in range(100_000):
        breaker.fail("500") if chance.random() < 0.3 else breaker.succeed()
    assert breaker.opened == 0


def test_an_open_one_lets_one_probe_through_at_a_time_at_growing_distances(
    in_virtual_time: Any,
) -> None:
    probes: list[float] = []
    at_once = [0, 0]

    async def main(clock: Clock) -> None:
        breaker = Breaker(give_up_s=200, clock=clock)
        open_it(breaker)

        async def one() -> None:
            while True:
                probe = await breaker.pass_through()
                assert probe
                probes.append(clock() - 1000)
                at_once[0] += 1
                at_once[1] = max(at_once)
                await asyncio.sleep(1.0)
                at_once[0] -= 1
                breaker.fail("no connection", probe=probe)

        with pytest.raises(EndpointError, match=r"no request has succeeded for 2\d\d s; .*no conn"):
            await asyncio.gather(*(one() for _ in range(5)))

    in_virtual_time(main)
    assert at_once[1] == 1
    apart = [b - a for a, b in pairwise(probes)]
    assert probes[0] == pytest.approx(2, abs=0.3)
    assert apart == sorted(apart)
    assert apart[:3] == pytest.approx([5, 9, 17], abs=0.5)
    assert max(apart) <= 61.5


def test_a_success_closes_it_for_all_who_wait(in_virtual_time: Any) -> None:
    async def main(clock: Clock) -> None:
        breaker = Breaker(clock=clock)
        open_it(breaker)
        waiting = [asyncio.create_task(breaker.pass_through()) for _ in range(9)]
        await asyncio.sleep(2.5)
        assert [task.result() for task in waiting if task.done()] == [True]
        breaker.succeed()
        told = await asyncio.gather(*waiting)
        assert sorted(told) == [False] * 8 + [True]
        assert clock() < 1003
        assert await breaker.pass_through() is False

    in_virtual_time(main)


def test_late_failures_of_others_neither_end_a_probe_nor_put_the_next_one_off(
    in_virtual_time: Any,
) -> None:
    async def main(clock: Clock) -> None:
        breaker = Breaker(clock=clock)
        open_it(breaker)
        await asyncio.sleep(1.9)
        breaker.fail("a request that was sent before")
        assert await breaker.pass_through()
        assert clock() < 1002.5
        breaker.fail("another one")
        second = asyncio.create_task(breaker.pass_through())
        await asyncio.sleep(100)
        assert not second.done()
        breaker.fail("the probe itself", probe=True)
        assert await second
        assert clock() == pytest.approx(1106.4, abs=0.5)

    in_virtual_time(main)


def test_a_probe_that_was_never_sent_lets_another_one_go(in_virtual_time: Any) -> None:
    async def main(clock: Clock) -> None:
        breaker = Breaker(clock=clock)
        open_it(breaker)
        assert await breaker.pass_through()
        breaker.give_back()
        assert await asyncio.wait_for(breaker.pass_through(), 5)

    in_virtual_time(main)


def test_who_waits_is_told_when_there_is_nothing_to_wait_for(in_virtual_time: Any) -> None:
    def check() -> None:
        raise RuntimeError("the end")

    async def main(clock: Clock) -> None:
        breaker = Breaker(clock=clock)
        open_it(breaker)
        with pytest.raises(RuntimeError, match="the end"):
            await breaker.pass_through(check)

    in_virtual_time(main)


def test_an_idle_hour_before_an_outage_is_not_part_of_it() -> None:
    now = [0.0]
    breaker = Breaker(give_up_s=600, clock=lambda: now[0])
    breaker.succeed()
    now[0] = 3600.0
    open_it(breaker)  # within a moment: no reason to end a job
    now[0] = 4150.0
    breaker.fail("503", probe=True)
    now[0] = 4201.0
    with pytest.raises(EndpointError, match="no request has succeeded for 601 s; the last: 503"):
        breaker.fail("503", probe=True)


def test_refusals_for_now_do_not_open_it_but_end_the_job_in_the_end() -> None:
    now = [0.0]
    breaker = Breaker(give_up_s=600, clock=lambda: now[0])
    for second in range(0, 601, 10):
        now[0] = float(second)
        breaker.refuse("429")
        assert not breaker.is_open
    now[0] = 611.0
    with pytest.raises(EndpointError, match="the last: 429"):
        breaker.refuse("429")


def test_giving_up_names_what_to_do_and_survives_pickling() -> None:
    now = [0.0]
    breaker = Breaker(give_up_s=1, clock=lambda: now[0])
    open_it(breaker)
    now[0] = 5.0
    with pytest.raises(EndpointError, match=r"no request .* 503.*run the same command") as raised:
        breaker.fail("503")
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
