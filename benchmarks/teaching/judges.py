"""What the server's log and the answers say of a run: pure, so that the tests can try it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.teaching.asking import Plan, make_request
from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.testing.fake_endpoint.journal import CHAT, Event, hash_body
from skeletonllm.testing.fake_endpoint.replies import echo_label, make_completion


@dataclass(frozen=True)
class Bill:
    """What a provider would ask for, by its own log.

    Args:
        sure_usd: For answers that were made.
        perhaps_usd: For those that may have been made: hangs, broken connections.
    """

    sure_usd: float
    perhaps_usd: float


def describe_requests(plan: Plan, price: Price) -> dict[str, tuple[str, float]]:
    """SHA-256 of each request's body -> key of the request, and the true price of its answer.

    Args:
        plan: Of the requests.
        price: Of a million tokens.
    """
    known = {}
    for number in range(plan.requests):
        request = make_request(plan, number)
        body = request.body()
        usage = make_completion(body, echo_label(body), "")["usage"]
        usd = cost(price, usage["prompt_tokens"], usage["completion_tokens"])
        known[hash_body(body)] = (request.key, usd)
    return known


def add_up_bill(log: Iterable[Event], usd: Mapping[str, float]) -> Bill:
    """The bill of a log. A fault spoils an answer and not its price.

    Args:
        log: Events.
        usd: SHA-256 of a body -> price of its answer.
    """
    sums = {"yes": 0.0, "maybe": 0.0}
    for event in log:
        if event["event"] == "end" and event["path"] == CHAT and event["billed"] in sums:
            # The body may not have come whole before its client was killed: nothing was asked.
            sums[event["billed"]] += usd.get(event["sha256"], 0.0)
    return Bill(sums["yes"], sums["maybe"])


def count_unknown(log: Iterable[Event], usd: Mapping[str, float]) -> int:
    """Answers billed for bodies that nobody can name: any, and the other figures say nothing.

    Args:
        log: Events.
        usd: SHA-256 of a body -> price of its answer.
    """
    billed = (e for e in log if e["event"] == "end" and e.get("billed") == "yes")
    return sum(e["sha256"] not in usd for e in billed)


def count_at_once(log: Iterable[Event]) -> int:
    """The most requests that the server had at one moment."""
    steps = []
    for event in log:
        if event["path"] == CHAT:
            steps.append((event["time"], 1 if event["event"] == "arrive" else -1))
    most = now = 0
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    return most


def count_outcomes(answers: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many answers ended in which way, the most frequent first."""
    names = [answer["outcome"] for answer in answers]
    return {name: names.count(name) for name in sorted(set(names), key=names.count, reverse=True)}


def find_differences(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Numbers of the requests whose answers differ. Their keys do, as they hold the server's port.

    Args:
        first: Answers as plain data, in the order of the requests.
        second: Likewise.
    """
    assert len(first) == len(second), f"{len(first)} and {len(second)} answers"
    both = enumerate(zip(first, second, strict=True))
    return [n for n, (a, b) in both if {**a, "request_sha256": ""} != {**b, "request_sha256": ""}]
