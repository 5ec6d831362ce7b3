"""ChatRequest: everything an answer depends on, and the key under which the answer is kept."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from skeletonllm.errors import UsageError

_NO_EXTRAS = {
    "model": "--model",
    "messages": "the prompt",
    "response_format": "the task",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "seed": "--sampling-seed",
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "max_tokens and max_tokens_name"),
    # Each of these gives another answer than the one that is read and paid for.
    **dict.fromkeys(("n", "best_of", "stream", "stream_options", "modalities", "audio")),
    **dict.fromkeys(("tools", "tool_choice", "functions", "function_call")),
}
"""Fields of a body that no extra may set, and what sets each; nothing sets the rest."""


@dataclass(frozen=True)
class Picture:
    """One encoded picture of a message.

    Args:
        data: The bytes of a PNG or JPEG file.
        width: Pixels.
        height: Pixels.
        recipe: What the picture is made from (hash of the motion, frames, recipe and weights of the
            renderer, version of the recipe). It stands for the pixels in the key of a request:
            two machines may draw the last bit of a pixel differently, and must not pay twice.
        media_type: ``image/png`` or ``image/jpeg``.
        detail: ``high``, ``low`` or ``auto``, as the endpoint takes it.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    recipe: str
    media_type: str = "image/jpeg"
    detail: str = "high"

    def to_part(self) -> dict[str, Any]:
        """The picture as a part of a vision message: a data URL, so nothing is hosted anywhere."""
        url = f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"
        return {"type": "image_url", "image_url": {"url": url, "detail": self.detail}}


Part = str | Picture


@dataclass(frozen=True)
class Message:
    """One message of a conversation.

    Args:
        role: ``system``, ``user`` or ``assistant``.
        parts: Texts and pictures, in order.
    """

    role: str
    parts: tuple[Part, ...]

    def to_json(self) -> dict[str, Any]:
        """As the endpoint takes it; a message of one text is that text, as every server knows."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return {"role": self.role, "content": self.parts[0]}
        content = [
            {"type": "text", "text": part} if isinstance(part, str) else part.to_part()
            for part in self.parts
        ]
        return {"role": self.role, "content": content}


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn. None leaves a parameter to the endpoint.

    Args:
        temperature: 0 is nearly greedy. No endpoint promises the same answer twice, not even then.
        top_p: Share of the probability that is drawn from.
        max_tokens: Most tokens of an answer; what a reservation of money reckons with.
        seed: Best effort of the endpoint.
        max_tokens_name: How the endpoint calls ``max_tokens``; reasoning models of OpenAI take
            ``max_completion_tokens`` only.
        extra: Other fields of the body, for example ``{"reasoning_effort": "low"}``.

    Raises:
        UsageError: An extra field that is stated elsewhere, or changes what an answer costs.
    """

    temperature: float | None = 0.2
    top_p: float | None = None
    max_tokens: int = 1200
    seed: int | None = None
    max_tokens_name: str = "max_tokens"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in sorted({*_NO_EXTRAS, self.max_tokens_name} & set(self.extra)):
            setter = _NO_EXTRAS.get(name, "max_tokens")
            raise UsageError(
                f"an extra field {name!r} of the request",
                expected="only fields that are stated nowhere else: one choice of text is read, "
                "and its price is reckoned with max_tokens",
                hint=f"It is set by {setter}." if setter else "Leave it out.",
            )

    def to_json(self) -> dict[str, Any]:
        """The fields of a request's body."""
        # 0 and 0.0 are one temperature, but two texts, and so would be two keys.
        floats = {"temperature": self.temperature, "top_p": self.top_p}
        given: dict[str, Any] = {n: float(v) for n, v in floats.items() if v is not None}
        if self.seed is not None:
            given["seed"] = self.seed
        return {**given, self.max_tokens_name: self.max_tokens, **self.extra}


@dataclass(frozen=True)
class ChatRequest:
    """One question to a model.

    Args:
        base_url: Of the endpoint, with its ``/v1``.
        model: As the endpoint calls it.
        messages: The conversation so far; the last message is of the user.
        sampling: How the answer is drawn.
        prompt_version: Of the text, for example ``rationale/2``.
        sample: Number of this answer among several to the same question.
        response_format: What the endpoint is asked to keep to, or None.

    Example:
        >>> hello = Message("user", ("Say hello.",))
        >>> ask = ChatRequest("http://127.0.0.1:8000/v1", "tiny", (hello,), Sampling(), "hello/1")
        >>> len(ask.key), ask.body()["messages"]
        (64, [{'role': 'user', 'content': 'Say hello.'}])
    """

    base_url: str
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    prompt_version: str
    sample: int = 0
    response_format: Mapping[str, Any] | None = None

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that the answer depends on, in hex. Pixels are not part of it."""
        described = {
            "base_url": self.base_url.rstrip("/"),
            "model": self.model,
            "messages": [_describe(message) for message in self.messages],
            "sampling": self.sampling.to_json(),
            "prompt_version": self.prompt_version,
            "sample": self.sample,
            "response_format": self.response_format,
        }
        text = json.dumps(described, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def body(self) -> dict[str, Any]:
        """What is sent to ``/chat/completions``."""
        body = {
            "model": self.model,
            "messages": [message.to_json() for message in self.messages],
            **self.sampling.to_json(),
        }
        if self.response_format is not None:
            body["response_format"] = dict(self.response_format)
        return body

    def texts(self) -> Iterator[str]:
        """All texts of the conversation, in order."""
        return (p for m in self.messages for p in m.parts if isinstance(p, str))

    def pictures(self) -> Iterator[Picture]:
        """All pictures of the conversation, in order."""
        return (p for m in self.messages for p in m.parts if isinstance(p, Picture))


def _describe(message: Message) -> dict[str, Any]:
    parts = [
        part if isinstance(part, str) else {"picture": part.recipe, "detail": part.detail}
        for part in message.parts
    ]
    return {"role": message.role, "parts": parts}
