"""One request and its response: what the log says of them, and how bytes go out, or do not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aiohttp import web

MOST_BYTES = 64 * 2**20
"""Of the body of a request; uploads aside."""
PIECES = 200
"""Most pieces of a body that drips: each costs a turn of the loop."""
JSON = "application/json"


@dataclass
class Exchange:
    """One request on its way.

    Args:
        request: As aiohttp gives it.
        number: Of all requests of this server.
        started: Monotonic time at which its headers were read.
        wall: Unix time of the same moment.
        raw: The body.
        sha256: Of the body, in hex.
        size: Bytes of the body.
        tokens: Counted for the limits.
        fault: What happened to it.
        ended: What the log says at the end; filled while it is sent.
    """

    request: web.BaseRequest
    number: int
    started: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)
    raw: bytes = b""
    sha256: str = ""
    size: int = 0
    tokens: int = 0
    fault: str | None = None
    ended: dict[str, Any] = field(
        default_factory=lambda: {"status": None, "whole": False, "stated": None, "bytes": 0}
    )

    async def read(self) -> None:
        """Read the body. aiohttp's own ``read`` would keep it as long as the request lives."""
        chunks = [chunk async for chunk in self.request.content.iter_any()]
        self.raw = b"".join(chunks)
        self.size, self.sha256 = len(self.raw), hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body as JSON, parsed when it is asked for.

        Raises:
            ValueError: It is none, or no object.
        """
        if not isinstance(found := json.loads(self.raw), dict):
            raise ValueError("the body is no JSON object")
        return found

    def forget_body(self) -> None:
        """Let go of the body, so that a thousand that wait for an answer cost little memory."""
        self.raw = b""
        vars(self).pop("body", None)

    def describe_arrival(self) -> dict[str, Any]:
        """What the log says of it first."""
        return {
            "time": self.started,
            "wall": self.wall,
            "id": self.number,
            "method": self.request.method,
            "path": self.request.path,
            "sha256": self.sha256,
            "bytes": self.size,
            "tokens": self.tokens,
        }

    async def send(
        self, status: int, payload: bytes, headers: Mapping[str, str], kind: str = JSON
    ) -> web.StreamResponse:
        """The response, sent whole.

        Args:
            status: Of HTTP.
            payload: Body.
            headers: Beside those of the content.
            kind: Content type.
        """
        response = web.Response(status=status, body=payload, headers=headers, content_type=kind)
        self._note(status)
        await response.prepare(self.request)
        await response.write_eof()
        self.ended.update(bytes=len(payload), whole=True)
        return response

    async def send_slowly(
        self, payload: bytes, headers: Mapping[str, str], seconds: float
    ) -> web.StreamResponse:
        """The response, in pieces over a time.

        Args:
            payload: Body.
            headers: Beside those of the content.
            seconds: From the first piece to the last.
        """
        response = await self._start(payload, headers)
        step = -(-len(payload) // PIECES)
        for start in range(0, len(payload), step):
            await asyncio.sleep(seconds * step / len(payload))
            await response.write(payload[start : start + step])
            self.ended["bytes"] = min(start + step, len(payload))
        await response.write_eof()
        self.ended["whole"] = True
        return response

    async def send_half(self, payload: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
        """Half of the response; then the connection closes.

        Args:
            payload: Body.
            headers: Beside those of the content; they promise the whole body.
        """
        response = await self._start(payload, headers)
        await response.write(payload[: len(payload) // 2])
        self.ended["bytes"] = len(payload) // 2
        return self.drop(response)

    def drop(self, response: web.StreamResponse | None = None) -> web.StreamResponse:
        """Close the connection; aiohttp wants a response all the same, and cannot send it."""
        if self.request.transport is not None:
            self.request.transport.close()
        return response or web.Response()

    async def _start(self, payload: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers={**headers, "content-type": JSON})
        response.content_length = len(payload)
        self._note(200)
        await response.prepare(self.request)
        return response

    def _note(self, status: int) -> None:
        self.ended.update(status=status, stated=time.monotonic())
