from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.testing.fake_endpoint.journal import CHAT
from skeletonllm.testing.fake_endpoint.judging import (
    count_in_windows,
    find_bought_twice,
    judge_rates,
)

WINDOW = 2.0


def arrive(time: float, sha: str = "", tokens: int = 0) -> dict[str, Any]:
    return {
        "event": "arrive", "path": CHAT, "time": time, "wall": time + 1e9, "sha256": sha,
        "tokens": tokens,
    }  # fmt: skip


def end(time: float, limit: float | None, retry_after: float | None = None) -> dict[str, Any]:
    return {
        "event": "end", "path": CHAT, "time": time, "stated": time, "limit_requests": limit,
        "limit_tokens": limit, "retry_after": retry_after,
    }  # fmt: skip


def evenly(start: float, stop: float, apart: float) -> list[dict[str, Any]]:
    count = round((stop - start) / apart)
    return [arrive(start + n * apart) for n in range(count + 1)]


def judge(log: list[dict[str, Any]], *args: Any, **options: Any) -> tuple[Any, Any]:
    rates = judge_rates(log, *args, window_s=WINDOW, **options)
    return rates.lowest, rates.highest


def test_who_asks_exactly_as_fast_as_permitted_has_all_of_it() -> None:
    log = [*evenly(100.0, 110.0, 0.1), end(100.05, 20)]
    assert judge(log) == (pytest.approx(1.0), pytest.approx(1.0))


def test_who_asks_at_half_the_rate_has_half_of_it() -> None:
    log = [*evenly(100.0, 110.0, 0.2), end(100.05, 20)]
    assert judge(log) == (pytest.approx(0.5), pytest.approx(0.5))


def test_one_slow_window_is_found_and_where_it_is() -> None:
    log = [*evenly(100, 105, 0.1), *evenly(106, 112, 0.1), end(100.05, 20)]
    rates = judge_rates(log, window_s=WINDOW)
    assert rates.lowest == pytest.approx(0.55, abs=0.051)
    assert rates.lowest_at is not None
    assert 103.8 <= rates.lowest_at <= 105.1


def test_a_burst_is_found_even_in_the_first_window() -> None:
    log = [*[arrive(100.0)] * 10, *evenly(100.1, 110, 0.1), end(100.05, 20)]
    rates = judge_rates(log, window_s=WINDOW)
    assert rates.highest == pytest.approx(1.45, abs=0.06)
    assert rates.highest_at is not None
    assert rates.highest_at <= 100.0


def test_a_slow_first_window_is_forgiven() -> None:
    log = [arrive(100.0), *evenly(102.0, 110, 0.1), end(100.05, 20)]
    assert judge(log)[0] == pytest.approx(1.0)


def test_a_pause_that_the_server_asked_for_does_not_count() -> None:
    log = [*evenly(100, 105, 0.1), *evenly(106.1, 112, 0.1), end(100, 20), end(105, 20, 1.0)]
    assert judge(log)[0] >= 0.95
    assert judge(log[:-1])[0] < 0.6


def test_a_pause_counts_from_when_the_client_may_hear_of_its_end() -> None:
    log = [*evenly(100, 105, 0.1), *evenly(106.3, 112, 0.1), end(100, 20), end(105, 20, 1.0)]
    assert judge(log)[0] < judge(log, grace_s=0.2)[0]


def test_seconds_in_which_nothing_waits_do_not_count() -> None:
    log = [*evenly(100, 105, 0.1), *evenly(108.1, 114, 0.1), end(100, 20)]
    waiting = [(100.0, 5), (105.0, 0), (108.0, 3), (114.0, 0)]
    assert judge(log, waiting)[0] >= 0.95
    assert judge_rates(log, waiting, window_s=WINDOW).counted_s == pytest.approx(11)


def test_a_limit_that_falls_counts_from_the_response_that_says_so() -> None:
    log = [*evenly(100, 105, 0.1), *evenly(105.2, 112, 0.2), end(100, 20), end(105, 10)]
    lowest, highest = judge(log)
    assert lowest >= 0.95
    assert highest <= 1.05
    late = judge([*log[:-1], end(107, 10)])
    assert late[0] < 0.6


def test_who_does_not_obey_a_limit_that_falls_is_found() -> None:
    log = [*evenly(100, 112, 0.1), end(100, 20), end(105, 10)]
    assert judge(log)[1] == pytest.approx(2.0)


def test_who_is_early_before_a_limit_falls_and_late_after_it_keeps_each_part() -> None:
    before = [e for e in evenly(100, 104.9, 0.1) if not 103.05 < e["time"] < 103.45]
    early, after = [arrive(104.95)] * 4, evenly(105.55, 112, 0.2)
    rates = judge_rates([*before, *early, *after, end(100, 20), end(105, 10)], window_s=WINDOW)
    assert rates.highest is not None
    assert rates.highest > 1.05
    assert rates.fullest == pytest.approx(1.0)


def test_parts_and_integral_are_the_same_while_the_limit_stays() -> None:
    rates = judge_rates([*evenly(100, 112, 0.1), end(100, 20)], window_s=WINDOW)
    assert rates.fullest == pytest.approx(rates.highest)


def test_tokens_are_judged_by_their_weight() -> None:
    log = [*(arrive(100 + n / 10, tokens=30) for n in range(101)), end(100, 1000)]
    lowest, highest = judge(log, unit="tokens")
    assert lowest == highest == pytest.approx(0.6)


def test_nothing_is_said_without_a_limit_or_within_the_first_window() -> None:
    assert judge([*evenly(100, 110, 0.1), end(100, None)]) == (None, None)
    assert judge([*evenly(100, 103, 0.1), end(100, 20)])[0] is None
    assert judge([]) == (None, None)


def test_requests_are_counted_in_the_windows_that_begin_with_them() -> None:
    log = [arrive(time) for time in (0.0, 1.0, 1.5, 2.0, 9.0)]
    assert count_in_windows(log, 2.0) == [(0.0, 3), (1.0, 3), (1.5, 2), (2.0, 1), (9.0, 1)]


def test_only_a_request_after_its_answer_is_bought_twice() -> None:
    log = [arrive(1.0, "a"), arrive(2.0, "a"), arrive(5.0, "a"), arrive(5.0, "b")]
    assert find_bought_twice(log, {"a": 3.0}, clock="time") == [log[2]]
    assert find_bought_twice(log, {"a": 1e9 + 3.0}) == [log[2]]


def test_a_body_that_is_wanted_twice_may_be_asked_until_its_last_answer() -> None:
    log = [arrive(1.0, "a"), arrive(4.0, "a")]
    assert find_bought_twice(log, {"a": [3.0, 6.0]}, clock="time") == []


def test_a_row_of_a_batch_is_bought_too() -> None:
    row = {"event": "row", "time": 5.0, "wall": 5.0, "sha256": "a"}
    assert find_bought_twice([row], {"a": 3.0}) == [row]
