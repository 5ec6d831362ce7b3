"""The asker of a job: one Ray actor around :class:`skeletonllm.endpoint.asker.Asker`.

Tasks that render and check ask through its handle. So limits, budget and cache hold for the job and
not for each process. It runs on the machine of the driver, which is the only one that needs the
key; the key is read from the environment there and goes nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

import ray
from ray.util.metrics import Gauge
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from rich.console import Console

from pipelines.progress import LOG_EVERY_S, LOOK_EVERY_S
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.asker import Asker, Progress
from skeletonllm.endpoint.batches.asker import BatchAsker
from skeletonllm.endpoint.request import ChatRequest
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import EndpointError, SkeletonLLMError
from skeletonllm.storage import hold_lock, join
from skeletonllm.storage.layout import WORK

log = logging.getLogger(__name__)

DYING_S = 30.0
"""How long to wait for the asker of a killed job, which may outlive its driver by a moment."""
AT_ONCE = 100_000
"""Calls that may wait inside the actor; how many are sent at once, the settings say."""
METRICS_EVERY_S = 5.0


@dataclass(frozen=True)
class AskerConfig:
    """An asker and where its answers lie.

    Args:
        endpoint: Where and how hard is asked.
        answers: Folder of the stage of answers.
        reuse: Finished folders of answers, looked into before anything is asked.
    """

    endpoint: EndpointSettings
    answers: str
    reuse: tuple[str, ...] = ()


class AskerActor:
    """What the handle of :func:`open_asker` leads to. Its methods are those of the asker.

    Args:
        config: What to open.
    """

    def __init__(self, config: AskerConfig) -> None:
        self._config, self._held = config, ExitStack()
        self._asker: Asker | BatchAsker | None = None
        self._metrics: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take the lock, and open the cache and the ledger."""
        work = join(self._config.answers, WORK)
        await asyncio.to_thread(self._held.enter_context, hold_lock(work, "asker", wait_s=DYING_S))
        kind = BatchAsker if self._config.endpoint.batch else Asker
        self._asker = await kind.open(self._config.endpoint, work, self._config.reuse)
        self._metrics = asyncio.create_task(self._publish())

    async def ask(self, request: ChatRequest) -> Answer | None:
        """See :meth:`skeletonllm.endpoint.asker.Asker.ask`; None: a batch must bring it first."""
        assert self._asker is not None
        return await self._asker.ask(request)

    async def flush(self) -> bool:
        """See :meth:`skeletonllm.endpoint.batches.asker.BatchAsker.flush`."""
        assert isinstance(self._asker, BatchAsker)
        return await self._asker.flush()

    async def progress(self) -> Progress:
        """See :meth:`skeletonllm.endpoint.asker.Asker.progress`."""
        assert self._asker is not None
        return self._asker.progress()

    async def drain(self, reason: str) -> None:
        """See :meth:`skeletonllm.endpoint.asker.Asker.drain`."""
        if self._asker is not None:
            self._asker.drain(reason)

    async def close(self, finished: bool) -> None:
        """End in order; a finished stage keeps its answers in its parts, not one by one.

        Args:
            finished: Whether the manifest of the stage stands.
        """
        if self._metrics is not None:
            self._metrics.cancel()
        if self._asker is not None:
            await self._asker.close()
            if finished:
                await asyncio.to_thread(self._asker.remove_loose)
        self._held.close()

    async def _publish(self) -> None:
        """Ray's own metrics, for the dashboards of a cluster."""
        names = ("answered", "attempts", "in_flight", "waiting", "rate", "spent_usd")
        gauges = {n: Gauge(f"skeletonllm_asker_{n}", f"Of the asker: {n}.") for n in names}
        while self._asker is not None:
            now = self._asker.progress()
            values = {**vars(now), "spent_usd": now.spend.spent_usd}
            for name, gauge in gauges.items():
                gauge.set(values[name])
            await asyncio.sleep(METRICS_EVERY_S)


@contextmanager
def open_asker(config: AskerConfig, expected: int) -> Iterator[Any]:
    """A handle of the job's asker; SIGTERM lets what is in flight come in, and ends the job.

    Args:
        config: What to open.
        expected: Answers that the job will need, for the time that is left.

    Raises:
        UsageError: Another job is at work on the answers, or there is no key or price.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = (
        ray.remote(num_cpus=0, max_concurrency=AT_ONCE)(AskerActor)
        .options(scheduling_strategy=here)
        .remote(config)
    )
    finished = False
    try:
        unwrap(actor.start.remote())
        with _drained_on_sigterm(actor), _followed(actor, expected, config.endpoint.max_usd):
            yield actor
        finished = True
    finally:
        with suppress(Exception):  # what ended the job is what must be said
            ray.get(actor.close.remote(finished))
        ray.kill(actor)


def unwrap(reference: Any) -> Any:
    """What a call of an actor gave; our own errors as they were raised there.

    Raises:
        SkeletonLLMError: As raised by the call.
        EndpointError: The actor died.
    """
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = getattr(error, "cause", error)
        if isinstance(cause, SkeletonLLMError):
            raise cause from None
        raise
    except ray.exceptions.RayActorError as error:
        hint = "Run the same command again: it goes on from here."
        why = " ".join(str(error).split()).rstrip(".")  # Ray says it in many lines
        raise EndpointError(f"the asker has died ({why})", hint=hint) from None


@contextmanager
def _drained_on_sigterm(actor: Any) -> Iterator[None]:
    def drain(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
        log.warning("asked to stop: nothing more is sent; what is in flight is waited for")
        actor.drain.remote("the job was asked to stop; all answers so far are kept")

    if threading.current_thread() is not threading.main_thread():
        yield  # signals are set by the main thread alone
        return
    before = signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _followed(actor: Any, expected: int, max_usd: float | None) -> Iterator[None]:
    """Spend, rate and time left: on a terminal twice a second, in a log once a minute."""
    console, over, started = Console(stderr=True), threading.Event(), time.monotonic()

    def line() -> str:
        now = ray.get(actor.progress.remote())
        return describe_progress(now, expected, max_usd, time.monotonic() - started)

    def show(say: Callable[[str], None], every_s: float) -> None:
        with suppress(Exception):  # the asker is gone: the job says why
            while not over.wait(every_s):
                say(line())

    with ExitStack() as held:
        if console.is_terminal:
            status = held.enter_context(console.status("asking ..."))
            how: tuple[Any, ...] = (status.update, LOOK_EVERY_S)
        else:
            how = (lambda text: log.info("asking: %s", text), LOG_EVERY_S)
        watcher = threading.Thread(target=show, args=how, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join(LOOK_EVERY_S)
            with suppress(Exception):
                log.info("asked: %s", line())


def describe_progress(now: Progress, expected: int, max_usd: float | None, elapsed_s: float) -> str:
    """One line: how many answers, at which rate, for how much, and how long it will take.

    Args:
        now: Of the asker.
        expected: Answers that the job will need.
        max_usd: The budget, or None.
        elapsed_s: Seconds since the asker was opened.
    """
    done, rate = now.answered + now.cached, now.answered / max(elapsed_s, 1e-9)
    left = max(expected - done, 0)
    spend = now.spend
    money = f"${spend.spent_usd + spend.unresolved_usd:.4f}"
    parts = [
        f"{done:,} of about {expected:,} answers ({now.cached:,} from the cache)",
        f"{60 * rate:.0f} a minute, {now.rate:.0%} of the limit"
        if now.rate
        else f"{60 * rate:.0f} a minute",
        f"{money} of ${max_usd:g}" if max_usd is not None else money,
        f"{now.in_flight} in flight, {now.waiting} wait",
    ]
    if now.batches:
        parts.append(f"{now.batches} batches at work")
    if now.failures:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(now.failures.items()))
        parts.append(f"failed attempts: {kinds}")
    if unsure := spend.maybe_billed + spend.unresolved:
        parts.append(f"{unsure} may have been charged (${spend.unresolved_usd:.4f} at most)")
    if rate and left:
        parts.append(f"{left / rate / 60:.0f} min left")
    return "; ".join(parts)
