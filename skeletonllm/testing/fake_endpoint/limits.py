"""Requests and tokens a minute, counted and enforced by the server's own clock."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skeletonllm.errors import UsageError

WINDOW_S = 60.0


@dataclass(frozen=True)
class Limit:
    """What is permitted from some moment on.

    Args:
        requests: In a window; None for no limit.
        tokens: Likewise: input, and the most that the answer may have, as OpenAI counts them.
        after_s: Seconds after the first request from which it holds.
        after_requests: Or: number of requests after which it holds. Both must be reached.
    """

    requests: float | None = None
    tokens: float | None = None
    after_s: float = 0.0
    after_requests: int = 0


@dataclass(frozen=True)
class Limits:
    """Limits that may change while requests come in.

    Args:
        steps: In the order in which they take hold; the first from the start.
        enforced: Whether what exceeds them is answered by 429 with ``Retry-After``.
        window_s: Length of the window over which they are stated; 60 but in tests.

    Raises:
        UsageError: No step, or none from the start, or a limit of 0.

    Example:
        >>> falling = Limits((Limit(600), Limit(300, after_s=90)))
        >>> falling.at(seconds=100, requests=0).requests
        300
    """

    steps: Sequence[Limit] = (Limit(),)
    enforced: bool = True
    window_s: float = WINDOW_S

    def __post_init__(self) -> None:
        if not self.steps or self.steps[0].after_s > 0 or self.steps[0].after_requests > 0:
            raise UsageError("limits without one that holds from the start", expected="after_s 0")
        stated = [limit for step in self.steps for limit in (step.requests, step.tokens)]
        if any(limit is not None and limit <= 0 for limit in stated):
            raise UsageError("a limit of 0 or less", expected="above 0, or null for none")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        """The limits of a JSON file: ``steps`` (each an object), ``enforced``, ``window_s``."""
        steps = tuple(Limit(**step) for step in data.get("steps", ({},)))
        return cls(steps, data.get("enforced", True), data.get("window_s", WINDOW_S))

    def at(self, seconds: float, requests: int) -> Limit:
        """The limit that holds.

        Args:
            seconds: Since the first request.
            requests: That came before.
        """
        held = [s for s in self.steps if s.after_s <= seconds and s.after_requests <= requests]
        return held[-1] if held else self.steps[0]


class Gate:
    """Lets requests in, or says how long to wait.

    Each request takes a share of the limit that the client has been told of when it arrives, and
    gives it back one window later. What is refused takes none; the log counts it all the same.

    Args:
        limits: What is permitted.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stated = limits.steps[0]
        self.count = 0
        self._first: float | None = None
        self._taken: deque[tuple[float, float, float]] = deque()
        self._used = [0.0, 0.0]

    def admit(self, tokens: int, now: float) -> float:
        """Seconds until a request may come again; 0 where it is let in now.

        Args:
            tokens: Its input, and the most of its answer.
            now: Seconds on the server's clock.
        """
        self._first = now if self._first is None else self._first
        self.count += 1
        self._forget(now)
        shares = _share(1, self.stated.requests), min(_share(tokens, self.stated.tokens), 1.0)
        if not self.limits.enforced or self._fits(shares, self._used):
            self._taken.append((now, *shares))
            self._used = [used + share for used, share in zip(self._used, shares, strict=True)]
            return 0.0
        used = list(self._used)
        for at, *gone in self._taken:
            used = [one - other for one, other in zip(used, gone, strict=True)]
            if self._fits(shares, used):
                return self._round_up(at + self.limits.window_s - now)
        return self.limits.window_s

    def state(self, now: float) -> dict[str, str]:
        """Headers of a response that is sent now; from here on its limits count."""
        seconds = now - (now if self._first is None else self._first)
        self.stated = self.limits.at(seconds, self.count)
        self._forget(now)
        # Until the oldest request leaves the window; OpenAI says likewise when all is free again.
        reset = self._taken[0][0] + self.limits.window_s - now if self._taken else 0.0
        headers = {}
        for unit, limit, used in (
            ("requests", self.stated.requests, self._used[0]),
            ("tokens", self.stated.tokens, self._used[1]),
        ):
            if limit is not None:
                left = max(math.floor(limit * (1 - used) + 1e-6), 0)
                headers[f"x-ratelimit-limit-{unit}"] = (
                    f"{limit:g}" if limit < 1e5 else f"{limit:.0f}"
                )
                headers[f"x-ratelimit-remaining-{unit}"] = str(left)
                headers[f"x-ratelimit-reset-{unit}"] = format_wait(reset)
        return headers

    def _round_up(self, wait: float) -> float:
        """To whole seconds, as servers send them; but not within the short windows of tests."""
        return max(math.ceil(wait) if self.limits.window_s >= WINDOW_S else wait, 1e-3)

    def _fits(self, shares: Sequence[float], used: Sequence[float]) -> bool:
        return all(one + other <= 1 + 1e-9 for one, other in zip(shares, used, strict=True))

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0][0] <= now - self.limits.window_s:
            _, *gone = self._taken.popleft()
            self._used = [one - other for one, other in zip(self._used, gone, strict=True)]
        if not self._taken:
            self._used = [0.0, 0.0]  # no rounding error outlives an empty window


def format_wait(seconds: float) -> str:
    """A time as OpenAI writes it in its headers.

    Example:
        >>> format_wait(0.12), format_wait(62), format_wait(7.5)
        ('120ms', '1m2s', '7.5s')
    """
    if seconds < 1:
        return f"{max(round(seconds * 1000), 0)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if minutes or hours else ""
    return f"{text}{round(rest, 3):g}s"


def _share(units: float, limit: float | None) -> float:
    return 0.0 if limit is None else units / limit
