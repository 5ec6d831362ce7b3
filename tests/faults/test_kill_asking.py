"""Killed while it asks: each answer is paid once, the budget holds, and the bytes are the same.

One output is killed again and again, since each kill may lose only what was in flight then.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.storage import read_json
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.fake_endpoint import find_bought_twice, read_journal
from skeletonllm.testing.processes import (
    HOME,
    PATIENCE_S,
    POLL_S,
    kill_job,
    make_command,
    read_folder,
    run_job,
)
from skeletonllm.testing.stage_folders import write_clips_folder

KEY = "sk-planted-for-the-kills-0123456789"
LATENCY_S, CONCURRENCY, MAX_USD = "0.3", 2, 150.0
ACTIONS = (
    "hand waving",
    "sit down",
    "clapping",
    "stand up",
    "drink water",
    "jump up",
    "throw",
    "salute",
)
PARTS, A_PART = ("one", "two", "three", "four"), 4
"""So many that something is left to be asked after each kill: two parts are at work at once."""


@dataclass(frozen=True)
class Scene:
    """What all runs share.

    Args:
        root: Where clips and outputs lie.
        base_url: Of the server.
        log: Of the server.
    """

    root: Path
    base_url: str
    log: Path

    def arguments(self, name: str) -> list[str]:
        """Arguments of ``skeletonllm`` for an output."""
        clips = [str(self.root / part) for part in PARTS]
        return [
            *("build-rationales", "--teacher", "openai", "--clips", *clips),
            *("--output", str(self.root / name), "--workers", "2", "--model", "gpt-4o"),
            *("--base-url", self.base_url, "--concurrency", str(CONCURRENCY), "--max-usd"),
            *(str(MAX_USD), "--prices", str(self.root / "prices.json"), "--frames", "2"),
            *("--size", "56"),
        ]

    def answers(self, name: str) -> Path:
        """Folder of the raw answers of an output."""
        return self.root / f"{name}-answers"

    def cached(self, name: str) -> dict[str, float]:
        """Hash of the body of each answer in the cache, and when it came to be there."""
        files = self.answers(name).glob("work/cache/*/*.json")
        return {
            json.loads(json.loads(file.read_bytes())["answer"]["text"])["summary"]: (
                file.stat().st_mtime
            )
            for file in files
        }

    def arrivals(self, since: int = 0) -> list[dict[str, Any]]:
        """Events of the log from one on."""
        return read_journal(self.log)[since:]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    root = tmp_path_factory.mktemp("asking")
    made = [
        make_clip(
            synthesize(ACTIONS[number % len(ACTIONS)], subject=number, seed=number, fps=5),
            clip_id=f"lab/{number:02d}",
            source_uri=f"lab/{number:02d}.txt",
            label=ACTIONS[number % len(ACTIONS)],
            label_id=number % len(ACTIONS),
            label_namespace="lab",
        )
        for number in range(len(PARTS) * A_PART)
    ]
    for number, part in enumerate(PARTS):
        write_clips_folder(str(root / part), made[A_PART * number : A_PART * (number + 1)])
    price = {"gpt-4o": {"input_usd": 1000.0, "output_usd": 4000.0}}
    stated = {"schema": "prices", "schema_version": "1.0.0", "models": price}
    (root / "prices.json").write_text(json.dumps(stated))
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "skeletonllm.testing.fake_endpoint", "--key", KEY),
            *("--log", str(root / "server.log"), "--latency-s", LATENCY_S, LATENCY_S),
            *("--reply", "tests.faults.named_answers:name_body", "--picture-tokens", "255"),
        ],
        cwd=HOME,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        try:
            yield Scene(root, server.stdout.readline().strip(), root / "server.log")
        finally:
            server.terminate()
            server.wait(PATIENCE_S)
            server.stdout.close()


@pytest.fixture(scope="module")
def whole(scene: Scene) -> Scene:
    """An undisturbed run."""
    done = run_job(*scene.arguments("whole"))
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    return scene


def list_parts(folder: Path) -> dict[str, bytes]:
    """Parts and rejects of a stage: all that does not tell how often it was killed."""
    return {name: data for name, data in read_folder(folder).items() if name.endswith(".parquet")}


def drain_job(*args: str, when: Callable[[], bool]) -> subprocess.CompletedProcess[str]:
    """Start a job, send it SIGTERM at a moment, and wait for its end."""
    with subprocess.Popen(
        make_command(*args), cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as driver:
        deadline = time.monotonic() + PATIENCE_S
        while not when() and driver.poll() is None:
            assert time.monotonic() < deadline, "the moment never came"
            time.sleep(POLL_S)
        os.kill(driver.pid, signal.SIGTERM)
        said = driver.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(args, driver.returncode, *said)


@pytest.mark.slow  # six jobs one after another: about a minute on idle cores, three on busy ones
def test_killed_three_times_and_drained_once_it_pays_each_answer_once(whole: Scene) -> None:
    args, answers = whole.arguments("killed"), whole.answers("killed")
    begun, answered_at = len(whole.arrivals()), {}
    moments: list[Callable[[], bool]] = [
        lambda: len(whole.arrivals(begun)) > 0,  # the first question was sent
        lambda: len(whole.cached("killed")) >= len(answered_at) + 2,  # some were answered
        lambda: any(answers.glob("parts/*.parquet")),  # a part is done, others are not
    ]
    for moment in moments:
        since = len(whole.arrivals())
        assert kill_job(*args, when=moment)
        answered_at = whole.cached("killed")
        assert_asked_once(whole, since)
    since = len(whole.arrivals())
    drained = drain_job(*args, when=lambda: asks(whole, since))
    assert drained.returncode not in (0, -signal.SIGTERM), drained.stderr
    assert "error: the job was asked to stop; all answers so far are kept" in drained.stderr
    assert "Run the same command again" in drained.stderr
    assert_asked_once(whole, since)
    # What was in flight came in: each question has its end, and its answer is kept.
    ended = [e for e in whole.arrivals(since) if e["event"] == "end"]
    assert ended
    assert {(e["status"], e["whole"]) for e in ended} == {(200, True)}
    assert {e["sha256"] for e in ended} <= whole.cached("killed").keys()
    answered_at = whole.cached("killed")
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    assert find_bought_twice(whole.arrivals(begun), answered_at) == []
    assert list_parts(answers) == list_parts(whole.answers("whole"))
    assert list_parts(whole.root / "killed") == list_parts(whole.root / "whole")
    assert_budget_kept(whole, begun)


def asks(scene: Scene, since: int) -> bool:
    return any(event["event"] == "arrive" for event in scene.arrivals(since))


def assert_asked_once(scene: Scene, since: int) -> None:
    """Nothing fails here, so no body comes twice within a run."""
    asked = Counter(e["sha256"] for e in scene.arrivals(since) if e["event"] == "arrive")
    assert set(asked.values()) <= {1}


def assert_budget_kept(scene: Scene, begun: int) -> None:
    spend = read_json(str(scene.answers("killed") / "spend.json"))
    counts = read_json(str(scene.answers("killed") / "manifest.json"))["counts"]
    asked = [e for e in scene.arrivals(begun) if e["event"] == "arrive"]
    assert spend["requests"] >= len(asked)  # reserved before it is sent
    assert spend["answered"] == counts["answers"]
    assert spend["spent_usd"] == pytest.approx(counts["usd"], abs=1e-5)
    assert spend["unresolved"] <= 3 * CONCURRENCY  # what the kills cut off, and no more
    assert spend["reserved_usd"] == 0
    assert spend["spent_usd"] + spend["unresolved_usd"] <= MAX_USD


def test_the_key_is_in_no_byte_of_what_the_runs_left(whole: Scene) -> None:
    for folder in (whole.root / "whole", whole.answers("whole"), whole.answers("killed")):
        assert not [name for name, data in read_folder(folder).items() if KEY.encode() in data]
