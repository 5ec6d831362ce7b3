"""The process that asks, and may be killed: the same requests through the asker, or the bare SDK.

Nothing here knows what is measured. What it did is written at its end, into one file.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skeletonllm.endpoint.request import ChatRequest, Message, Picture, Sampling

MODEL = "gpt-4o"
"""Of the formula of tokens; the server bills by the same one."""
PIXELS = 1024
LABELS = ("wave", "sit down", "stand up", "throw", "kick something", "clap")
PROMPT = "Say what the body does, in steps, and end with the label. Recording {}. Label: {}"
LOOK_S = 0.02
"""Between two looks at how many requests wait."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the process does.

    Args:
        base_url: Of the server.
        result: File that is written at the end.
        folder: Of the answers; None: through the bare SDK.
        requests: How many.
        picture_bytes: Random bytes that stand for a JPEG file, in each.
        concurrency: Most in flight.
        timeout_s: Longest wait for an answer.
        requests_per_minute: What the user states; None leaves it to the server.
        max_usd: Budget; None for none.
        prices: File of prices.
    """

    base_url: str
    result: str
    folder: str | None
    requests: int
    picture_bytes: int = 40_000
    concurrency: int = 64
    timeout_s: float = 60.0
    requests_per_minute: float | None = None
    max_usd: float | None = None
    prices: str | None = None


def make_request(plan: Plan, number: int) -> ChatRequest:
    """A question about one picture; the same number gives the same bytes in every process.

    Args:
        plan: Says where it goes.
        number: Of the request.
    """
    data = random.Random(number).randbytes(plan.picture_bytes)
    picture = Picture(data, PIXELS, PIXELS, recipe=f"random/{number}")
    text = PROMPT.format(number, LABELS[number % len(LABELS)])
    message = Message("user", (text, picture))
    return ChatRequest(plan.base_url, MODEL, (message,), Sampling(max_tokens=200), "fire/1")


def run_plan(path: str) -> None:
    """Carry out the plan of a JSON file.

    Args:
        path: Of the file.
    """
    plan = _read_plan(path)
    _ask_all(plan, (make_request(plan, number) for number in range(plan.requests)))


def _read_plan(path: str) -> Plan:
    return Plan(**json.loads(Path(path).read_text()))


def _ask_all(plan: Plan, requests: Iterable[ChatRequest]) -> None:
    ask = _ask_bare if plan.folder is None else _ask_through_asker
    done = asyncio.run(ask(plan, requests))
    done["peak_mb"] = measure_peak_megabytes()
    Path(plan.result).write_text(json.dumps(done))


def fork_when_told(path: str) -> None:
    """Carry out a plan in one process after another, each killed with -9 when that is told.

    Each line on the standard input begins one, and the next line kills it; how it ended is
    printed then. All is loaded and made before: a process that is killed a second after it asked
    first would spend most of its life with that, and the limit of the rate would never be reached.

    Args:
        path: Of the plan's file.
    """
    # Only loaded: no thread may run before a fork.
    import openai.resources.chat.completions  # noqa: F401, PLC0415

    import schemas  # noqa: F401, PLC0415
    import skeletonllm.endpoint.asker  # noqa: F401, PLC0415

    plan = _read_plan(path)
    requests = [make_request(plan, number) for number in range(plan.requests)]
    assert all(request.key for request in requests)  # it is kept, once it was made
    print("ready", flush=True)
    while sys.stdin.readline():
        if (child := os.fork()) == 0:
            _ask_all(plan, requests)
            os._exit(0)  # the input and output are the parent's
        sys.stdin.readline()
        os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def start_command(path: str, function: str = run_plan.__name__) -> list[str]:
    """Command line of a process that carries out a plan.

    Args:
        path: Of the plan's file.
        function: Of this module, that takes it.
    """
    code = f"from {__name__} import {function}; {function}({path!r})"
    return [sys.executable, "-c", code]


def measure_peak_megabytes() -> float:
    """The most megabytes this process ever had resident (VmHWM).

    Not of :mod:`benchmarks.timing`: that loads torch, which would be most of them.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


async def _ask_through_asker(plan: Plan, requests: Iterable[ChatRequest]) -> dict[str, Any]:
    from skeletonllm.endpoint.asker import Asker  # noqa: PLC0415 - what is not measured loads late
    from skeletonllm.endpoint.settings import EndpointSettings  # noqa: PLC0415

    assert plan.folder is not None
    settings = EndpointSettings(
        base_url=plan.base_url,
        model=MODEL,
        requests_per_minute=plan.requests_per_minute,
        concurrency=plan.concurrency,
        timeout_s=plan.timeout_s,
        max_usd=plan.max_usd,
        prices=plan.prices,
    )
    asker = await Asker.open(settings, plan.folder)
    waiting: list[tuple[float, int]] = []
    watcher = asyncio.create_task(_watch(asker, plan.requests, waiting))
    started = time.process_time()
    asked = (asker.ask(request) for request in requests)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    cpu_s = time.process_time() - started
    watcher.cancel()
    await asker.close()
    waiting.append((time.monotonic(), 0))
    said = [a.to_json() for a in answers if not isinstance(a, BaseException)]
    errors = [f"{type(a).__name__}: {a}" for a in answers if isinstance(a, BaseException)]
    progress = asdict(asker.progress())
    return {
        "answers": said, "errors": errors, "cpu_s": cpu_s, "waiting": waiting,
        "progress": progress,
    }  # fmt: skip


async def _watch(asker: Any, requests: int, waiting: list[tuple[float, int]]) -> None:
    """Note how many requests wait that may be sent; those before a second attempt may not yet."""
    while True:
        seen = asker.progress()
        # First attempts are sent before second ones, so this is at most those never sent.
        waits = max(seen.waiting, requests - seen.cached - seen.attempts)
        if not waiting or waiting[-1][1] != waits:
            waiting.append((time.monotonic(), waits))
        await asyncio.sleep(LOOK_S)


async def _ask_bare(plan: Plan, requests: Iterable[ChatRequest]) -> dict[str, Any]:
    """What anybody would write with the SDK, with a pool as large as the asker's in all."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    limits = httpx2.Limits(
        max_connections=plan.concurrency, max_keepalive_connections=plan.concurrency
    )
    client = httpx2.AsyncClient(limits=limits, timeout=plan.timeout_s, trust_env=False)
    sdk = openai.AsyncOpenAI(
        api_key="none", base_url=plan.base_url, max_retries=0, http_client=client
    )
    slots = asyncio.Semaphore(plan.concurrency)

    async def ask(request: ChatRequest) -> str:
        async with slots:
            said = await sdk.chat.completions.create(**request.body())
        return said.choices[0].message.content or ""

    started = time.process_time()
    texts = await asyncio.gather(*(ask(request) for request in requests))
    cpu_s = time.process_time() - started
    await sdk.close()
    return {"answers": [len(text) for text in texts], "errors": [], "cpu_s": cpu_s}
