"""Answer: what an endpoint said to one request, and what it cost."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    Args:
        request_sha256: Key of the request.
        outcome: One of :data:`schemas.answer.OUTCOMES`. All but ``unanswered`` were said by the
            endpoint, and are kept: they would be paid for again.
        text: The answer, or why there is none. Never empty where ``answered``.
        finish_reason: As the endpoint gave it: ``stop``, ``length``, ``content_filter`` ...
        model: The model that was asked.
        snapshot: The model that the endpoint says has answered.
        tokens_in: Input tokens by the endpoint's own count; 0 where it gave none.
        tokens_out: Output tokens, likewise.
        tokens_formula: Input tokens by the model's published formula.
        usd: Price of the answer.
    """

    request_sha256: str
    outcome: str
    text: str
    finish_reason: str | None = None
    model: str = ""
    snapshot: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_formula: int = 0
    usd: float = 0.0

    @property
    def sha256(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_counted(self) -> bool:
        """Whether the endpoint has said how many tokens it was."""
        return self.tokens_in > 0 and (self.tokens_out > 0 or not self.text)

    def to_json(self) -> dict[str, Any]:
        """Plain data, as kept in the cache."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answer:
        """Inverse of :meth:`to_json`; keys of later versions are left out."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})
