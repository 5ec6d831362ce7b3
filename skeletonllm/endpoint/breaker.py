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
        self.opened = 0
        self._failing_since: float | None = None  # no success since; an idle time is no outage
        self._in_a_row = 0
        self._pause = first_pause_s
        self._probe_at = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether only probes are let through."""
        return self._in_a_row >= self.failures

    async def pass_through(self, check: Callable[[], None] = lambda: None) -> bool:
        """Return when a request may be tried; whether it is the probe, for :meth:`fail`.

        Args:
            check: Called while it waits; raises where there is nothing to wait for any more.
        """
        while self.is_open:
            check()
            if not self._probing and self._clock() >= self._probe_at:
                self._probing = True
                return True
            await asyncio.sleep(min(0.2, self._first))
        return False

    def give_back(self) -> None:
        """The probe was not sent, or its end is not known: another one may go."""
        self._probing = False

    def succeed(self) -> None:
        """A response came that is no failure of the server."""
        self._failing_since = None
        self._close()

    def refuse(self, reason: str) -> None:
        """A response came that only says "later": the server is up, but nothing has succeeded.

        Args:
            reason: What it said.

        Raises:
            EndpointError: Nothing has succeeded for too long.
        """
        self._close()
        self._judge(reason)

    def fail(self, reason: str, *, probe: bool = False) -> None:
        """The server failed: no connection, no answer in time, or an error of its own.

        Args:
            reason: Of the failure.
            probe: Whether it was the probe that failed. Others were sent before it opened, and may
                fail minutes later: they neither end a probe nor put the next one off.

        Raises:
            EndpointError: Nothing has succeeded for too long; the reason is the last failure.
        """
        was_open = self.is_open
        self._in_a_row += 1
        if self.is_open and (probe or not was_open):
            self.opened += not was_open
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S) if probe else self._pause
            self._probing, self._probe_at = False, self._clock() + self._pause
        self._judge(reason)

    def _close(self) -> None:
        self._in_a_row, self._pause, self._probing = 0, self._first, False

    def _judge(self, reason: str) -> None:
        now = self._clock()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since > self.give_up_s:
            raise EndpointError(
                f"no request has succeeded for {now - self._failing_since:.0f} s; "
                f"the last: {reason}",
                hint="Look at the server, then run the same command again: it goes on from here.",
            )
