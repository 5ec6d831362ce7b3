"""What a job will cost, before anything is asked: from a sample of its own requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.tokens import count_input_tokens, published_tokens

SHORT_ANSWER = 250
"""Tokens of a short rationale, three steps; the low end of an answer before any was seen."""
FORMULA_ERROR = 0.15
"""How far formulas of tokens are off: text is counted by its bytes, and endpoints add their own."""
SAMPLE = 24
"""Requests that are made for an estimate: their tokens differ by some percent only."""
SURE = 1.96
"""Standard errors on each side of a mean: 95 of 100 intervals hold it."""


@dataclass(frozen=True)
class Estimate:
    """What is to be expected of a job. Low and high are the ends of an interval.

    Args:
        calls: Requests, if nothing is asked again.
        calls_high: If everything is asked again as often as it may be.
        tokens_in: Input tokens a request, by formula: (low, mean, high).
        tokens_out: Output tokens a request: (low, mean, high).
        usd: Price of the whole job: (low, mean, high).
        published: Input tokens a request of twelve single pictures, as published.
        known: Whether the model has a price; without, a local endpoint is taken as free.
    """

    calls: int
    calls_high: int
    tokens_in: tuple[float, float, float]
    tokens_out: tuple[float, float, float]
    usd: tuple[float, float, float]
    published: int
    known: bool = True

    def to_rows(self) -> dict[str, str]:
        """Lines for people."""
        rows = {
            "requests": f"{self.calls:,} (at most {self.calls_high:,}, where all is asked again)",
            "input tokens a request": _range(self.tokens_in, ",.0f"),
            "as twelve single pictures": f"{self.published:,}, as published",
            "output tokens a request": _range(self.tokens_out, ",.0f"),
            "cost in US dollars": _range(self.usd, ",.2f"),
        }
        free = {"price": "none known: a local endpoint, taken as free"}
        return rows if self.known else {**rows, **free}


def estimate_requests(
    sample: Sequence[ChatRequest], calls: int, turns: int, price: Price, *, batch: bool = False
) -> Estimate:
    """What so many requests of this kind will cost.

    The high end takes every answer at its most tokens and every question asked again; the mean
    takes answers half way between a short one and the longest.

    Args:
        sample: Some of the requests, at least one, drawn from all of the job.
        calls: How many there will be.
        turns: Most questions of one conversation.
        price: Of a million tokens.
        batch: Whether the Batch API is used.

    Example:
        >>> from skeletonllm.endpoint.request import Message, Sampling
        >>> hi = (Message("user", ("Hi",)),)
        >>> asked = ChatRequest("http://h/v1", "gpt-4o", hi, Sampling(), "hi/1")
        >>> estimate_requests([asked], 1000, 1, Price(2.5, 10.0)).calls
        1000
    """
    counted = [count_input_tokens(request) for request in sample]
    mean = fmean(counted)
    error = SURE * stdev(counted) / math.sqrt(len(counted)) if len(counted) > 1 else 0.0
    spread = error + FORMULA_ERROR * mean
    most = max(request.sampling.max_tokens for request in sample)
    ins = (max(mean - spread, 0.0), mean, mean + spread)
    low = min(SHORT_ANSWER, most)
    outs = (float(low), (low + most) / 2, float(most))
    each = [cost(price, round(i), round(o), batch=batch) for i, o in zip(ins, outs, strict=True)]
    usd = (calls * each[0], calls * each[1], calls * turns * each[2])
    published = published_tokens(sample[0].model)
    return Estimate(calls, calls * turns, ins, outs, usd, published, price.known)


def _range(values: tuple[float, float, float], form: str) -> str:
    low, mean, high = values
    return f"about {mean:{form}} ({low:{form}} to {high:{form}})"
