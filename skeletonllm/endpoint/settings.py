"""Where is asked, and how hard: nothing here changes an answer, so none of it is in a plan."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from skeletonllm.errors import UsageError

_ABOVE_0 = (
    "requests_per_minute",
    "tokens_per_minute",
    "concurrency",
    "timeout_s",
    "attempts",
    "give_up_s",
    "batch_requests",
    "batch_bytes",
    "poll_s",
)
"""Settings with which nothing would ever be asked, where they are 0."""


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """How a job asks an endpoint.

    Args:
        base_url: Of the endpoint, with its ``/v1``.
        model: As the endpoint calls it.
        key_variable: Environment variable that holds the key; the key itself is stored nowhere.
        requests_per_minute: None: as the endpoint states it, or as many as it takes.
        tokens_per_minute: Likewise.
        share: Part of the limits that this job may use.
        concurrency: Most requests in flight.
        timeout_s: Longest wait for an answer.
        attempts: Most attempts a request, while others succeed.
        give_up_s: Seconds without any success after which the job ends.
        first_wait_s: Mean wait before the second attempt, where the endpoint asks for none.
        max_usd: Budget of the whole output; None for none.
        batch: Whether the Batch API is asked, at its prices.
        batch_requests: Most requests of one batch.
        batch_bytes: Most bytes of its file.
        poll_s: Between two looks at a batch.
        prices: A file of prices over the shipped ones, or None.
    """

    base_url: str
    model: str
    key_variable: str = "OPENAI_API_KEY"
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    share: float = 1.0
    concurrency: int = 64
    timeout_s: float = 120.0
    attempts: int = 8
    give_up_s: float = 600.0
    first_wait_s: float = 1.0
    max_usd: float | None = None
    batch: bool = False
    batch_requests: int = 50_000
    batch_bytes: int = 200_000_000
    poll_s: float = 30.0
    prices: str | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_url = False
        if not is_url:
            found = _without_secrets(self.base_url)
            raise UsageError(f"--base-url {found!r}", expected="http(s)://host/v1")
        if "@" in self.base_url or parts.query or parts.fragment:
            raise UsageError(
                "--base-url holds a user, a password or a query",
                hint="It is written into plans: give the key by the environment alone.",
            )
        for name in _ABOVE_0:
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{name} = {value!r}", expected="a number above 0")
        if self.max_usd is not None and not 0 <= self.max_usd < math.inf:
            raise UsageError(f"--max-usd {self.max_usd!r}", expected="0 or above")
        if not 0 < self.share <= 1:
            raise UsageError(f"--share {self.share}", expected="above 0, at most 1")

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine, so that nothing leaves it."""
        return is_local(self.base_url)

    def read_key(self) -> str:
        """The key, from the environment. A local server may do without.

        Raises:
            UsageError: The variable is not set where the asker runs.
        """
        key = os.environ.get(self.key_variable, "")
        if key or self.is_local:
            return key or "none"
        raise UsageError(
            f"the environment variable {self.key_variable} is not set where the asker runs",
            hint="Export it before you start Ray there, or this job; see docs/TEACHER.md.",
        )


def _without_secrets(url: str) -> str:
    """What is no URL has no parts: so nothing before an ``@``, and nothing after a ``?``."""
    before, at, rest = url.rpartition("@")
    shown = f"[hidden]{at}{rest}" if before else rest
    return re.sub(r"[?#].*", "", shown, flags=re.DOTALL)


def is_local(base_url: str) -> bool:
    """Whether a URL is of this machine: localhost or a loopback address.

    Example:
        >>> is_local("http://127.0.0.1:8000/v1"), is_local("https://api.openai.com/v1")
        (True, False)
    """
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
