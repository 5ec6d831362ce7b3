"""What can go wrong with a request, sorted by what is to be done about it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from skeletonllm.rejects import shorten

LONGEST_PAUSE_S = 3600.0
"""A server that asks for more than an hour means a quota, not a pause."""
_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_FILTERS = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Failure:
    """One failed attempt.

    Args:
        kind: ``limited`` (429), ``server`` (5xx, no connection), ``timeout``, ``cut`` (an answer
            that ends too early or is no chat completion), ``filtered``, ``request`` (the endpoint
            says that this request is wrong), ``fatal`` (no request can succeed).
        message: What the endpoint said, without the key.
        billed: Whether the answer may have been made and charged all the same.
        wait_s: Seconds the endpoint asks to wait; None if it asks for none.
    """

    kind: str
    message: str
    billed: bool = False
    wait_s: float | None = None

    @property
    def can_succeed(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in ("limited", "server", "timeout", "cut")

    @property
    def is_of_server(self) -> bool:
        """Whether it tells that the server as a whole may be down."""
        return self.kind in ("server", "timeout", "cut")


def sort_failure(error: Exception, key: str) -> Failure:
    """What an exception of the SDK amounts to.

    Args:
        error: As the SDK raised it.
        key: The key, which is removed from all that is said; some servers cite it.
    """
    # Redacted first: a key that the cut goes through would no longer be found.
    message = shorten(redact(f"{type(error).__name__}: {error}", key))
    if isinstance(error, openai.APITimeoutError):
        return Failure("timeout", message, billed=not _is_unsent(error))
    if isinstance(error, openai.APIStatusError):
        return _sort_status(error, message)
    if isinstance(error, openai.APIConnectionError):
        # A connection that was never made cannot have been charged; one that broke may have been.
        said = shorten(f"{message} {_cause(error, key)}")
        return Failure("server", said, billed=not _is_unsent(error))
    return Failure("cut", message, billed=True)


def _sort_status(error: openai.APIStatusError, message: str) -> Failure:
    status, code = error.status_code, error.code or error.type or ""
    wait = read_wait(error.response.headers)
    if code in _FILTERS:
        return Failure("filtered", message)
    if status in (401, 403) or code in _QUOTA or (wait or 0) > LONGEST_PAUSE_S:
        return Failure("fatal", message)
    if status == 404 or (status == 400 and "response_format" in f"{error.param} {message}"):
        return Failure("fatal", message)  # a wrong model or form: so would all others be
    if status == 429:
        return Failure("limited", message, wait_s=wait)
    if status in (408, 409) or status >= 500:
        return Failure("server", message, billed=status in (408, 504), wait_s=wait)
    return Failure("request", message)


def read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``retry-after-ms`` or ``retry-after`` (seconds or a date) ask for; or None."""
    try:
        if (text := headers.get("retry-after-ms")) is not None:
            wait = float(text) / 1000
            return max(wait, 0.0) if math.isfinite(wait) else None
        if (text := headers.get("retry-after")) is None:
            return None
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", text):
            return float(text)
        date = headers.get("date")  # of the server: our own clock may go wrong
        now = datetime.now(UTC) if date is None else parsedate_to_datetime(date)
        until = parsedate_to_datetime(text)
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def read_limit(headers: Mapping[str, str], unit: str) -> float | None:
    """The limit a minute that ``x-ratelimit-limit-<unit>`` states; None if there is none.

    Args:
        headers: Of a response.
        unit: ``requests`` or ``tokens``.
    """
    try:
        return float(headers.get(f"x-ratelimit-limit-{unit}", ""))
    except ValueError:
        return None


def read_reset(headers: Mapping[str, str], unit: str) -> float | None:
    """Seconds until something is free again, where the response says that nothing is left.

    Args:
        headers: Of a response.
        unit: ``requests`` or ``tokens``.
    """
    if headers.get(f"x-ratelimit-remaining-{unit}") not in ("0", "0.0"):
        return None
    found = _TIME.findall(headers.get(f"x-ratelimit-reset-{unit}", ""))
    return sum(float(number) * _SECONDS[one] for number, one in found) if found else None


def redact(text: str, key: str) -> str:
    """The text without the key.

    Args:
        text: Of an endpoint: some cite the key, or the header that bears it.
        key: What must not be in it.
    """
    return text.replace(key, "[key]") if len(key) > 4 else text


def _is_unsent(error: Exception) -> bool:
    return "connect" in type(error.__cause__).__name__.lower()


def _cause(error: Exception, key: str) -> str:
    cause = error.__cause__
    return "" if cause is None else redact(f"({type(cause).__name__}: {cause})", key)
