"""Runs the server: in a thread of this process, or as this process."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from skeletonllm.testing.fake_endpoint.batches import BatchPlan
from skeletonllm.testing.fake_endpoint.faults import FaultPlan
from skeletonllm.testing.fake_endpoint.handling import Handler, Setup
from skeletonllm.testing.fake_endpoint.journal import Event, Journal, read_journal
from skeletonllm.testing.fake_endpoint.limits import Limits
from skeletonllm.testing.fake_endpoint.replies import PICTURE_TOKENS, ReplyFunction, echo_label

HOST = "127.0.0.1"
BACKLOG = 2048
"""Connections that wait to be taken on: a client may open a thousand at once."""
CLOSE_S = 0.05
"""How long open requests may go on when the server ends; those that hang would go on for ever."""
PATIENCE_S = 30.0

Started = Callable[[str], None]
Stop = Callable[[], Awaitable[object]]


class FakeEndpoint:
    """An OpenAI-compatible server on 127.0.0.1 that fails as it is told to.

    It runs in a thread of this process while the block lasts. To judge a client that is killed, or
    its use of the processor, run ``python -m skeletonllm.testing.fake_endpoint`` instead.

    Args:
        reply: The text to a request; by default JSON with the label that the request names.
        faults: What goes wrong.
        limits: What is permitted a minute.
        batches: How batches fare.
        log: File of the log; None keeps it in memory.
        key: What clients must send; None for any.
        latency_s: Seconds that an answer takes: one number, or least and most.
        models: Those that are known; None for any.
        picture_tokens: What a picture costs.
        port: 0 for any that is free.

    Example:
        >>> with FakeEndpoint(faults=FaultPlan(script=["error_500"])) as server:
        ...     server.base_url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        *,
        reply: ReplyFunction = echo_label,
        faults: FaultPlan | None = None,
        limits: Limits | None = None,
        batches: BatchPlan | None = None,
        log: Path | str | None = None,
        key: str | None = None,
        latency_s: float | tuple[float, float] = 0.0,
        models: Sequence[str] | None = None,
        picture_tokens: int = PICTURE_TOKENS,
        port: int = 0,
    ) -> None:
        span = latency_s if isinstance(latency_s, tuple) else (latency_s, latency_s)
        self._setup = Setup(
            reply=reply,
            faults=faults or FaultPlan(),
            limits=limits or Limits(),
            batches=batches or BatchPlan(),
            key=key,
            latency_s=span,
            models=models,
            picture_tokens=picture_tokens,
        )
        self.key = key or "any-key"
        self.base_url = ""
        self._log, self._port = log, port
        self._journal = Journal(None)
        self._failure: BaseException | None = None

    def __enter__(self) -> FakeEndpoint:
        self._journal = Journal(self._log)
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake endpoint", daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the fake endpoint did not start"
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    def read_log(self) -> list[Event]:
        """Events so far."""
        return list(self._journal.events) if self._log is None else read_journal(self._log)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:
                self._failure = error
            finally:
                self._journal.close()
                self._ready.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        await serve(self._setup, self._journal, self._port, self._start, self._stop.wait)

    def _start(self, base_url: str) -> None:
        self.base_url = base_url
        self._ready.set()


async def serve(setup: Setup, journal: Journal, port: int, started: Started, stop: Stop) -> None:
    """Serve until ``stop`` returns.

    Args:
        setup: What is answered.
        journal: The log.
        port: 0 for any that is free.
        started: Told the base URL once the server listens.
        stop: Waited for.
    """
    # The low level server: no routes, no middlewares, no log of accesses beside our own.
    server = web.Server(
        Handler(setup, journal),
        request_factory=_make_request,
        handler_cancellation=True,  # who hangs must notice that the client is gone
        access_log=None,
    )
    runner = web.ServerRunner(server, shutdown_timeout=CLOSE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port, backlog=BACKLOG).start()
        started(f"http://{HOST}:{runner.addresses[0][1]}/v1")
        await stop()
    finally:
        await runner.cleanup()


def run_until_terminated(setup: Setup, journal: Journal, port: int, started: Started) -> None:
    """Serve in this process until SIGTERM or an interrupt.

    Args:
        setup: See :func:`serve`.
        journal: See there.
        port: See there.
        started: See there.
    """

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(setup, journal, port, started, stop.wait)

    asyncio.run(run())


def _make_request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: Any
) -> web.BaseRequest:
    # Uploads may be of any size: their limit is the batches' own, and answered as such.
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=0)
