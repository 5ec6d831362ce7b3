"""Judges a client by the server's log: how fast it asked, and whether it paid twice.

All of it is pure: events in, numbers out. Nothing here loads a server.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from skeletonllm.testing.fake_endpoint.journal import CHAT, Event
from skeletonllm.testing.fake_endpoint.limits import WINDOW_S
from skeletonllm.testing.fake_endpoint.timelines import Steps, intersect, without

Waiting = Sequence[tuple[float, int]]
"""(monotonic time, how many requests wait that may be sent), whenever the number changes."""


_ROUNDING = 1e-9
"""Seconds below which two moments are the same."""


@dataclass(frozen=True)
class Rates:
    """How a client used what it was permitted; None where it cannot be said.

    Args:
        lowest: Least share of the permitted rate in any window of counted seconds after the first.
        highest: Greatest share in any window of the clock, pauses included.
        requests: How many there were, retries included.
        counted_s: Seconds that count: something waited, and the server had asked for no pause.
        lowest_at: When the worst window began, on the monotonic clock.
        highest_at: Likewise.
        fullest: Greatest sum in any window, where each request weighs one part of the limit that
            held when it came. Equal to ``highest`` while the limit does not change. Where it
            falls, who was early before and late after is above the integral, and not above this.
    """

    lowest: float | None
    highest: float | None
    requests: int
    counted_s: float
    lowest_at: float | None = None
    highest_at: float | None = None
    fullest: float | None = None


def count_in_windows(log: Iterable[Event], window_s: float = WINDOW_S) -> list[tuple[float, int]]:
    """For each request, its time, and how many came in the window that begins with it.

    Args:
        log: Events.
        window_s: Length of the window; its end does not belong to it.
    """
    times = [time for time, _ in _weigh_requests(log, "requests")]
    return [
        (time, bisect_left(times, time + window_s) - number) for number, time in enumerate(times)
    ]


def judge_rates(
    log: Sequence[Event],
    waiting: Waiting | None = None,
    *,
    window_s: float = WINDOW_S,
    unit: str = "requests",
    grace_s: float = 0.0,
) -> Rates:
    """How near to the permitted rate a client came, and whether it exceeded it.

    Permitted is the integral of the limit, which counts from the response that first says so.
    For ``lowest``, seconds in which nothing waited or which lie in a pause that the server asked
    for are cut out, and windows are laid over what is left.

    Args:
        log: Events.
        waiting: None: something waited from the first request to the last.
        window_s: The stretch over which limits are stated.
        unit: ``requests`` or ``tokens``.
        grace_s: Added to each pause: a client hears of it later, so it ends later.
    """
    arrivals = _weigh_requests(log, unit)
    limits = _limits(log, unit)
    if not arrivals or limits is None:
        return Rates(None, None, len(arrivals), 0.0)
    permitted = limits.scale(1 / window_s)
    counted = without(_busy(arrivals, waiting), _pauses(log, grace_s))
    lowest = _lowest(arrivals, permitted, counted, window_s)
    highest = _highest(arrivals, permitted, window_s)
    shares = [(time, weight / limits.at(time)) for time, weight in arrivals]
    fullest = _highest(shares, Steps.starting([(0.0, 1 / window_s)]), window_s)[0]
    seconds = sum(end - start for start, end in counted)
    return Rates(lowest[0], highest[0], len(arrivals), seconds, lowest[1], highest[1], fullest)


def find_bought_twice(
    log: Iterable[Event],
    answered_at: Mapping[str, float | Sequence[float]],
    clock: str = "wall",
) -> list[Event]:
    """Requests, and rows of batches, that came when their answer was in the cache already.

    Args:
        log: Events.
        answered_at: SHA-256 of a body -> when its answer was in the cache. A body that is sent
            several times on purpose has several answers: there the last of them counts.
        clock: ``wall`` (as times of files are) or ``time`` (monotonic).
    """
    last = {sha: at if isinstance(at, int | float) else max(at) for sha, at in answered_at.items()}
    asked = (e for e in log if e["event"] == "row" or _is_arrival(e))
    return [e for e in asked if e["sha256"] in last and e[clock] > last[e["sha256"]]]


def _is_arrival(event: Event) -> bool:
    return bool(event["event"] == "arrive" and event["path"] == CHAT)


@dataclass(frozen=True)
class _Arrivals:
    """Times of requests, ascending, and the sum of their weights before each and after the last."""

    times: list[float]
    sums: list[float]

    @classmethod
    def of(cls, weighted: Iterable[tuple[float, float]]) -> _Arrivals:
        ordered = sorted(weighted)
        sums = [0.0, *accumulate(weight for _, weight in ordered)]
        return cls([time for time, _ in ordered], sums)

    def weigh(self, low: float, high: float) -> float:
        """Sum of the weights in ``(low, high]``."""
        return self.sums[bisect_right(self.times, high)] - self.sums[bisect_right(self.times, low)]


def _weigh_requests(log: Iterable[Event], unit: str) -> list[tuple[float, float]]:
    """Time and weight of each request."""
    asked = (event for event in log if _is_arrival(event))
    return sorted((e["time"], 1.0 if unit == "requests" else float(e["tokens"])) for e in asked)


def _limits(log: Iterable[Event], unit: str) -> Steps | None:
    """The limit as the client knew it; what is said first is taken to hold before, too."""
    said = sorted(
        (e["stated"], e[f"limit_{unit}"])
        for e in log
        if e["event"] == "end" and e["stated"] is not None and e.get(f"limit_{unit}") is not None
    )
    changes = [s for n, s in enumerate(said) if n == 0 or s[1] != said[n - 1][1]]
    return Steps.starting(changes) if changes else None


def _pauses(log: Iterable[Event], grace_s: float) -> list[tuple[float, float]]:
    ends = (e for e in log if e["event"] == "end" and e.get("retry_after"))
    return [(e["stated"], e["stated"] + e["retry_after"] + grace_s) for e in ends]


def _busy(
    arrivals: Sequence[tuple[float, float]], waiting: Waiting | None
) -> list[tuple[float, float]]:
    """Stretches in which something waited."""
    if waiting is None:
        return [(arrivals[0][0], arrivals[-1][0])]
    return [(start, end) for (start, count), (end, _) in pairwise(sorted(waiting)) if count > 0]


def _lowest(
    weighted: Sequence[tuple[float, float]],
    permitted: Steps,
    counted: Sequence[tuple[float, float]],
    window_s: float,
) -> tuple[float | None, float | None]:
    """Over windows that are laid on counted seconds only, put end to end."""
    parts, rates, inside, offset = intersect(permitted, counted), [], [], 0.0
    times = [time for time, _ in weighted]
    for start, end, rate in parts:
        rates.append((offset, rate))
        # A request on the seam of two stretches belongs to the first of them.
        here = weighted[bisect_right(times, start) : bisect_right(times, end)]
        inside += [(offset + time - start, weight) for time, weight in here]
        offset += end - start
    if offset < 2 * window_s:
        return None, None
    flat, arrivals = Steps.starting(rates), _Arrivals.of(inside)
    starts = [window_s, offset - window_s, *_candidates(arrivals.times, flat, window_s)]
    shares = (
        (_share(arrivals, flat, start, window_s, _ROUNDING), start)
        for start in starts
        if window_s <= start <= offset - window_s
    )
    lowest, at = min(shares)
    return lowest, _unsqueeze(at, parts)


def _highest(
    weighted: Sequence[tuple[float, float]], permitted: Steps, window_s: float
) -> tuple[float, float]:
    arrivals = _Arrivals.of(weighted)
    starts = _candidates(arrivals.times, permitted, window_s)
    return max((_share(arrivals, permitted, at, window_s, -_ROUNDING), at) for at in starts)


def _candidates(times: Sequence[float], rates: Steps, window_s: float) -> Iterator[float]:
    """Starts of windows between which the share cannot be more extreme.

    While no request enters or leaves the window, its content is constant, and what is permitted
    is linear between the moments at which one of its ends meets a change of the limit.
    """
    for time in [*times, *rates.changes]:
        yield time
        yield time - window_s


def _share(arrivals: _Arrivals, rates: Steps, start: float, window_s: float, shift: float) -> float:
    """Share of what is permitted that came within a window.

    The shift decides which end is open, against the rounding of times that meet an end: above 0,
    a request at the start is left out and one at the end is in.
    """
    came = arrivals.weigh(start + shift, start + window_s + shift)
    return came / rates.integral(start, start + window_s)


def _unsqueeze(offset: float, parts: Sequence[tuple[float, float, float]]) -> float:
    for start, end, _ in parts:
        if offset <= end - start:
            return start + offset
        offset -= end - start
    return parts[-1][1]
