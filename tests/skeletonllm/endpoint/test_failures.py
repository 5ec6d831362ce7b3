"""Failures: each status and code is what its remedy says, and no message holds the key."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import openai
import pytest

from skeletonllm.endpoint.failures import (
    read_limit,
    read_reset,
    read_wait,
    redact,
    sort_failure,
)
from skeletonllm.rejects import MAX_MESSAGE

KEY = "sk-planted-0123456789"
ASKED = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


def make_status(
    status: int,
    code: str | None = None,
    *,
    kind: str | None = None,
    message: str = "wrong",
    headers: dict[str, str] | None = None,
) -> openai.APIStatusError:
    error = {"message": message, "type": kind, "param": None, "code": code}
    response = httpx2.Response(
        status, headers=headers, request=ASKED, content=json.dumps({"error": error})
    )
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1")
    return client._make_status_error_from_response(response)


def make_connection(cause: Exception, error: Exception) -> Exception:
    try:
        raise error from cause
    except Exception as raised:
        return raised


@pytest.mark.parametrize(
    ("status", "code", "kind", "billed"),
    [(401, "invalid_api_key", "fatal", False), (403, "unsupported_region", "fatal", False),
     (429, "insufficient_quota", "fatal", False), (404, "model_not_found", "fatal", False),
     (429, "billing_hard_limit_reached", "fatal", False), (429, None, "limited", False),
     (429, "rate_limit_exceeded", "limited", False), (400, "content_filter", "filtered", False),
     (400, "content_policy_violation", "filtered", False), (400, None, "request", False),
     (400, "context_length_exceeded", "request", False), (413, None, "request", False),
     (422, None, "request", False), (500, None, "server", False), (502, None, "server", False),
     (503, None, "server", False), (529, None, "server", False), (504, None, "server", True),
     (408, None, "server", True), (409, None, "server", False)],
)  # fmt: skip
def test_each_status_and_code_is_sorted(
    status: int, code: str | None, kind: str, billed: bool
) -> None:
    found = sort_failure(make_status(status, code), KEY)
    assert (found.kind, found.billed) == (kind, billed)
    assert found.can_succeed is (kind in ("limited", "server"))
    assert found.is_of_server is (kind == "server")


def test_a_quota_that_is_named_by_the_type_alone_is_fatal() -> None:
    assert sort_failure(make_status(429, None, kind="insufficient_quota"), KEY).kind == "fatal"


def test_a_form_that_the_endpoint_does_not_take_is_fatal() -> None:
    said = "Invalid parameter: 'response_format' of type 'json_schema' is not supported"
    assert sort_failure(make_status(400, message=said), KEY).kind == "fatal"


def test_a_wait_of_more_than_an_hour_is_a_quota() -> None:
    error = make_status(429, headers={"retry-after": "86400"})
    assert sort_failure(error, KEY).kind == "fatal"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "3"}, 3), ({"retry-after": " 0.5 "}, 0.5), ({"retry-after-ms": "250"}, 0.25),
     ({"retry-after-ms": "250", "retry-after": "9"}, 0.25), ({}, None),
     ({"retry-after": "soon"}, None), ({"retry-after": "-3"}, None), ({"retry-after": ""}, None),
     ({"retry-after-ms": "nan"}, None), ({"retry-after-ms": "-5"}, 0),
     ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
      30),
     ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:29:00 GMT"},
      0)],
)  # fmt: skip
def test_waits_are_read_as_seconds_milliseconds_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert read_wait(headers) == seconds
    assert sort_failure(make_status(429, headers=headers), KEY).wait_s == seconds


def test_a_date_without_the_clock_of_the_server_is_read_by_ours() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert read_wait({"retry-after": until}) == pytest.approx(100, abs=15)


@pytest.mark.parametrize(
    ("cause", "error", "kind", "billed"),
    [(httpx2.ConnectError("refused"), openai.APIConnectionError(request=ASKED), "server", False),
     (httpx2.ReadError("broke"), openai.APIConnectionError(request=ASKED), "server", True),
     (httpx2.RemoteProtocolError("closed"), openai.APIConnectionError(request=ASKED), "server",
      True),
     (httpx2.ReadTimeout("slow"), openai.APITimeoutError(request=ASKED), "timeout", True),
     (httpx2.ConnectTimeout("slow"), openai.APITimeoutError(request=ASKED), "timeout", False),
     (ValueError("no JSON"), ValueError("no JSON"), "cut", True)],
)  # fmt: skip
def test_what_was_never_sent_is_not_billed_and_what_broke_may_be(
    cause: Exception, error: Exception, kind: str, billed: bool
) -> None:
    found = sort_failure(make_connection(cause, error), KEY)
    assert (found.kind, found.billed, found.can_succeed) == (kind, billed, True)


@pytest.mark.parametrize("before", [0, MAX_MESSAGE - 90, MAX_MESSAGE - 60, MAX_MESSAGE - 50])
def test_no_part_of_an_echoed_key_is_in_a_message_wherever_it_is_cut(before: int) -> None:
    error = make_status(401, message="x" * before + f" Bearer {KEY} was wrong " + "y" * 300)
    found = sort_failure(error, KEY)
    assert KEY[:6] not in found.message
    assert len(found.message) <= MAX_MESSAGE + 4
    cause = httpx2.ReadError("z" * before + KEY)
    broken = make_connection(cause, openai.APIConnectionError(request=ASKED))
    assert KEY[:6] not in sort_failure(broken, KEY).message


def test_a_short_stand_in_for_a_key_is_not_cut_out_of_words() -> None:
    assert redact("none of them", "none") == "none of them"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120ms", 0.12), ("1m2s", 62), ("7.5s", 7.5), ("6m0s", 360), ("1h", 3600), ("", None),
     ("soon", None)],
)  # fmt: skip
def test_resets_are_read_where_nothing_is_left(text: str, seconds: float | None) -> None:
    headers: dict[str, Any] = {"x-ratelimit-reset-tokens": text}
    assert read_reset(headers, "tokens") is None
    assert read_reset({**headers, "x-ratelimit-remaining-tokens": "5"}, "tokens") is None
    assert read_reset({**headers, "x-ratelimit-remaining-tokens": "0"}, "tokens") == seconds


def test_limits_are_read_where_they_are_numbers() -> None:
    assert read_limit({"x-ratelimit-limit-requests": "500"}, "requests") == 500
    assert read_limit({"x-ratelimit-limit-requests": "many"}, "requests") is None
    assert read_limit({}, "tokens") is None
