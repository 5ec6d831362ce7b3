"""Chat completions in OpenAI's format: requests into inquiries, replies into what clients read.

Only the last question counts: a model of ours answers one about one clip. What a request holds
beyond that is refused, or told in ``skeletonllm.remarks`` of the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.answering.attachments import Attachment
from skeletonllm.answering.inquiry import Inquiry
from skeletonllm.answering.reply import Reply
from skeletonllm.errors import UsageError

MOST_TOKENS = 4096
"""That a request may ask for: a minute or more of a large model."""
REFUSED = ("tools", "tool_choice", "functions", "response_format", "stop", "logprobs", "audio")
"""Fields that change what an answer is, and that nothing here does."""
IGNORED = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "logit_bias")
"""Fields of sampling: every answer here is the likeliest one."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ChatRequest:
    """What a request asks.

    Args:
        model: Name of the model that is asked.
        inquiry: What is asked about the clip.
        files: That the clip is read from.
        stream: Whether the answer is sent in pieces.
        usage: Whether a stream ends with the number of tokens.
        remarks: What of the request was not heeded, a sentence each.
    """

    model: str
    inquiry: Inquiry
    files: tuple[Attachment, ...]
    stream: bool = False
    usage: bool = False
    remarks: tuple[str, ...] = ()


@dataclass
class _Said:
    """What the user said in a turn."""

    texts: list[str] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)


def parse_request(data: bytes) -> ChatRequest:
    """The body of ``POST /v1/chat/completions``.

    Args:
        data: JSON. Beyond OpenAI's fields it may have ``kind``, ``classes`` and ``choices``, see
            :class:`Inquiry` (``extra_body`` of the client).

    Raises:
        UsageError: What cannot be asked, in a sentence a person can act on.
    """
    try:
        body = json.loads(data)
    except ValueError as error:
        raise UsageError(f"a body that is no JSON ({error})") from None
    if not isinstance(body, dict):
        raise UsageError("a body that is no JSON object")
    refused = [name for name in REFUSED if body.get(name)]
    if refused or body.get("n") not in (None, 1):
        raise UsageError(
            f"{', '.join(refused) or 'n'}: not supported", hint="Leave it out; one answer is given."
        )
    remarks = [f"{name} was not heeded: answers are greedy" for name in IGNORED if body.get(name)]
    said = _read_messages(_take(body, "messages", list, []), remarks)
    files = next((turn.files for turn in reversed(said) if turn.files), [])
    if not files:
        raise UsageError(
            "no motion file in the messages",
            expected="a content part {'type': 'file', 'file': {'filename': ..., 'file_data': "
            "'data:application/octet-stream;base64,...'}}",
        )
    if len(said) > 1:
        remarks.append("earlier turns were not read, but for a file: the last question counts")
    options = _take(body, "stream_options", dict, {})
    return ChatRequest(
        model=_take(body, "model", str, ""),
        inquiry=_make_inquiry(body, "\n".join(said[-1].texts).strip(), remarks),
        files=tuple(files),
        stream=_take(body, "stream", bool, False),
        usage=bool(options.get("include_usage")),
        remarks=tuple(remarks),
    )


def _read_messages(messages: list[Any], remarks: list[str]) -> list[_Said]:
    """The turns of the user."""
    said = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise UsageError(
                "a message without a role", expected='{"role": "user", "content": ...}'
            )
        if message["role"] == "user":
            said.append(_read_content(message.get("content")))
        elif message["role"] in ("system", "developer"):
            remarks.append("the system message was not read: the model has that of its training")
    if not said:
        raise UsageError("no message of the user", expected='one with "role": "user"')
    return said


def _read_content(content: Any) -> _Said:
    said = _Said()
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise UsageError("a message without content", expected="a text or a list of parts")
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            said.texts.append(_take(part, "text", str, ""))
        elif kind == "file":
            file = _take(part, "file", dict, {})
            name, url = _take(file, "filename", str, ""), _take(file, "file_data", str, "")
            if not url:
                raise UsageError("a file without file_data", hint="Files are not kept here by id.")
            said.files.append(Attachment.of(name, url))
        else:
            raise UsageError(f"a content part of type {kind!r}", expected="text or file")
    return said


def _make_inquiry(body: Body, question: str, remarks: list[str]) -> Inquiry:
    kind = _take(body, "kind", str, "") or None
    if question and kind not in (None, "question"):
        # A client sends some words with every file.
        remarks.append(f"the text was not asked: kind {kind} has words of its own")
        question = ""
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    if most is not None and (type(most) is not int or not 1 <= most <= MOST_TOKENS):
        raise UsageError(f"max_tokens {most!r}", expected=f"a number from 1 to {MOST_TOKENS}")
    names = {name: tuple(_take(body, name, list, [])) for name in ("classes", "choices")}
    if not all(isinstance(text, str) for texts in names.values() for text in texts):
        raise UsageError("classes or choices that are no texts", expected="a list of texts")
    return Inquiry.of(question, kind, max_tokens=most, **names)


def _take(body: Body, name: str, kind: type[Any], default: Any) -> Any:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise UsageError(f"{name} of type {type(value).__name__}", expected=kind.__name__)
    return value


@dataclass(frozen=True)
class Completion:
    """One answer, as clients read it: whole, or as chunks of a stream.

    Args:
        id: Of the answer.
        created: Seconds since 1970.
        model: Name of the model.
        remarks: On the request.
    """

    id: str
    created: int
    model: str
    remarks: tuple[str, ...] = ()

    def write(self, reply: Reply) -> dict[str, Any]:
        """The body of a whole answer; what OpenAI's format has no place for under ``skeletonllm``.

        Args:
            reply: The answer.
        """
        message = {"role": "assistant", "content": reply.text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": _reason(reply), "logprobs": None}
        head = self._head("chat.completion", [choice])
        return {**head, "usage": _usage(reply), "skeletonllm": self._details(reply)}

    def chunk(self, text: str) -> bytes:
        """A piece of the answer, as an event of a stream."""
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}}
        return write_event(self._head("chat.completion.chunk", [{**choice, "finish_reason": None}]))

    def end(self, reply: Reply, *, usage: bool) -> bytes:
        """The last events of a stream.

        Args:
            reply: The answer.
            usage: Whether tokens are told.
        """
        choice = {"index": 0, "delta": {}, "finish_reason": _reason(reply)}
        last = self._head("chat.completion.chunk", [choice])
        events = [write_event({**last, "skeletonllm": self._details(reply)})]
        if usage:
            head = self._head("chat.completion.chunk", [])
            events.append(write_event({**head, "usage": _usage(reply)}))
        return b"".join([*events, b"data: [DONE]\n\n"])

    def _head(self, kind: str, choices: Sequence[Body]) -> dict[str, Any]:
        known = {"id": self.id, "object": kind, "created": self.created, "model": self.model}
        return {**known, "choices": list(choices)}

    def _details(self, reply: Reply) -> dict[str, Any]:
        names = ("clip_id", "kind", "likelihoods", "claims", "label", "frames")
        told = reply.to_json()
        return {n: told[n] for n in names} | {"remarks": [*reply.remarks, *self.remarks]}


def write_event(body: Body) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def write_error(message: str, status: int, code: str | None = None) -> dict[str, Any]:
    """The body of a refusal, in OpenAI's shape.

    Args:
        message: A sentence a person can act on.
        status: Of HTTP.
        code: A word for programs, such as ``model_not_found``.
    """
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _reason(reply: Reply) -> str:
    return "length" if reply.cut else "stop"


def _usage(reply: Reply) -> dict[str, int]:
    read, said = reply.prompt_tokens, reply.answer_tokens
    return {"prompt_tokens": read, "completion_tokens": said, "total_tokens": read + said}
