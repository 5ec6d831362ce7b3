"""A breaker: when nothing succeeds any more, one request at a time finds out whether it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from skeletonllm.errors import EndpointError

FAILURES = 20
"""Failures in a row, without a success, that open it. With a third of all requests failing by
chance that happens once in 3e10 requests; a server that is down gives them within a second."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
"""Seconds between the probes of an open breaker; doubled each time."""


class Breaker:
    """Closed it lets all through; open, one probe at a time.

    Args:
        give_up_s: Seconds without a success after which the job ends.
        failures: Failures in a row that open it.
        first_pause_s: Seconds until the first probe.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        give_up_s: float = 600.0,
        failures: int = FAILURES,
        first_pause_s: float = FIRST_PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.give_up_s, self.failures, self._first = give_up_s, failures, first_pause_s
        self._clock = clock
        self.last_success = clock()
        self.opened = 0
        self._in_a_row = 0
        self._pause = first_pause_s
        self._probe_at = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether only probes are let through."""
        return self._in_a_row >= self.failures

    async def pass_through(self) -> None:
        """Return when a request may be tried.

        Raises:
            EndpointError: Nothing has succeeded for too long.
        """
        while self.is_open:
            now = self._clock()
            if not self._probing and now >= self._probe_at:
                self._probing = True
                return
            await asyncio.sleep(min(0.2, self._first))

    def succeed(self) -> None:
        """A response came that is no failure of the server."""
        self.last_success = self._clock()
        self._in_a_row, self._pause, self._probing = 0, self._first, False

    def fail(self, reason: str) -> None:
        """The server failed: no connection, no answer in time, or an error of its own.

        Raises:
            EndpointError: Nothing has succeeded for too long; the reason is the last failure.
        """
        was_open = self.is_open
        self._in_a_row += 1
        if not self.is_open:
            return
        now = self._clock()
        self.opened += not was_open
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S) if self._probing else self._pause
        self._probing, self._probe_at = False, now + self._pause
        if now - self.last_success > self.give_up_s:
            raise EndpointError(
                f"no request has succeeded for {now - self.last_success:.0f} s; the last: {reason}",
                hint="Look at the server, then run the same command again: it goes on from here.",
            )
