"""Settings refuse what cannot be, and keep no key."""

from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.endpoint.settings import EndpointSettings, is_local
from skeletonllm.errors import UsageError

FAR = "https://api.example.org/v1"


def make(base_url: str = FAR, **given: Any) -> EndpointSettings:
    return EndpointSettings(base_url=base_url, model="m", **given)


@pytest.mark.parametrize(
    "url",
    ["api.example.org/v1", "ftp://h/v1", "", "https:///v1", "https://user:word@h/v1",
     "https://user@h/v1", "https://h/v1?key=secret"],
)  # fmt: skip
def test_a_url_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--base-url"):
        make(url)


@pytest.mark.parametrize(
    "url",
    ["ftp://me:planted@h/v1", "me:planted@h/v1", "https://me:pla/planted@h@/v1", "planted@h",
     "ftp://h/v1?key=planted", "ftp://h#planted", "https://h/v1#planted", "http://me:planted@[::1"],
)  # fmt: skip
def test_a_secret_in_a_url_that_is_refused_is_not_shown(url: str) -> None:
    with pytest.raises(UsageError, match="--base-url") as told:
        make(url)
    assert "planted" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("share", 0), ("share", 1.5), ("share", float("nan")), ("concurrency", 0), ("attempts", 0),
     ("timeout_s", 0), ("timeout_s", float("nan")), ("requests_per_minute", 0),
     ("tokens_per_minute", -1), ("max_usd", -1), ("max_usd", float("nan")), ("give_up_s", 0)],
)  # fmt: skip
def test_numbers_with_which_nothing_could_be_asked_are_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name.replace("_", ".")):
        make(**{name: value})


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://127.0.0.1:8000/v1", True), ("http://localhost/v1", True), ("http://[::1]:80", True),
     ("http://127.9.9.9/v1", True), ("http://LOCALHOST/v1", True), ("http://10.0.0.1/v1", False),
     ("http://localhost.example.org/v1", False), ("http://127.0.0.1.example.org/v1", False),
     ("http://0.0.0.0/v1", False), (FAR, False)],
)  # fmt: skip
def test_only_this_machine_is_local(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_the_key_is_read_from_the_environment_and_is_in_no_repr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", "sk-planted-key")
    settings = make(key_variable="MINE")
    assert settings.read_key() == "sk-planted-key"
    assert "planted" not in repr(settings)


def test_a_missing_key_is_said_by_name_but_a_local_server_does_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MINE", raising=False)
    with pytest.raises(UsageError, match="variable MINE is not set"):
        make(key_variable="MINE").read_key()
    assert make("http://127.0.0.1/v1", key_variable="MINE").read_key() == "none"
