"""What the server does with a request: key, limits, faults, answer, log."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from skeletonllm.testing.fake_endpoint.batches import Answered, BatchDesk, BatchPlan
from skeletonllm.testing.fake_endpoint.exchange import MOST_BYTES, Exchange
from skeletonllm.testing.fake_endpoint.faults import BILLED, FaultPlan, draw
from skeletonllm.testing.fake_endpoint.journal import CHAT, Journal, hash_body
from skeletonllm.testing.fake_endpoint.limits import Gate, Limits
from skeletonllm.testing.fake_endpoint.replies import (
    PICTURE_TOKENS,
    ReplyFunction,
    count_tokens_in,
    echo_label,
    make_completion,
)
from skeletonllm.testing.fake_endpoint.spoiling import (
    HTML,
    is_refusal,
    make_error,
    refuse,
    spoil,
)

Answer = web.StreamResponse
_WRONG = "invalid_request_error"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """All that decides what a server answers.

    Args:
        reply: The text to a request.
        faults: What goes wrong.
        limits: What is permitted a minute.
        batches: How batches fare.
        key: What clients must send; None for any.
        latency_s: Least and most seconds that an answer takes; drawn for each body.
        models: Those that are known; None for any.
        picture_tokens: What a picture costs.
    """

    reply: ReplyFunction = echo_label
    faults: FaultPlan = field(default_factory=FaultPlan)
    limits: Limits = field(default_factory=Limits)
    batches: BatchPlan = field(default_factory=BatchPlan)
    key: str | None = None
    latency_s: tuple[float, float] = (0.0, 0.0)
    models: Sequence[str] | None = None
    picture_tokens: int = PICTURE_TOKENS


class Handler:
    """Answers every request of a server.

    Args:
        setup: What it answers.
        journal: Where it says so.
    """

    def __init__(self, setup: Setup, journal: Journal) -> None:
        self._setup, self._journal = setup, journal
        self._gate = Gate(setup.limits)
        self._counts_tokens = any(step.tokens is not None for step in setup.limits.steps)
        self._ids, self._sent = itertools.count(), 0
        self._seen: Counter[str] = Counter()
        self._desk_faults = iter(setup.batches.script)
        self._desk = BatchDesk(setup.batches, self._answer_row, self._accept_row)

    async def __call__(self, request: web.BaseRequest) -> Answer:
        """The response, which was sent; the log has both ends of it.

        Args:
            request: As aiohttp gives it.
        """
        exchange = Exchange(request, next(self._ids))
        if request.path == "/health":
            return web.json_response({"status": "ok"})
        try:
            return await self._answer(exchange)
        finally:
            # Also where the client gave up, or was killed: then this task is cancelled.
            self._journal.write(
                "end", id=exchange.number, path=request.path, sha256=exchange.sha256,
                fault=exchange.fault, billed=_is_billed(exchange), **exchange.ended,
            )  # fmt: skip

    async def _answer(self, exchange: Exchange) -> Answer:
        request = exchange.request
        if (request.content_length or 0) > MOST_BYTES and request.path != "/v1/files":
            return await self._refuse(exchange, 413, "The request is too large.")
        if request.content_type == "multipart/form-data":
            return await self._upload(exchange)
        await exchange.read()
        if request.path == CHAT and self._counts_tokens:
            exchange.tokens = self._count(exchange)
        self._journal.write("arrive", **exchange.describe_arrival())
        if not self._may_ask(request):
            exchange.fault = "key"
            return await self._refuse(exchange, 401, "Incorrect API key.", "invalid_api_key")
        if request.path == CHAT and request.method == "POST":
            return await self._chat(exchange)
        return await self._answer_others(exchange)

    async def _answer_others(self, exchange: Exchange) -> Answer:
        request, path = exchange.request, exchange.request.path.removeprefix("/v1/")
        if path == "models":
            names = self._setup.models or ("tiny",)
            listed = [{"id": n, "object": "model", "created": 0, "owned_by": "fake"} for n in names]
            return await self._say(exchange, 200, {"object": "list", "data": listed})
        if path.partition("/")[0] in ("files", "batches"):
            data = exchange.raw
            return await self._call_desk(
                exchange, lambda: self._desk.answer(request.method, path, request.query, data)
            )
        return await self._refuse(exchange, 404, f"Unknown path {request.path}")

    async def _upload(self, exchange: Exchange) -> Answer:
        form = await exchange.request.post()
        file = form.get("file")
        data = file.file.read() if isinstance(file, web.FileField) else b""
        name = file.filename if isinstance(file, web.FileField) else ""
        exchange.size = len(data)
        self._journal.write("arrive", **exchange.describe_arrival())
        if not self._may_ask(exchange.request):
            exchange.fault = "key"
            return await self._refuse(exchange, 401, "Incorrect API key.", "invalid_api_key")
        purpose = str(form.get("purpose"))
        return await self._call_desk(exchange, lambda: self._desk.upload(name, purpose, data))

    async def _call_desk(self, exchange: Exchange, call: Callable[[], Answered]) -> Answer:
        exchange.fault = next(self._desk_faults, None)
        if exchange.fault is not None and is_refusal(exchange.fault):
            return await self._fail(exchange, exchange.fault)
        try:
            said = call()
        except ValueError as error:
            return await self._refuse(exchange, 400, f"This is not JSON: {error}")
        return exchange.drop() if exchange.fault == "dropped" else await self._say(exchange, *said)

    async def _chat(self, exchange: Exchange) -> Answer:
        if wait := self._gate.admit(exchange.tokens, time.monotonic()):
            exchange.fault, exchange.ended["retry_after"] = "limits", wait
            said = make_error("Rate limit reached.", "requests", "rate_limit_exceeded")
            return await self._say(exchange, 429, said, {"retry-after": f"{wait:.6g}"})
        number, seen = self._count_sent(exchange.sha256)
        if self._setup.faults.is_revoked(number):
            exchange.fault = "revoked"
            return await self._refuse(exchange, 401, "The key was revoked.", "invalid_api_key")
        exchange.fault = self._setup.faults.choose(exchange.sha256, seen, number)
        low, high = self._setup.latency_s
        latency = low + (high - low) * draw("latency", exchange.sha256, seen)
        if exchange.fault == "hang":
            exchange.forget_body()
            await asyncio.Event().wait()
        if exchange.fault is not None and is_refusal(exchange.fault):
            exchange.forget_body()
            await asyncio.sleep(latency)
            return await self._fail(exchange, exchange.fault)
        try:
            if wrong := self._find_wrong(exchange.body):
                return await self._refuse(exchange, *wrong)
            completion = self._complete(exchange.body, exchange.fault, exchange.sha256, seen)
        except ValueError as error:
            return await self._refuse(exchange, 400, f"This is not JSON: {error}")
        payload = json.dumps(completion).encode()
        del completion
        exchange.forget_body()
        await asyncio.sleep(latency)
        return await self._deliver(exchange, payload)

    def _count_sent(self, sha256: str) -> tuple[int, int]:
        """How many requests were sent before, and how often this one."""
        before = self._sent, self._seen[sha256]
        self._sent += 1
        self._seen[sha256] += 1
        return before

    async def _fail(self, exchange: Exchange, fault: str) -> Answer:
        authorization = exchange.request.headers.get("authorization", "")
        status, body, headers = refuse(fault, self._setup.faults, authorization)
        if "retry-after" in headers:
            exchange.ended["retry_after"] = float(headers["retry-after"])
        return await self._say(exchange, status, body, headers)

    async def _deliver(self, exchange: Exchange, payload: bytes) -> Answer:
        """Send a completion; some faults lie in how that is done."""
        if exchange.fault == "dropped":
            return exchange.drop()
        headers = self._state(exchange)
        if exchange.fault == "slow":
            return await exchange.send_slowly(payload, headers, self._setup.faults.slow_s)
        if exchange.fault == "cut":
            return await exchange.send_half(payload, headers)
        if exchange.fault == "html":
            return await exchange.send(200, HTML.encode(), headers, "text/html")
        return await exchange.send(200, payload, headers)

    def _complete(self, body: dict[str, Any], fault: str | None, sha: str, seen: int) -> Any:
        reply, tokens = self._setup.reply(body), self._setup.picture_tokens
        return spoil(make_completion(body, reply, f"{sha[:24]}-{seen}", tokens), fault)

    def _find_wrong(self, body: dict[str, Any]) -> tuple[int, str, str | None] | None:
        """Status, message and code of a request that cannot be answered."""
        models = self._setup.models
        if models is not None and body.get("model") not in models:
            return 404, f"The model {body.get('model')!r} does not exist.", "model_not_found"
        if not body.get("messages"):
            return 400, "The request has no messages.", None
        return (400, "Streams are not supported here.", None) if body.get("stream") else None

    def _count(self, exchange: Exchange) -> int:
        """Tokens as OpenAI counts them for its limits: input, and the most of the answer."""
        try:
            body = exchange.body
            most = body.get("max_tokens") or body.get("max_completion_tokens") or 0
            return count_tokens_in(body, self._setup.picture_tokens) + int(most)
        except (ValueError, AttributeError, TypeError):
            return 0  # it is refused later, by a better reason

    def _answer_row(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One row of a batch; it can meet the faults that do not lie in a connection."""
        sha = hash_body(body)
        number, seen = self._count_sent(sha)
        fault = self._setup.faults.choose(sha, seen, number)
        if wrong := self._find_wrong(body):
            return wrong[0], make_error(wrong[1], _WRONG, wrong[2])
        if fault is not None and is_refusal(fault):
            return refuse(fault, self._setup.faults)[:2]
        return 200, self._complete(body, fault, sha, seen)

    def _accept_row(self, batch: str, custom_id: str, body: dict[str, Any]) -> None:
        self._journal.write("row", batch=batch, custom_id=custom_id, sha256=hash_body(body))

    def _may_ask(self, request: web.BaseRequest) -> bool:
        key = self._setup.key
        return key is None or request.headers.get("authorization") == f"Bearer {key}"

    def _state(self, exchange: Exchange) -> dict[str, str]:
        headers = self._gate.state(time.monotonic())
        stated = self._gate.stated
        exchange.ended.update(limit_requests=stated.requests, limit_tokens=stated.tokens)
        return headers

    async def _say(
        self, exchange: Exchange, status: int, body: Any, headers: dict[str, str] | None = None
    ) -> Answer:
        stated = self._state(exchange) if exchange.request.path == CHAT else {}
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await exchange.send(status, payload, {**stated, **(headers or {})})

    async def _refuse(
        self, exchange: Exchange, status: int, message: str, code: str | None = None
    ) -> Answer:
        return await self._say(exchange, status, make_error(message, _WRONG, code))


def _is_billed(exchange: Exchange) -> str:
    """Whether a provider would charge it: ``yes``, ``no`` or ``maybe``."""
    status = exchange.ended["status"]
    if exchange.request.path != CHAT or status not in (None, 200):
        return "no"
    if exchange.fault is None:
        return "yes" if status == 200 else "maybe"  # the client left before the answer
    return BILLED[exchange.fault]
