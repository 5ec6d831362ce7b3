"""The calls of the Batch API, each tried again while it can succeed."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import IO, Any, Final, TypeVar

import httpx2
import openai
import tenacity
from openai.types import Batch

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.batches.spool import URL
from skeletonllm.endpoint.client import AttemptFailed, Client, choose_wait, sleep_until_end
from skeletonllm.endpoint.failures import Failure, redact, sort_failure
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import EndpointError
from skeletonllm.rejects import shorten

log = logging.getLogger(__name__)

TOKEN = "skeletonllm"
"""Key of our own name in a batch's metadata."""
WINDOW: Final = "24h"
"""The only one that is offered."""
LISTED = 100
"""Batches a page, when one is looked for by its token."""
LOOK_BACK_S = 2 * 24 * 3600.0
"""No older batch is looked at then."""

T = TypeVar("T")


class RequestRefused(EndpointError):
    """The endpoint says that a call is wrong, and would say so again."""


class ResultsGone(EndpointError):
    """The endpoint keeps a file of results no more."""


class BatchService:
    """Files and batches of one endpoint.

    Args:
        settings: Where, and for how long a call is tried again.
        refuse: Called before each attempt and while it waits; raises when all shall end.
    """

    def __init__(self, settings: EndpointSettings, refuse: Callable[[], None]) -> None:
        self._settings, self._refuse = settings, refuse
        self._key = settings.read_key()
        self._client = Client(settings, lambda *_: None)
        self._sdk = self._client.sdk

    async def upload(self, file: IO[bytes], name: str) -> str:
        """Id of a file of requests that was sent.

        Args:
            file: Is read from its beginning.
            name: As the endpoint shall call it.

        Raises:
            EndpointError: As for all calls here: it is refused, or nothing came for too long.
        """

        async def send() -> str:
            file.seek(0)
            made = await self._sdk.files.create(
                file=(name, file, "application/jsonl"), purpose="batch"
            )
            return made.id

        return await self._call(send)

    async def create(self, file_id: str, token: str, *, is_new: bool) -> str:
        """Id of a batch, new or made by an attempt of which we never heard.

        Args:
            file_id: Of its requests.
            token: Our own name of it.
            is_new: Whether there was no such attempt before this call.

        Raises:
            RequestRefused: There is no such file.
            EndpointError: As for all calls.
        """

        async def make() -> str:
            nonlocal is_new
            known = None if is_new else await self._find(token)
            is_new = False
            if known is not None:
                return known
            made = await self._sdk.batches.create(
                input_file_id=file_id,
                endpoint=URL,
                completion_window=WINDOW,
                metadata={TOKEN: token},
            )
            return made.id

        return await self._call(make)

    async def look(self, batch_id: str) -> Batch | None:
        """A batch as it stands; None if the endpoint knows it no more.

        Args:
            batch_id: Of the endpoint.
        """

        async def get() -> Batch | None:
            try:
                return await self._sdk.batches.retrieve(batch_id)
            except openai.NotFoundError:
                return None

        return await self._call(get)

    async def read_rows(self, file_id: str) -> AsyncIterator[tuple[str, int, Any]]:
        """``(key, status, body)`` of each row of a file of answers or errors.

        A row that was never answered has status 0, and says in its body why.

        Args:
            file_id: Of a batch that has ended.

        Raises:
            ResultsGone: There is no such file.
            EndpointError: As for all calls.
        """
        with tempfile.TemporaryFile(prefix="skeletonllm-batch-") as kept:

            async def get() -> None:
                kept.seek(0)
                kept.truncate()
                answered = self._sdk.files.with_streaming_response.content(file_id)
                try:
                    async with answered as response:
                        async for piece in response.iter_bytes(1 << 20):
                            kept.write(piece)
                except openai.NotFoundError:
                    raise ResultsGone(f"no file {file_id} at the endpoint") from None

            await self._call(get)
            kept.seek(0)
            for line in kept:
                yield _read_row(line)

    def read_answer(self, key: str, model: str, status: int, body: Any) -> Answer:
        """What a row says.

        Args:
            key: Of the request.
            model: That was asked.
            status: Of HTTP; 0 for none.
            body: A chat completion, or an error.

        Raises:
            AttemptFailed: It is no answer.
        """
        if status == 200:
            return self._client.read(key, model, body)
        if status == 0:
            why = shorten(redact(json.dumps(body), self._key))
            raise AttemptFailed(Failure("server", f"not done: {why}"))
        raise AttemptFailed(sort_failure(self._to_error(status, body), self._key))

    async def remove_files(self, *file_ids: str | None) -> None:
        """Delete files at the endpoint: they hold pictures and answers, and count as storage.

        Args:
            file_ids: None for one that never was.
        """
        for file_id in file_ids:
            if file_id is not None:
                with suppress(openai.OpenAIError):
                    await self._sdk.files.delete(file_id)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the end.

        Args:
            seconds: How long.
        """
        await sleep_until_end(seconds, self._refuse)

    async def _find(self, token: str) -> str | None:
        async for batch in self._sdk.batches.list(limit=LISTED):
            if (batch.metadata or {}).get(TOKEN) == token and batch.status != "failed":
                return batch.id
            if batch.created_at < time.time() - LOOK_BACK_S:
                return None  # the newest come first
        return None

    async def _call(self, make: Callable[[], Awaitable[T]]) -> T:
        """The result of a call, after as many attempts as ``give_up_s`` has room for."""
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_delay(self._settings.give_up_s),
            wait=partial(choose_wait, first_wait_s=self._settings.first_wait_s),
            sleep=self.sleep,
            retry=tenacity.retry_if_exception(_can_succeed),
            reraise=True,
        )
        try:
            return await retrying(self._attempt, make)
        except AttemptFailed as error:
            failure = error.failure
            kind = RequestRefused if failure.kind == "request" else EndpointError
            hint = "Run the same command again: what is under way is written down."
            raise kind(failure.message, hint=hint) from None

    async def _attempt(self, make: Callable[[], Awaitable[T]]) -> T:
        self._refuse()
        try:
            return await make()
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise AttemptFailed(sort_failure(error, self._key)) from None

    def _to_error(self, status: int, body: Any) -> openai.APIStatusError:
        """The error that the SDK would raise for such a response."""
        stated = body.get("error", body) if isinstance(body, dict) else None
        response = httpx2.Response(status, request=httpx2.Request("POST", URL))
        message = f"Error code: {status} - {json.dumps(body)}"
        return openai.APIStatusError(message, response=response, body=stated)


def _can_succeed(error: BaseException) -> bool:
    return isinstance(error, AttemptFailed) and error.failure.can_succeed


def _read_row(line: bytes) -> tuple[str, int, Any]:
    try:
        row = json.loads(line)
        response = row.get("response") or {}
        status = int(response.get("status_code") or 0)
        return str(row["custom_id"]), status, response.get("body") if status else row.get("error")
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("a line of a batch's results is no JSON row, and its request is asked again")
        return "", 0, None
