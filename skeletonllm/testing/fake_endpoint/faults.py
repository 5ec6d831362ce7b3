"""What can go wrong with an answer, and which request it happens to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.errors import UsageError

BILLED: dict[str, str] = {
    "limited": "no",  # 429 with Retry-After
    "limited_silently": "no",  # 429 without
    "quota": "no",  # 429 with code insufficient_quota
    "error_500": "no",
    "error_503": "no",
    "error_401": "no",
    "error_403": "no",
    "echoed_key": "no",  # 500 whose text cites the Authorization header
    "filtered_question": "no",  # 400 with code content_filter
    "hang": "maybe",  # no byte until the client gives up
    "dropped": "maybe",  # the connection closes without a byte
    "slow": "maybe",  # the body comes byte by byte
    "cut": "maybe",  # the connection closes in the middle of the body
    "html": "maybe",  # 200 with a page of some proxy
    "no_choices": "yes",
    "empty": "yes",  # a message without content
    "refusal": "yes",
    "length": "yes",  # cut at the most tokens: finish_reason length
    "filtered_answer": "yes",  # finish_reason content_filter
    "fenced_json": "yes",  # a code fence around JSON with a comma too many
    "cut_json": "yes",  # JSON without its end, although finish_reason is stop
    "prose": "yes",  # no JSON at all
    "wrong_label": "yes",
}
"""Every kind of fault, and whether an answer was computed that a provider would charge."""

_CHANCES = 2**64


@dataclass(frozen=True)
class FaultPlan:
    """Which faults happen to which requests.

    What happens to a request depends on the seed, the bytes of its body, and how often these were
    sent before; so the order in which requests arrive does not matter, and a second attempt has
    its own fate. What the server's own limits or a wrong key refuse has not been sent, in this
    sense.

    Args:
        shares: Share of the requests for each kind of :data:`BILLED`; together at most 1.
        script: Kinds for the first requests, in the order of arrival; None or ``ok`` for no fault.
        seed: Another seed, another fate.
        attempts: Faults happen to so many attempts at the same body only; None for no end.
        retry_after_s: What ``limited`` asks for.
        slow_s: How long ``slow`` takes.
        revoke_after: Number of requests after which the key is refused, with 401; None for never.

    Raises:
        UsageError: A kind or a share that cannot be.

    Example:
        >>> plan = FaultPlan({"error_500": 0.5, "hang": 0.1}, script=("limited",), seed=1)
        >>> plan.choose("00ff", seen=0, number=0)
        'limited'
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    script: Sequence[str | None] = ()
    seed: int = 0
    attempts: int | None = None
    retry_after_s: float = 1.0
    slow_s: float = 30.0
    revoke_after: int | None = None

    def __post_init__(self) -> None:
        scripted = {kind for kind in self.script if kind not in (None, "ok")}
        if unknown := sorted({*self.shares, *scripted} - {*BILLED}, key=str):
            raise UsageError(f"unknown faults {unknown}", expected=f"some of {', '.join(BILLED)}")
        if min(self.shares.values(), default=0) < 0 or sum(self.shares.values()) > 1 + 1e-9:
            raise UsageError(
                f"shares of faults {dict(self.shares)}", expected="0 or more, together at most 1"
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FaultPlan:
        """The plan of a JSON file: its keys are the arguments above.

        Raises:
            UsageError: A key that is none of them.
        """
        if unknown := sorted({*data} - {*cls.__dataclass_fields__}):
            known = ", ".join(cls.__dataclass_fields__)
            raise UsageError(f"unknown keys {unknown} in a fault plan", expected=f"of {known}")
        return cls(**data)

    def choose(self, body_sha256: str, seen: int, number: int) -> str | None:
        """The fault that happens to a request, or None.

        Args:
            body_sha256: Of the body, in hex.
            seen: How often this body was sent before.
            number: How many requests were sent before.
        """
        if number < len(self.script):
            kind = self.script[number]
            return None if kind == "ok" else kind
        if self.attempts is not None and seen >= self.attempts:
            return None
        drawn = draw(self.seed, body_sha256, seen)
        for kind in BILLED:
            drawn -= self.shares.get(kind, 0.0)
            if drawn < 0:
                return kind
        return None

    def is_revoked(self, number: int) -> bool:
        """Whether the key is refused after so many requests."""
        return self.revoke_after is not None and number >= self.revoke_after


def draw(*named: object) -> float:
    """A number in [0, 1) that depends on what is named, and on nothing else."""
    digest = hashlib.sha256(":".join(map(str, named)).encode()).digest()
    return int.from_bytes(digest[:8]) / _CHANCES
