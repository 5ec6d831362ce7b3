"""How fast may be asked: requests and tokens over the last sixty seconds, spread evenly.

A limit is kept over *any* sixty seconds, not only over those that a clock's minute cuts out. Each
request takes a share of the limit that was in force when it was sent, and gives it back sixty
seconds later. So a limit that changes counts at once: what was sent under the old one weighs as it
weighed then.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

WINDOW_S = 60.0
"""Limits are stated a minute."""
FILL = 0.99
"""Share of a limit that is used. A server sees requests a little later than we send them, so two of
them can fall into one of its windows that lay in two of ours; 1 % is room for that."""
CATCH_UP, BEHIND_S = 1.25, 5.0
"""How much faster than evenly requests follow each other after a slow moment of ours, and how many
seconds of it are made up for. Without it each stall is lost; all at once would trip servers that
count seconds as well."""

Clock = Callable[[], float]


@dataclass
class Rate:
    """One limit, and what was sent under it in the last minute.

    Args:
        limit: Units a minute; None for no limit.
        clock: Seconds, never going back.
        window_s: The stretch over which the limit is stated.
    """

    limit: float | None = None
    clock: Clock = time.monotonic
    window_s: float = WINDOW_S
    _sent: deque[tuple[float, float]] = field(default_factory=deque)
    _early: deque[tuple[float, float]] = field(default_factory=deque)
    _share: float = 0.0
    _even_at: float = float("-inf")
    _free_at: float = float("-inf")

    def wait_s(self, units: float) -> float:
        """Seconds until so many units may be sent; 0 if at once."""
        if self.limit is None:
            return 0.0
        now = self.clock()
        self._forget(now)
        # What is larger than the whole limit must be sent at some time: it goes alone.
        share = min(units / self.limit, FILL)
        wait = self._free_at - now
        left, ahead = self._share, 0
        while left + share > FILL + 1e-9 and ahead < len(self._sent):
            at, weight = self._sent[ahead]
            wait, left, ahead = max(wait, at + self.window_s - now), left - weight, ahead + 1
        return max(wait, 0.0)

    def change(self, limit: float | None) -> None:
        """Another limit from now on. What was sent before the first one counts under it.

        Args:
            limit: Units a minute; None for no limit.
        """
        early = self._early if self.limit is None and limit is not None else ()
        self.limit = limit
        now = self.clock()
        for at, units in early:
            if at > now - self.window_s:
                self.take(units, at)
        if early:
            self._early = deque()

    def take(self, units: float, at: float | None = None) -> None:
        """Count units as sent.

        Args:
            units: How many.
            at: When, on the clock; None for now.
        """
        when = self.clock() if at is None else at
        if self.limit is None:
            self._early.append((when, units))
            while self._early[0][0] <= when - self.window_s:
                self._early.popleft()
            return
        share = units / self.limit
        self._sent.append((when, share))
        self._share += share
        apart = share * self.window_s
        self._even_at = max(self._even_at, when - BEHIND_S) + apart / FILL
        self._free_at = max(self._even_at, when + apart / CATCH_UP)

    def count(self) -> float:
        """The share of the limit that the last minute has used, about 0..1."""
        self._forget(self.clock())
        return self._share

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] <= now - self.window_s:
            self._share -= self._sent.popleft()[1]
        if not self._sent:
            self._share = 0.0  # no rounding error outlives an empty window


class RateLimiter:
    """Lets requests go, first come first served, within both limits and outside of pauses.

    Args:
        requests_per_minute: As the user states it; None until the endpoint states one.
        tokens_per_minute: Likewise, of input and output together.
        share: Part of the limits that this job may use, where several jobs share a key.
        clock: Seconds, never going back.
        window_s: The stretch over which limits are stated.
    """

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        share: float = 1.0,
        clock: Clock = time.monotonic,
        window_s: float = WINDOW_S,
    ) -> None:
        self._stated = {"requests": requests_per_minute, "tokens": tokens_per_minute}
        self._share, self._clock = share, clock
        self.requests = Rate(self._shared(requests_per_minute), clock, window_s)
        self.tokens = Rate(self._shared(tokens_per_minute), clock, window_s)
        self.paused_until = float("-inf")
        self.waiting = 0
        self._turn = asyncio.Lock()

    async def acquire(self, tokens: float, check: Callable[[], None] = lambda: None) -> None:
        """Return when a request of so many tokens may be sent; it counts as sent then.

        Args:
            tokens: Of input and output together.
            check: Called while it waits; raises where there is nothing to wait for any more.
        """
        self.waiting += 1
        try:
            async with self._turn:
                check()
                while (wait := self._wait_s(tokens)) > 0:
                    check()
                    await asyncio.sleep(min(wait, 0.5))  # limits may change while we wait
                self.requests.take(1)
                self.tokens.take(tokens)
        finally:
            self.waiting -= 1

    def pause(self, seconds: float) -> None:
        """Send nothing for so long: the endpoint asked for it."""
        self.paused_until = max(self.paused_until, self._clock() + seconds)

    def learn(self, requests: float | None, tokens: float | None) -> None:
        """Take over the limits that a response states; those of the user are never exceeded.

        Args:
            requests: A minute; None if the response says nothing.
            tokens: Likewise.
        """
        for rate, name, said in (
            (self.requests, "requests", requests),
            (self.tokens, "tokens", tokens),
        ):
            if said is not None and said > 0:
                stated = self._stated[name]
                rate.change(self._shared(said if stated is None else min(said, stated)))

    def remember(self, sent: Iterable[tuple[float, float]]) -> None:
        """Count what a killed run of this job has sent in the last minute.

        Args:
            sent: (seconds ago, tokens) of each request.
        """
        now = self._clock()
        for ago, tokens in sorted(sent, reverse=True):
            self.requests.take(1, now - ago)
            self.tokens.take(tokens, now - ago)

    def _wait_s(self, tokens: float) -> float:
        pause = self.paused_until - self._clock()
        return max(pause, self.requests.wait_s(1), self.tokens.wait_s(tokens))

    def _shared(self, limit: float | None) -> float | None:
        return None if limit is None else limit * self._share
