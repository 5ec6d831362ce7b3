from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.testing.fake_endpoint.limits import Gate, Limit, Limits, format_wait


def test_requests_over_the_limit_wait_until_the_oldest_leaves_the_window() -> None:
    gate = Gate(Limits((Limit(requests=2),), window_s=10))
    assert [gate.admit(0, now) for now in (0.0, 4.0)] == [0, 0]
    assert gate.admit(0, 5.0) == pytest.approx(5.0)
    assert gate.admit(0, 9.9) == pytest.approx(0.1)
    assert gate.admit(0, 10.0) == 0


def test_real_windows_ask_for_whole_seconds() -> None:
    gate = Gate(Limits((Limit(requests=1),)))
    gate.admit(0, 0.0)
    assert gate.admit(0, 0.5) == 60


def test_tokens_over_the_limit_wait_until_enough_are_free() -> None:
    gate = Gate(Limits((Limit(tokens=100),), window_s=10))
    assert [gate.admit(tokens, now) for tokens, now in ((30, 0.0), (60, 1.0))] == [0, 0]
    assert gate.admit(20, 2.0) == pytest.approx(8.0)
    assert gate.admit(80, 2.0) == pytest.approx(9.0)


def test_a_request_larger_than_the_whole_limit_goes_alone() -> None:
    gate = Gate(Limits((Limit(tokens=100),), window_s=10))
    assert gate.admit(500, 0.0) == 0
    assert gate.admit(1, 1.0) > 0


def test_limits_that_are_not_enforced_are_stated_all_the_same() -> None:
    gate = Gate(Limits((Limit(requests=1),), enforced=False))
    assert [gate.admit(0, now) for now in (0.0, 0.1)] == [0, 0]
    assert gate.state(0.2)["x-ratelimit-remaining-requests"] == "0"


def test_headers_say_limit_rest_and_reset() -> None:
    gate = Gate(Limits((Limit(requests=60, tokens=1000),)))
    gate.admit(250, 0.0)
    assert gate.state(1.5) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "58.5s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "750",
        "x-ratelimit-reset-tokens": "58.5s",
    }


def test_without_limits_there_are_no_headers() -> None:
    gate = Gate(Limits())
    assert gate.admit(10**9, 0.0) == 0
    assert gate.state(0.0) == {}


def test_limits_change_after_seconds_or_requests() -> None:
    steps = (Limit(100), Limit(50, after_s=10), Limit(20, after_requests=30))
    limits = Limits.from_json({"steps": [vars(step) for step in steps], "window_s": 5})
    assert [limits.at(*now).requests for now in ((0, 0), (9, 29), (10, 0), (0, 30))] == [
        100,
        100,
        50,
        20,
    ]
    assert limits.window_s == 5


def test_a_changed_limit_counts_from_the_response_that_says_so() -> None:
    gate = Gate(Limits((Limit(4), Limit(1, after_s=1)), window_s=10))
    assert gate.admit(0, 0.0) == 0
    assert gate.admit(0, 2.0) == 0  # nobody was told
    assert gate.state(2.1)["x-ratelimit-limit-requests"] == "1"
    assert gate.admit(0, 2.2) > 0  # half of the window is taken; a whole one does not fit


def test_limits_that_begin_later_only_are_refused() -> None:
    with pytest.raises(UsageError, match="from the start"):
        Limits((Limit(1, after_s=5),))


def test_a_limit_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(UsageError, match="a limit of 0"):
        Limits((Limit(tokens=0),))


def test_waits_are_written_as_the_endpoint_writes_them() -> None:
    written = [format_wait(s) for s in (0, 0.0006, 1, 59.9996, 60, 3661.25)]
    assert written == ["0ms", "1ms", "1s", "1m0s", "1m0s", "1h1m1.25s"]
