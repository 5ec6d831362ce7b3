"""`ray job submit` against a head of our own: on this machine, token auth on, ended by its pid."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skeletonllm.storage import read_json
from skeletonllm.synthesis import synthesize, write_nw_ucla
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import FakeEndpoint
from skeletonllm.testing.processes import read_folder
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.topology import KINECT_V1

REPO = Path(__file__).resolve().parents[2]
RAY = str(Path(sys.executable).with_name("ray"))
UP_WITHIN_S, DOWN_WITHIN_S = 90, 60
KEY_VARIABLE = "OPENAI_API_KEY"
KEY = f"sk-{secrets.token_hex(16)}"  # made anew: this file itself is uploaded to Ray
"""The head alone has the key: who submits a job need not know it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def head() -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a Ray head, and the environment a client needs."""
    # A short path: Ray's sockets live there, and a socket's path holds 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    token = folder / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    auth = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    bare = {k: v for k, v in os.environ.items() if k not in ("RAY_ADDRESS", KEY_VARIABLE)}
    env = bare | auth
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "head.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(RAY, "start", "--head", "--block", "--num-cpus=2", f"--temp-dir={folder}/ray"),
                *("--node-ip-address=127.0.0.1", f"--port={free_port()}"),
                *("--dashboard-host=127.0.0.1", f"--dashboard-port={port}"),
                f"--ray-client-server-port={free_port()}",
                # Its fixed default is taken where another local Ray runs, and then no job starts.
                f"--dashboard-agent-listen-port={free_port()}",
            ],
            env=env | {KEY_VARIABLE: KEY},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_up(address, env, folder)
        yield address, env
    finally:
        process.terminate()
        process.wait(DOWN_WITHIN_S)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_up(address: str, env: dict[str, str], folder: Path) -> None:
    """A head that lists jobs may still have no agent to run them, so the probe is a job."""
    deadline = time.monotonic() + UP_WITHIN_S
    ask = [RAY, "job", "submit", "--address", address, "--", "true"]
    while subprocess.run(ask, env=env, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, (folder / "head.log").read_text()
        time.sleep(0.5)


def submit(head: tuple[str, dict[str, str]], *entry: str) -> subprocess.CompletedProcess[str]:
    address, env = head
    call = [RAY, "job", "submit", "--address", address, "--working-dir", str(REPO), "--"]
    return subprocess.run(
        [*call, *entry], env=env, capture_output=True, text=True, timeout=240, check=False
    )


def read_log(head: tuple[str, dict[str, str]], printed: str) -> str:
    """All that a job said. Under load Ray ends what `submit` prints before the job has ended."""
    job = re.search(r"raysubmit_\w+", printed)
    assert job is not None, printed
    call = [RAY, "job", "logs", "--address", head[0], job[0]]
    done = subprocess.run(
        call, env=head[1], capture_output=True, text=True, timeout=60, check=False
    )
    return printed + done.stdout + done.stderr


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(4):
        motion = synthesize("stand up", topology=KINECT_V1, subject=i, seed=i)
        write_nw_ucla(folder / f"a06_s{i + 1:02d}_e00_v01.json", motion, label=6)
    return folder


@pytest.mark.ray
def test_normalize_is_submitted(
    head: tuple[str, dict[str, str]], raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    flags = ["--corpus", "nw_ucla", "--input", str(raw), "--output", str(out)]
    done = submit(head, sys.executable, "jobs/normalize.py", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_json(f"{out}/manifest.json")["counts"] == {"clips": 4, "rejects": 0}


@pytest.mark.ray
def test_a_wrong_request_fails_the_job_with_its_sentence(
    head: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    flags = ["--corpus", "nosuch", "--input", str(tmp_path), "--output", str(tmp_path / "out")]
    failed = submit(head, sys.executable, "jobs/normalize.py", *flags)
    assert failed.returncode != 0
    assert "error: unknown corpus 'nosuch'" in read_log(head, failed.stdout + failed.stderr)


@pytest.mark.ray
def test_without_the_token_nothing_is_submitted(head: tuple[str, dict[str, str]]) -> None:
    address, env = head
    bare = {k: v for k, v in env.items() if not k.startswith("RAY_AUTH")}
    bare["HOME"] = "/nonexistent"
    refused = submit((address, bare | {"RAY_AUTH_MODE": "disabled"}), "true")
    assert refused.returncode != 0
    assert "auth" in (refused.stdout + refused.stderr).lower()


@pytest.fixture
def clips(tmp_path: Path) -> str:
    """Two labelled clips of a licence that nobody knows."""
    made = [
        make_clip(
            synthesize(action, seed=number, fps=5),
            clip_id=f"lab/{number}",
            label=action,
            label_id=number,
            label_namespace="lab",
        )
        for number, action in enumerate(("hand waving", "sit down"))
    ]
    return write_clips_folder(str(tmp_path / "clips"), made)


def ask(
    head: tuple[str, dict[str, str]], clips: str, output: Path, *flags: str
) -> subprocess.CompletedProcess[str]:
    """Submit a job that asks a teacher with small pictures."""
    entry = [sys.executable, "jobs/build_rationales.py", "--teacher", "openai", "--clips", clips]
    small = ["--model", "gpt-4o", "--frames", "2", "--size", "56"]
    return submit(head, *entry, "--output", str(output), *small, *flags)


@pytest.mark.ray
def test_a_teacher_is_asked_with_a_key_that_only_the_head_has(
    head: tuple[str, dict[str, str]], clips: str, tmp_path: Path
) -> None:
    address, env = head
    assert KEY_VARIABLE not in env
    with FakeEndpoint(key=KEY) as server:
        done = ask(head, clips, tmp_path / "out", "--base-url", server.base_url)
        log = server.read_log()
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_json(f"{tmp_path}/out-answers/manifest.json")["counts"]["answered"] >= 2
    assert read_json(f"{tmp_path}/out/manifest.json")["counts"]["rationales"] == 2
    assert {event["status"] for event in log if event["event"] == "end"} == {200}
    listed = subprocess.run(
        [RAY, "job", "list", "--address", address],
        env=env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "build_rationales.py" in listed.stdout + listed.stderr
    assert KEY not in listed.stdout + listed.stderr + done.stdout + done.stderr
    rays = Path(env["RAY_AUTH_TOKEN_PATH"]).with_name("ray")
    for folder in (rays, tmp_path):
        left = read_folder(folder)
        assert left
        assert not [name for name, data in left.items() if KEY.encode() in data]


@pytest.mark.ray
def test_a_head_without_the_key_fails_the_job_with_the_name_of_its_variable(
    head: tuple[str, dict[str, str]], clips: str, tmp_path: Path
) -> None:
    away = ["--base-url", "http://192.0.2.1:9/v1", "--allow-upload", "lab"]  # nobody is there
    failed = ask(head, clips, tmp_path / "out", *away, "--key-variable", "KEY_OF_NO_HEAD")
    assert failed.returncode != 0
    said = "error: the environment variable KEY_OF_NO_HEAD is not set where the asker runs"
    assert said in failed.stdout + failed.stderr
    assert not (tmp_path / "out").exists()
