"""Carries out a fault: the error body of a status, or a completion that is spoiled."""

from __future__ import annotations

import re
from typing import Any

from skeletonllm.testing.fake_endpoint.faults import FaultPlan

OTHER_LABELS = ("stand still", "walk in a circle")
"""What ``wrong_label`` answers: the second where the first is the true one."""
HTML = "<html><head><title>502</title></head><body>Bad gateway</body></html>"
UNFORMATTED = "I am sorry, here is what I see: somebody moves an arm, and then stops."

_ERRORS: dict[str, tuple[int, str, str | None, str]] = {
    "limited": (429, "requests", "rate_limit_exceeded", "Rate limit reached: try again later."),
    "limited_silently": (429, "requests", "rate_limit_exceeded", "Rate limit reached."),
    "quota": (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    "error_500": (500, "server_error", None, "The server had an error."),
    "error_503": (503, "server_error", None, "The engine is currently overloaded."),
    "error_401": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "error_403": (403, "invalid_request_error", "unsupported_region", "Region not supported."),
    "echoed_key": (500, "server_error", None, "Failed to handle the header Authorization: "),
    "filtered_question": (
        400,
        "invalid_request_error",
        "content_filter",
        "The prompt was stopped.",
    ),
}
_LABEL = re.compile(r'("label"\s*:\s*"|\bLabel:[ \t]*)([^"\n\\]*)')

Body = dict[str, Any]


def make_error(message: str, kind: str, code: str | None, param: str | None = None) -> Body:
    """The body of an error, as OpenAI writes it.

    Args:
        message: For a person.
        kind: ``type`` of the error.
        code: For a program; None if there is none.
        param: Field of the request that is wrong.
    """
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refuse(
    fault: str, plan: FaultPlan, authorization: str = ""
) -> tuple[int, Body, dict[str, str]]:
    """Status, body and headers of a fault that is an error.

    Args:
        fault: A kind for which :func:`is_refusal` holds.
        plan: Says how long ``limited`` asks to wait.
        authorization: Header of the request, for ``echoed_key``.
    """
    status, kind, code, message = _ERRORS[fault]
    message += authorization if fault == "echoed_key" else ""
    # Servers send whole seconds; fractions are for tests that cannot wait so long.
    headers = {"retry-after": f"{plan.retry_after_s:g}"} if fault == "limited" else {}
    return status, make_error(message, kind, code), headers


def is_refusal(fault: str | None) -> bool:
    """Whether a fault is an error with a status of its own, so that nothing need be answered."""
    return fault in _ERRORS


def spoil(completion: Body, fault: str | None) -> Body:
    """A chat completion with its fault; as it was, where the fault lies in how it is sent.

    Args:
        completion: Is changed.
        fault: A kind of :data:`skeletonllm.testing.fake_endpoint.faults.BILLED`.
    """
    choice = completion["choices"][0]
    message = choice["message"]
    text = message["content"] or ""
    if fault == "no_choices":
        completion["choices"] = []
    elif fault == "empty":
        message["content"] = ""
    elif fault == "refusal":
        message.update(content=None, refusal="I'm sorry, I can't help with that.")
    elif fault == "length":
        message["content"], choice["finish_reason"] = text[: len(text) // 2], "length"
    elif fault == "filtered_answer":
        message["content"], choice["finish_reason"] = "", "content_filter"
    elif fault in _CONTENTS:
        message["content"] = _CONTENTS[fault](text)
    return completion


def _fence(text: str) -> str:
    """A code fence, and a comma before the last bracket: what models add most often."""
    whole = text.rstrip()
    inside = f"{whole[:-1]},{whole[-1:]}" if whole.endswith(("}", "]")) else whole
    return f"Here is the JSON:\n```json\n{inside}\n```"


def _mislabel(text: str) -> str:
    return _LABEL.sub(lambda found: found[1] + OTHER_LABELS[found[2] == OTHER_LABELS[0]], text)


_CONTENTS = {
    "fenced_json": _fence,
    "cut_json": lambda text: text[: max(len(text) * 2 // 3, 1)],
    "prose": lambda text: UNFORMATTED,  # noqa: ARG005
    "wrong_label": _mislabel,
}
