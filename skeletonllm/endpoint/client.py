"""One attempt at one request, through the ``openai`` SDK: an answer, or a sorted failure."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import getproxies

import httpx2
import openai
import tenacity

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

PATH = "/chat/completions"
"""Posted to directly: ``chat.completions.create`` walks through each body to rename fields, of
which ours has none, and that is a fourth of the processor time that the SDK takes."""
CONNECT_S = 20.0
"""Longest wait for a connection: many are opened at once when a job starts."""
LONGEST_WAIT_S = 60.0
"""Between two attempts, where the endpoint does not ask for more."""
POOL = 8
"""Connections that a pool keeps while they are idle."""


class AttemptFailed(Exception):
    """An attempt gave no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def choose_wait(state: tenacity.RetryCallState, first_wait_s: float) -> float:
    """Seconds until the next attempt: as the endpoint asks, or longer each time.

    With jitter, so that none march in step.

    Args:
        state: Of the attempts so far.
        first_wait_s: Mean wait before the second one.
    """
    grown = tenacity.wait_random_exponential(multiplier=first_wait_s, max=LONGEST_WAIT_S)
    jittered = grown(state)
    error = state.outcome.exception() if state.outcome else None
    asked = error.failure.wait_s if isinstance(error, AttemptFailed) else None
    return jittered if asked is None else asked + min(jittered, 1.0)


async def sleep_until_end(seconds: float, refuse: Callable[[], None]) -> None:
    """Sleep, but not beyond the end of all: a server may ask for an hour.

    Args:
        seconds: How long.
        refuse: Raises once all shall end.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        refuse()
        await asyncio.sleep(min(left, 0.5))


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
        trusted = not settings.is_local  # a proxy is found by the plain client only
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
                limits=limits,
                timeout=timeout,
                trust_env=trusted,
                transport=None if trusted and getproxies() else _Pools(settings.concurrency),
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
                raw = await self.sdk.post(PATH, cast_to=httpx2.Response, body=request.body())
            self._note(raw.headers)
            return self.read(request.key, request.model, _parse(raw.content))
        except TimeoutError:
            message = f"no whole answer within {self._timeout_s:g} s"
            raise AttemptFailed(Failure("timeout", message, billed=True)) from None
        except AttemptFailed:
            raise
        except Exception as error:
            if isinstance(error, openai.APIStatusError):
                self._note(error.response.headers)
            raise AttemptFailed(sort_failure(error, self._key)) from None

    async def is_up(self) -> bool:
        """Whether the server answers at all: its list of models, which costs nothing, or a 404."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.sdk.get("/models", cast_to=httpx2.Response)
        except openai.APIStatusError as error:
            return error.status_code < 500 and error.status_code != 429
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError):
            return False
        return True

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
            said: The completion, as plain data.

        Raises:
            AttemptFailed: It is no chat completion.
        """
        try:
            return self._read(key, model, said)
        except (LookupError, TypeError, ValueError, AttributeError):
            is_empty = isinstance(said, dict) and not said.get("choices")
            found = "no choices" if is_empty else "no chat completion"
            raise AttemptFailed(Failure("cut", f"200 with {found}", billed=True)) from None

    def _read(self, key: str, model: str, said: Mapping[str, Any]) -> Answer:
        choice, usage = said["choices"][0], said.get("usage") or {}
        finish, message = choice.get("finish_reason"), choice["message"]
        text, refusal = message.get("content") or "", message.get("refusal")
        return Answer(
            key,
            _outcome(finish, text, refusal),
            redact(text or refusal or "", self._key),
            finish_reason=None if finish is None else redact(str(finish), self._key),
            model=model,
            snapshot=redact(str(said.get("model") or ""), self._key),
            tokens_in=int(usage.get("prompt_tokens") or 0),
            tokens_out=int(usage.get("completion_tokens") or 0),
        )


def _parse(content: bytes) -> Any:
    """Plain data, or None where it is no JSON: an error page, as proxies send it with 200."""
    try:
        return json.loads(content)
    except ValueError:
        return None


class _Pools(httpx2.AsyncBaseTransport):
    """Several small pools of connections, used in turn, instead of one large one.

    A pool looks at each of its connections, with calls of the system for idle ones, whenever a
    request begins or ends: with 64 in one pool that is a third of all our processor time.
    """

    def __init__(self, connections: int) -> None:
        pools = math.ceil(connections / POOL)
        # No pool lets a request wait while others have room: what is in flight is limited above.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=POOL)
        ssl = httpx2.create_ssl_context()  # once: each reads all certificates
        self._pools = [httpx2.AsyncHTTPTransport(verify=ssl, limits=limits) for _ in range(pools)]
        self._turns = itertools.cycle(self._pools)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def _outcome(finish: str | None, text: str, refusal: str | None) -> str:
    if finish == "content_filter":
        return "filtered"
    if refusal:
        return "refused"
    if finish == "length":
        return "truncated"
    return "answered" if text.strip() else "empty"
