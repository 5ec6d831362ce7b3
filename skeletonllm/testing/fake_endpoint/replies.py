"""What the server answers when nothing goes wrong: a text, and the chat completion around it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BYTES_A_TOKEN = 4
"""English text has about four bytes a token."""
PICTURE_TOKENS = 765
"""A picture of 1024 x 1024 pixels in high detail, by the formula OpenAI published for GPT-4o."""
SNAPSHOT = "2026-01-01"
"""What is put after a model's name: endpoints answer with the snapshot that the name stands for."""

_LABEL = re.compile(r"[Ll]abel:[ \t]*([^\n]+)")
_PLAUSIBLE: dict[str, Any] = {
    "id": 1,
    "start_s": 0.0,
    "end_s": 1.0,
    "person": 0,
    "side": "right",
    "part": "hand",
    "motion": "raise",
    "target": "",
    "direction": "up",
    "count": 1,
    "causes": [],
    "text": "The right hand rises.",
}
_SUMMARY = "The right hand rises."
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
}


@dataclass(frozen=True)
class Reply:
    """An answer in full; a text alone stands for one that ended well.

    Args:
        text: Content of the message.
        finish_reason: ``stop``, ``length`` or ``content_filter``.
        refusal: What the model says instead of an answer.
        tokens_out: None: by the length of the text.
    """

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None
    tokens_out: int | None = None


ReplyFunction = Callable[[dict[str, Any]], str | Reply]
"""Takes the body of a request, as it was sent. The same body should have the same reply."""


def echo_label(body: dict[str, Any]) -> str:
    """JSON that fits the schema of any request, with the label that its messages name.

    Where the request states no schema, it is one step of a rationale, a summary and the label.

    Example:
        >>> body = {"messages": [{"role": "user", "content": "Explain.\\nLabel: wave"}]}
        >>> json.loads(echo_label(body))["label"]
        'wave'
    """
    label = find_label(body)
    stated = (body.get("response_format") or {}).get("json_schema") or {}
    if isinstance(schema := stated.get("schema"), dict):
        return json.dumps(_fill(schema, schema, "", label))
    return json.dumps({"steps": [_PLAUSIBLE], "summary": _SUMMARY, "label": label})


def find_label(body: Mapping[str, Any]) -> str:
    """The last ``Label: X`` in the messages of a request; ``unknown`` if there is none."""
    found = [label for text in list_texts(body) for label in _LABEL.findall(text)]
    return found[-1].strip() if found else "unknown"


def list_texts(body: Mapping[str, Any]) -> list[str]:
    """All texts of a request's messages, in order, without its pictures."""
    return [
        part if isinstance(part, str) else str(part.get("text", ""))
        for part in _parts(body)
        if isinstance(part, str) or part.get("type") == "text"
    ]


def count_tokens_in(body: Mapping[str, Any], picture_tokens: int = PICTURE_TOKENS) -> int:
    """Input tokens of a request: its texts by their bytes, and so many for each picture.

    Args:
        body: Of the request.
        picture_tokens: For each picture, whatever its size.
    """
    pictures = sum(not isinstance(p, str) and p.get("type") == "image_url" for p in _parts(body))
    return sum(count_tokens(text) for text in list_texts(body)) + pictures * picture_tokens


def count_tokens(text: str) -> int:
    """Tokens of a text, by :data:`BYTES_A_TOKEN`, rounded up."""
    return -(-len(text.encode()) // BYTES_A_TOKEN)


def make_completion(
    body: Mapping[str, Any], reply: str | Reply, name: str, picture_tokens: int = PICTURE_TOKENS
) -> dict[str, Any]:
    """The chat completion around a reply.

    Args:
        body: Of the request.
        reply: What is answered.
        name: Goes into the id of the completion.
        picture_tokens: See :func:`count_tokens_in`.
    """
    said = Reply(reply) if isinstance(reply, str) else reply
    tokens_in = count_tokens_in(body, picture_tokens)
    tokens_out = count_tokens(said.text) if said.tokens_out is None else said.tokens_out
    content = None if said.refusal else said.text
    message = {"role": "assistant", "content": content, "refusal": said.refusal}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}
    return {
        "id": f"chatcmpl-{name}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": f"{body.get('model')}-{SNAPSHOT}",
        "system_fingerprint": "fp_fake",
        "choices": [choice],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _parts(body: Mapping[str, Any]) -> Iterator[Any]:
    for message in body.get("messages", ()):
        content = message.get("content") or ""
        yield from [content] if isinstance(content, str) else content


def _fill(schema: Mapping[str, Any], root: Mapping[str, Any], name: str, label: str) -> Any:
    """A value that fits a JSON schema: what is likely by its name, else the first that may be."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return _fill(options[0], root, name, label)
    likely = label if name == "label" else _PLAUSIBLE.get(name)
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if choices:
        return likely if likely in choices else choices[0]
    kind = schema.get("type", "string")
    if kind in _TYPES and likely is not None and isinstance(likely, _TYPES[kind]):
        return likely
    if kind == "object":
        fields = schema.get("properties", {})
        return {key: _fill(field, root, key, label) for key, field in fields.items()}
    if kind == "array":
        items = schema.get("items", {})
        # Numbers and words in a list mostly point at something that we do not know: leave it empty.
        least = schema.get("minItems", int("properties" in items or "$ref" in items))
        return [_fill(items, root, name, label) for _ in range(least)]
    plain = {"boolean": True, "null": None, "integer": schema.get("minimum", 0)}
    plain |= {"number": float(schema.get("minimum", 0))}
    return plain.get(kind, _SUMMARY)
