"""One copy of the model behind OpenAI's routes: what each replica runs. It knows nothing of Ray."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from skeletonllm.answering.attachments import read_attachments
from skeletonllm.answering.chat import (
    ChatRequest,
    Completion,
    parse_request,
    write_error,
    write_event,
)
from skeletonllm.answering.clip_asker import ClipAsker, Look
from skeletonllm.answering.reply import Reply
from skeletonllm.errors import SkeletonLLMError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """One server.

    Args:
        checkpoint: The folder ``checkpoint`` of a training run.
        name: Of the model, for clients; None for model and last stage, such as ``tiny-refine``.
        release: The release it was trained on, where the checkpoint does not say its classes.
        host: Address that it listens at. Another one than this machine's own is open to others:
            nobody is asked for a key.
        port: Likewise.
        replicas: Copies of the model, each in a process of its own.
        gpu: Whether each has a GPU.
        threads: Threads of torch in each.
        most_bytes: Of a request; a file in base64 takes a third more than on disk.
    """

    checkpoint: str
    name: str | None = None
    release: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    replicas: int = 1
    gpu: bool = False
    threads: int = 1
    most_bytes: int = 64 << 20


class ChatServer:
    """One copy of the model: what each replica runs.

    Args:
        config: The server.
    """

    def __init__(self, config: ServeConfig) -> None:
        torch.set_num_threads(config.threads)
        self.config, self.turn, self.started = config, asyncio.Lock(), int(time.time())
        self.failure: SkeletonLLMError | None = None
        try:
            device = "cuda" if config.gpu else "cpu"
            self.asker = ClipAsker.open(config.checkpoint, device, config.release)
            self.model = config.name or self.asker.name
        except SkeletonLLMError as error:
            # Raised here, Ray Serve would try again and again, and tell it as its own failure.
            self.failure = error

    def get_failure(self) -> SkeletonLLMError | None:
        """Why the model could not be loaded; None if it was."""
        return self.failure

    async def __call__(self, request: Request) -> Response:
        """Answer one request of HTTP."""
        try:
            return await self._route(request.method, request.url.path.rstrip("/"), request)
        except SkeletonLLMError as error:
            return _refuse(str(error), 400)
        except Exception as error:
            log.exception("a request failed")
            return _refuse(f"an error that nobody foresaw ({type(error).__name__})", 500)

    async def _route(self, method: str, path: str, request: Request) -> Response:
        if (method, path) == ("POST", "/v1/chat/completions"):
            return await self._complete(request)
        answers: dict[str, Any] = {
            "/v1/models": {"object": "list", "data": [self._describe()]},
            f"/v1/models/{self.model}": self._describe(),
            "/health": {"status": "ok"},
        }
        if method == "GET" and path in answers:
            return JSONResponse(answers[path])
        return _refuse(f"no {method} {path} here", 404)

    def _describe(self) -> dict[str, Any]:
        return {
            "id": self.model,
            "object": "model",
            "created": self.started,
            "owned_by": "skeletonllm",
        }

    async def _complete(self, request: Request) -> Response:
        data = await _read_body(request, self.config.most_bytes)
        if data is None:
            most = f"at most {self.config.most_bytes:,} bytes, --max-megabytes"
            return _refuse(f"the request is too large; expected {most}", 413)
        asked = await asyncio.to_thread(parse_request, data)
        if asked.model not in ("", self.model):
            found = f"no model {asked.model!r}; expected {self.model!r}"
            return _refuse(found, 404, "model_not_found")
        clip = await asyncio.to_thread(read_attachments, asked.files)
        async with self.turn:
            look = await asyncio.to_thread(self.asker.look, clip)
        pieces = self._tell(look, asked)
        completion = Completion(
            f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), self.model, asked.remarks
        )
        first = await anext(pieces)  # what cannot be asked is refused, not streamed
        if asked.stream:
            events = _stream(first, pieces, completion, usage=asked.usage)
            return StreamingResponse(events, media_type="text/event-stream")
        reply = first
        async for piece in pieces:
            reply = piece
        assert isinstance(reply, Reply)
        return JSONResponse(completion.write(reply))

    async def _tell(self, look: Look, asked: ChatRequest) -> AsyncIterator[str | Reply]:
        """Pieces of the answer; requests take turns, so that a long answer holds up no other."""
        steps = self.asker.tell(look, asked.inquiry)
        while True:
            async with self.turn:
                piece = await asyncio.to_thread(next, steps, None)
            if piece is None:
                return
            yield piece


async def _stream(
    first: str | Reply, pieces: AsyncIterator[str | Reply], completion: Completion, *, usage: bool
) -> AsyncIterator[bytes]:
    piece: str | Reply = first
    try:
        while isinstance(piece, str):
            yield completion.chunk(piece)
            piece = await anext(pieces)
        yield completion.end(piece, usage=usage)
    except Exception as error:  # the status is sent already: an event has to say it
        log.exception("a stream failed")
        yield write_event(write_error(f"the answer ended early ({type(error).__name__})", 500))


async def _read_body(request: Request, most: int) -> bytes | None:
    """The body; None if it is longer than ``most`` bytes, of which the rest is not kept."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


def _refuse(message: str, status: int, code: str | None = None) -> Response:
    return JSONResponse(write_error(message, status, code), status)
