"""What no try can mend is said at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest

from skeletonllm.errors import StorageError, UsageError
from skeletonllm.storage import exists, read_bytes
from skeletonllm.storage.files import filesystem
from skeletonllm.storage.retries import Patience

exceptions = pytest.importorskip("botocore.exceptions")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="env", cred_var="secret_key"),
        exceptions.ProfileNotFound(profile="nosuch"),
        exceptions.UnauthorizedSSOTokenError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_who_has_no_credentials_is_told_at_once(error: Exception, wrapped: bool) -> None:
    asked, told = [], list[str]()

    def request() -> None:
        asked.append(1)
        if wrapped:
            raise OSError("no answer") from error
        raise error

    with pytest.raises(StorageError, match="may not be read: .*Check the credentials"):
        Patience(tell=told.append).ask(request, "s3://lab/a")
    assert (len(asked), told) == (1, [])


def test_other_errors_of_the_same_package_are_asked_again() -> None:
    error = exceptions.EndpointConnectionError(endpoint_url="http://store")
    answers: list[Any] = [error, error, b"1"]

    def request() -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bytes(answer)

    patience = Patience(timeout_s=0.04, tell=lambda _: None)
    assert patience.ask(request, "s3://lab/a") == b"1"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://host/a", "Protocol not known: nosuch"),
        ("ftp://127.0.0.1:1/a", "ConnectionRefusedError"),
        ("zip://a::{folder}/nosuch.zip", "No such file"),
        ("zip://a::{folder}/no.zip", "not a zip file"),
    ],
)
def test_a_url_that_nothing_opens_is_one_sentence(tmp_path: Path, url: str, said: str) -> None:
    (tmp_path / "no.zip").write_text("no")
    for ask in (exists, read_bytes, filesystem):
        with pytest.raises(UsageError, match=f"it cannot be opened .*{said}.*Check the protocol"):
            ask(url.format(folder=tmp_path))


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacks)
    with pytest.raises(UsageError, match=r"Install s3fs.*pip install 'skeletonllm\[s3\]'"):
        exists("s3://lab/a")
