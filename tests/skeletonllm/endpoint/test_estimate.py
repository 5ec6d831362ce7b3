"""Estimates: intervals in order, never below nothing, and the high end is an upper bound."""

from __future__ import annotations

import pytest

from skeletonllm.endpoint.estimate import estimate_requests
from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.tokens import count_input_tokens

PRICE = Price(2.5, 10.0)


def make(text: str, most: int = 1200) -> ChatRequest:
    sampling = Sampling(max_tokens=most)
    return ChatRequest("http://h/v1", "gpt-4o", (Message("user", (text,)),), sampling, "p/1")


def test_ends_are_in_order_and_hold_the_plain_product() -> None:
    found = estimate_requests([make("x" * n) for n in (300, 400, 500)], 1000, 2, PRICE)
    assert (found.calls, found.calls_high) == (1000, 2000)
    for low, mean, high in (found.tokens_in, found.tokens_out, found.usd):
        assert 0 <= low < mean < high
    counted = count_input_tokens(make("x" * 400))
    assert found.tokens_in[1] == pytest.approx(counted)
    assert found.usd[0] < 1000 * cost(PRICE, counted, 500) < found.usd[2]
    assert found.usd[2] >= 2000 * cost(PRICE, counted, 1200)


def test_a_wide_sample_gives_a_wide_interval_but_no_negative_price() -> None:
    found = estimate_requests([make("x"), make("x" * 100_000)], 10, 1, PRICE)
    assert found.tokens_in[0] == 0
    assert found.usd[0] >= 0


def test_batches_cost_half_and_short_limits_hold() -> None:
    whole = estimate_requests([make("x", 100)], 10, 1, PRICE)
    half = estimate_requests([make("x", 100)], 10, 1, PRICE, batch=True)
    assert half.usd == pytest.approx([0.5 * usd for usd in whole.usd])
    assert whole.tokens_out == (100, 100, 100)


def test_the_longest_answer_of_all_requests_counts_for_the_high_end() -> None:
    found = estimate_requests([make("x", 100), make("x", 900)], 10, 1, PRICE)
    assert found.tokens_out[2] == 900


def test_rows_are_for_people() -> None:
    rows = estimate_requests([make("x")], 12345, 1, PRICE).to_rows()
    assert rows["requests"].startswith("12,345 ")
    assert "(" in rows["cost in US dollars"]
