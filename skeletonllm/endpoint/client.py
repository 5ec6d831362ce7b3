"""One attempt at one request, through the ``openai`` SDK: an answer, or a sorted failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx2
import openai

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.failures import (
    Failure,
    read_limit,
    read_reset,
    redact,
    sort_failure,
)
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.settings import EndpointSettings

CONNECT_S = 20.0
"""Longest wait for a connection: many are opened at once when a job starts."""


class AttemptFailed(Exception):
    """An attempt gave no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


Learn = Callable[[float | None, float | None, float | None], None]
"""Called with what a response states: requests a minute, tokens a minute, seconds to pause."""


class Client:
    """An OpenAI-compatible endpoint. The SDK's own retries are off: there is one layer of them.

    Args:
        settings: Where and how.
        learn: Told the limits that each response states.
    """

    def __init__(self, settings: EndpointSettings, learn: Learn) -> None:
        self._key, self._learn = settings.read_key(), learn
        limits = httpx2.Limits(
            max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency
        )
        timeout = httpx2.Timeout(settings.timeout_s, connect=CONNECT_S, pool=None)
        # The SDK logs bodies and headers when asked to debug; ours never go into a log.
        for name in ("openai", "httpx2", "httpcore2", "httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.sdk = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=settings.base_url,
            max_retries=0,
            timeout=timeout,
            # A proxy of the environment leads to the world, never to this machine.
            http_client=httpx2.AsyncClient(
                limits=limits, timeout=timeout, trust_env=not settings.is_local
            ),
        )
        self._timeout_s = settings.timeout_s

    async def attempt(self, request: ChatRequest) -> Answer:
        """What the endpoint says; without its price, which is the asker's matter.

        Raises:
            AttemptFailed: It gave no answer; the failure says why, and what may be done.
        """
        try:
            # httpx counts the wait between two bytes: a slow drip would never end by that.
            async with asyncio.timeout(self._timeout_s):
                raw = await self.sdk.chat.completions.with_raw_response.create(**request.body())
            self._note(raw.headers)
            return self.read(request.key, request.model, raw.parse())
        except TimeoutError:
            message = f"no whole answer within {self._timeout_s:g} s"
            raise AttemptFailed(Failure("timeout", message, billed=True)) from None
        except AttemptFailed:
            raise
        except Exception as error:
            if isinstance(error, openai.APIStatusError):
                self._note(error.response.headers)
            raise AttemptFailed(sort_failure(error, self._key)) from None

    async def close(self) -> None:
        """Close all connections."""
        await self.sdk.close()

    def _note(self, headers: Any) -> None:
        waits = (read_reset(headers, "requests"), read_reset(headers, "tokens"))
        pause = max((wait for wait in waits if wait is not None), default=None)
        self._learn(read_limit(headers, "requests"), read_limit(headers, "tokens"), pause)

    def read(self, key: str, model: str, said: Any) -> Answer:
        """The first choice of a chat completion, sorted by how it ended.

        Args:
            key: Of the request.
            model: That was asked.
            said: The completion, as the SDK gives it.

        Raises:
            AttemptFailed: It is no chat completion.
        """
        choices = getattr(said, "choices", None)
        if not choices:
            found = "no choices" if hasattr(said, "choices") else "no chat completion"
            raise AttemptFailed(Failure("cut", f"200 with {found}", billed=True))
        choice, usage = choices[0], said.usage
        text, refusal = choice.message.content or "", getattr(choice.message, "refusal", None)
        return Answer(
            key,
            _outcome(choice.finish_reason, text, refusal),
            redact(text or refusal or "", self._key),
            finish_reason=choice.finish_reason,
            model=model,
            snapshot=str(said.model or ""),
            tokens_in=int(getattr(usage, "prompt_tokens", 0) or 0),
            tokens_out=int(getattr(usage, "completion_tokens", 0) or 0),
        )


def _outcome(finish: str | None, text: str, refusal: str | None) -> str:
    if finish == "content_filter":
        return "filtered"
    if refusal:
        return "refused"
    if finish == "length":
        return "truncated"
    return "answered" if text.strip() else "empty"
