"""A store of files on 127.0.0.1 that fails as it is told to: a folder over HTTP, or before an S3.

    >>> with FaultyStore("a folder", faults=["error_500", "cut"]) as store:  # doctest: +SKIP
    ...     read(store.url)

The first GET of a file is answered with a 500, the second is cut, all others are answered well.
"""

from __future__ import annotations

import asyncio
import io
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from types import TracebackType

import aiohttp
from aiohttp import web

from skeletonllm.errors import UsageError

HOST = "127.0.0.1"
PATIENCE_S = 30.0
CLOSE_S = 0.05

FAULTS: dict[str, str] = {
    "error_500": "500 with a text",
    "error_503": "503 with Retry-After",
    "forbidden": "403",
    "missing": "404, although the file is there",
    "dropped": "the connection closes without a byte",
    "reset": "the connection is reset in the middle of the body",
    "cut": "the body ends in the middle, and Content-Length says that more would come",
    "short": "half of the body, with the Content-Length of that half",
    "whole": "Range is ignored: 200 and the whole file",
    "stall": "no byte for 30 s, or until the client is gone",
    "stall_within": "half of the body, then likewise",
    "slow": "the body comes in twenty pieces within a second",
}
"""Every kind of fault."""

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
_HOP = (
    "expect",
    "connection",
    "content-length",
    "transfer-encoding",
    "server",
    "date",
    "content-encoding",
)


@dataclass(frozen=True)
class Asked:
    """A request that came.

    Args:
        method: ``GET`` or another.
        path: With its query.
        range: The header of that name, or empty.
        fault: What happened to it; None for a good answer.
        bytes: Of its body.
        copied: Whether the store was asked to copy an object of its own.
    """

    method: str
    path: str
    range: str
    fault: str | None
    bytes: int = 0
    copied: bool = False


@dataclass
class _Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class FaultyStore:
    """A server in a thread of this process, while the block lasts.

    Args:
        folder: What it serves, with ranges and an index page for each folder; None for upstream.
        upstream: URL of a server whose answers it passes on, before it spoils them.
        faults: Kinds of :data:`FAULTS` for the first GETs, in the order of arrival; None for none.
        always: The kind for all GETs after these.
        heads: Also for HEAD.
        puts: Also for PUT.
        stall_s: How long a stall lasts.

    Attributes:
        url: The base, without a slash at its end.
        asked: The requests so far.

    Raises:
        UsageError: An unknown fault.

    Example:
        >>> with FaultyStore(".") as store:
        ...     store.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        upstream: str | None = None,
        faults: Sequence[str | None] = (),
        always: str | None = None,
        heads: bool = False,
        puts: bool = False,
        stall_s: float = 30.0,
    ) -> None:
        assert (folder is None) != (upstream is None), "a folder or an upstream"
        self.url, self.asked = "", list[Asked]()
        self._folder = None if folder is None else Path(folder)
        self._upstream, self._stall_s = upstream, stall_s
        self._spoiled = {"GET", *["HEAD"] * heads, *["PUT"] * puts}
        self._session: aiohttp.ClientSession | None = None
        self.plan(faults, always=always)

    def plan(self, faults: Sequence[str | None], *, always: str | None = None) -> None:
        """Say what happens from now on.

        Args:
            faults: See the class.
            always: See the class.

        Raises:
            UsageError: An unknown fault.
        """
        if unknown := sorted({*faults, always} - {*FAULTS, None}, key=str):
            raise UsageError(f"unknown faults {unknown}", expected=f"some of {', '.join(FAULTS)}")
        self._faults, self._always = list(faults), always

    def count(self, method: str = "GET") -> int:
        """Requests of a method so far."""
        return sum(asked.method == method for asked in self.asked)

    def __enter__(self) -> FaultyStore:
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="faulty store", daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the store did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=CLOSE_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            self.url = f"http://{HOST}:{runner.addresses[0][1]}"
            async with aiohttp.ClientSession(auto_decompress=False) as self._session:
                self._ready.set()
                await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        fault = self._choose(request)
        if "Expect" in request.headers:  # who has a body to send waits for this
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        body = await request.content.read()  # `read()` of the request refuses more than 1 MiB
        headers = request.headers
        asked = Asked(request.method, request.path_qs, headers.get("Range", ""), fault, len(body))
        self.asked.append(replace(asked, copied="x-amz-copy-source" in headers))
        if fault == "stall":
            await asyncio.sleep(self._stall_s)
        if (early := _EARLY.get(fault or "")) is not None:
            return web.Response(status=early.status, body=early.body, headers=early.headers)
        if fault == "dropped":
            _abort(request)
            return web.Response()
        answer = await self._answer(request, body, ranges=fault != "whole")
        send = _SENDERS.get(fault or "", _send_well)
        return await send(request, answer, self._stall_s)

    def _choose(self, request: web.BaseRequest) -> str | None:
        folder = self._folder is not None and (self._folder / request.path[1:]).is_dir()
        if folder or request.method not in self._spoiled:
            return None
        return self._faults.pop(0) if self._faults else self._always

    async def _answer(self, request: web.BaseRequest, body: bytes, *, ranges: bool) -> _Answer:
        if self._folder is not None:
            return _answer_from(self._folder / request.path[1:], request, ranges=ranges)
        assert self._upstream is not None
        assert self._session is not None
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", *_HOP)}
        if not ranges:
            headers.pop("Range", None)
        async with self._session.request(
            request.method,
            self._upstream + request.path_qs,
            headers=headers,
            data=io.BytesIO(body),
        ) as got:
            kept = {k: v for k, v in got.headers.items() if k.lower() not in _HOP}
            if request.method == "HEAD":
                kept["Content-Length"] = got.headers.get("Content-Length", "0")
            return _Answer(got.status, await got.read(), kept)


def _answer_from(path: Path, request: web.BaseRequest, *, ranges: bool) -> _Answer:
    """A file, a range of it, or the index page of a folder."""
    if path.is_dir():
        names = sorted(p.name + "/" * p.is_dir() for p in path.iterdir())
        links = "".join(f'<a href="{escape(name)}">{escape(name)}</a>\n' for name in names)
        return _Answer(200, links.encode(), {"Content-Type": "text/html"})
    if not path.is_file():
        return _Answer(404, b"no such file")
    size, headers = path.stat().st_size, {"Accept-Ranges": "bytes"}
    if request.method == "HEAD":
        return _Answer(200, b"", {**headers, "Content-Length": str(size)})
    found = _RANGE.match(request.headers.get("Range", "")) if ranges else None
    if found is None:
        return _Answer(200, path.read_bytes(), headers)
    start, last = int(found[1]), int(found[2] or size - 1)
    if start >= size:
        return _Answer(416, b"", {**headers, "Content-Range": f"bytes */{size}"})
    with path.open("rb") as file:
        file.seek(start)
        body = file.read(last + 1 - start)
    headers["Content-Range"] = f"bytes {start}-{start + len(body) - 1}/{size}"
    return _Answer(206, body, headers)


_EARLY = {
    "error_500": _Answer(500, b"internal error"),
    "error_503": _Answer(503, b"slow down", {"Retry-After": "1"}),
    "forbidden": _Answer(403, b"forbidden"),
    "missing": _Answer(404, b"no such file"),
}
Sender = Callable[[web.BaseRequest, _Answer, float], Awaitable[web.StreamResponse]]


async def _send_well(request: web.BaseRequest, answer: _Answer, _: float) -> web.StreamResponse:
    if request.method == "HEAD":
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        await response.prepare(request)
        return response
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


async def _send_half(request: web.BaseRequest, answer: _Answer) -> None:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if request.method != "HEAD":  # whose answer says the length of another one's body
        response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    await asyncio.sleep(0.01)  # so that the half arrives before what follows


async def _reset(request: web.BaseRequest, answer: _Answer, _: float) -> web.StreamResponse:
    await _send_half(request, answer)
    _abort(request)
    return web.Response()


async def _cut(request: web.BaseRequest, answer: _Answer, _: float) -> web.StreamResponse:
    await _send_half(request, answer)
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _short(request: web.BaseRequest, answer: _Answer, _: float) -> web.StreamResponse:
    half = replace(answer, body=answer.body[: len(answer.body) // 2])
    return await _send_well(request, half, 0)


async def _stall(request: web.BaseRequest, answer: _Answer, stall_s: float) -> web.StreamResponse:
    await _send_half(request, answer)
    await asyncio.sleep(stall_s)
    return await _reset(request, answer, stall_s)


async def _drip(request: web.BaseRequest, answer: _Answer, _: float) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    step = max(1, len(answer.body) // 20)
    for start in range(0, len(answer.body), step):
        await response.write(answer.body[start : start + step])
        await asyncio.sleep(0.05)
    return response


def _abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()


_SENDERS: dict[str, Sender] = {
    "reset": _reset,
    "cut": _cut,
    "short": _short,
    "stall_within": _stall,
    "slow": _drip,
}
