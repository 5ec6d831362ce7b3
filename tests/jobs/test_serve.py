"""`skeletonllm serve` in a process of its own, asked by OpenAI's own client over HTTP."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from skeletonllm.answering.clip_asker import ClipAsker
from skeletonllm.answering.inquiry import Inquiry
from skeletonllm.corpora.identify.any_reader import read_raw
from skeletonllm.synthesis import synthesize, write_ntu
from skeletonllm.testing.processes import HOME, PATIENCE_S, make_command, run_job
from tests.skeletonllm.answering.conftest import CLASSES, write_checkpoint

NAME = "S001C001P001R001A010.skeleton"
MARK = "SKELETONLLM_TEST_SERVER"
"""Variable by which all processes of the server are known: Ray's leave their group."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("raw") / NAME
    write_ntu(str(path), synthesize("hand waving"))
    return path


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def list_marked(mark: str) -> list[int]:
    """Processes that have the mark in their environment; those that end meanwhile have none."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and f"{MARK}={mark}".encode() in (
                folder / "environ"
            ).read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def server(checkpoint: str) -> Iterator[tuple[OpenAI, int]]:
    """A client of a running server, and its port; SIGINT must end all of it."""
    port, mark = find_free_port(), secrets.token_hex(8)
    flags = ["--checkpoint", checkpoint, "--port", str(port), "--max-megabytes", "1"]
    env = {**os.environ, MARK: mark}
    env.pop("RAY_ADDRESS", None)
    with subprocess.Popen(
        make_command("serve", *flags), cwd=HOME, env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            said = next((line for line in process.stdout if "serving" in line), "")
            assert f"at http://127.0.0.1:{port}/v1" in said
            url = f"http://127.0.0.1:{port}/v1"
            yield OpenAI(base_url=url, api_key="none", max_retries=0), port
        finally:
            started = len(list_marked(mark))
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE_S)
        assert started > 3
        assert code == 0
        deadline = time.monotonic() + PATIENCE_S
        while list_marked(mark) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert list_marked(mark) == []


def attach(path: Path, name: str = NAME) -> dict[str, Any]:
    data = base64.b64encode(path.read_bytes()).decode()
    url = f"data:application/octet-stream;base64,{data}"
    return {"type": "file", "file": {"filename": name, "file_data": url}}


def ask(client: OpenAI, *parts: Any, **more: Any) -> Any:
    model = more.pop("model", "tiny-warm_up")
    messages: Any = [{"role": "user", "content": list(parts)}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def test_the_model_is_listed(server: tuple[OpenAI, int]) -> None:
    client, _ = server
    assert [model.id for model in client.models.list().data] == ["tiny-warm_up"]
    assert client.models.retrieve("tiny-warm_up").owned_by == "skeletonllm"
    with pytest.raises(NotFoundError, match="no GET /v1/models/gpt"):
        client.models.retrieve("gpt")


def test_an_answer_is_that_of_the_library(
    server: tuple[OpenAI, int], checkpoint: str, file: Path
) -> None:
    client, _ = server
    (clip,) = read_raw(str(file)).clips
    expected = ClipAsker.open(checkpoint, "cpu").ask(clip, Inquiry())
    answer = ask(client, attach(file))
    assert answer.choices[0].message.content == expected.text
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == expected.prompt_tokens
    assert answer.usage.completion_tokens == expected.answer_tokens
    told = answer.model_extra["skeletonllm"]["likelihoods"]
    assert [each["text"] for each in told] == [each.text for each in expected.likelihoods]
    assert {each["text"] for each in told} == set(CLASSES)


def test_classes_and_kinds_come_with_extra_body(server: tuple[OpenAI, int], file: Path) -> None:
    client, _ = server
    some = ask(client, attach(file), extra_body={"classes": ["bow", "throw"]})
    assert some.choices[0].message.content in ("bow", "throw")
    told = ask(client, attach(file), max_tokens=5, extra_body={"kind": "caption"})
    assert told.model_extra["skeletonllm"]["kind"] == "caption"
    assert told.usage.completion_tokens <= 5


def test_a_stream_says_what_a_whole_answer_says(server: tuple[OpenAI, int], file: Path) -> None:
    client, _ = server
    parts = ({"type": "text", "text": "Which hand?"}, attach(file))
    whole = ask(client, *parts, max_tokens=8)
    options = {"include_usage": True}
    chunks = list(ask(client, *parts, max_tokens=8, stream=True, stream_options=options))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(piece or "" for piece in pieces) == whole.choices[0].message.content
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert reasons[-1] == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage


def test_what_cannot_be_answered_is_said_in_the_shape_of_openai(
    server: tuple[OpenAI, int], file: Path, tmp_path: Path
) -> None:
    client, _ = server
    broken = tmp_path / "broken"
    broken.write_text("no skeleton")
    with pytest.raises(BadRequestError, match="no motion file in the messages") as caught:
        ask(client, {"type": "text", "text": "Hello?"})
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(BadRequestError, match=rf"{NAME}: rejected \(format\)"):
        ask(client, attach(broken, f"../../{NAME}"))
    with pytest.raises(BadRequestError, match="two or more, all different"):
        ask(client, attach(file), stream=True, extra_body={"classes": ["bow"]})
    with pytest.raises(NotFoundError, match="no model 'gpt'; expected 'tiny-warm_up'") as missing:
        ask(client, attach(file), model="gpt")
    assert missing.value.code == "model_not_found"
    large = tmp_path / "large"
    large.write_bytes(bytes(1 << 20))
    with pytest.raises(APIStatusError, match="the request is too large") as refused:
        ask(client, attach(large))
    assert refused.value.status_code == 413


def test_no_other_address_is_listened_at(server: tuple[OpenAI, int]) -> None:
    """Of the server; what Ray's processes say to each other is Ray's own."""
    _, port = server
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    lines += Path("/proc/net/tcp6").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    at = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    assert at == [f"0100007F:{port:04X}"]


@pytest.mark.slow
def test_a_port_that_is_taken_and_a_checkpoint_that_is_none_are_refused(
    server: tuple[OpenAI, int], checkpoint: str, tmp_path: Path
) -> None:
    _, port = server
    taken = run_job("serve", "--checkpoint", checkpoint, "--port", str(port))
    assert taken.returncode == 2
    assert f"error: cannot listen at 127.0.0.1:{port}" in taken.stderr
    nothing = run_job("serve", "--checkpoint", str(tmp_path), "--port", str(find_free_port()))
    assert nothing.returncode == 2
    assert f"error: {tmp_path}: no whole checkpoint" in nothing.stderr
