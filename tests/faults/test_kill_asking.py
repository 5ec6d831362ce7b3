"""Killed while it asks: each answer is paid once, the budget holds, and the bytes are the same.

One output is killed again and again, since each kill may lose only what was in flight then. The
jobs share one Ray: starting it took as long as all that they do.
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

from jobs.build_rationales import Flags
from skeletonllm.storage import hold_lock, read_json
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
    share_ray,
)
from skeletonllm.testing.stage_folders import write_clips_folder

pytestmark = pytest.mark.timeout(4 * PATIENCE_S)

KEY = "sk-planted-for-the-kills-0123456789"
LATENCY_S, CONCURRENCY, MAX_USD = "0.3", 2, 100.0
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
PARTS, A_PART = ("one", "two", "three", "four"), 3
"""One part is at work at a time. After each kill something is left: the first moment comes before
any answer, the second within a part, the third as the next part begins."""
SCRIPT = ["hang"]
"""The first question is never answered, so the first kill always meets one in flight."""

Events = list[dict[str, Any]]


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

    def flags(self, name: str) -> dict[str, Any]:
        """Flags of the job, by name, for an output."""
        return {
            "teacher": "openai",
            "clips": tuple(str(self.root / part) for part in PARTS),
            "output": str(self.root / name),
            "model": "gpt-4o",
            "base_url": self.base_url,
            "concurrency": CONCURRENCY,
            "max_usd": MAX_USD,
            "prices": str(self.root / "prices.json"),
            "frames": 2,
            "size": 56,
        }

    def arguments(self, name: str) -> list[str]:
        """The same, as they are typed."""
        typed = ["build-rationales"]
        for flag, value in self.flags(name).items():
            values = value if isinstance(value, tuple) else (value,)
            typed += [f"--{flag.replace('_', '-')}", *map(str, values)]
        return typed

    def answers(self, name: str) -> Path:
        """Folder of the raw answers of an output."""
        return self.root / f"{name}-answers"

    def count_parts(self, name: str) -> int:
        """Finished parts of the raw answers of an output."""
        return len([*self.answers(name).glob("parts/*.parquet")])

    def find_cached(self, name: str) -> dict[str, float]:
        """Hash of the body of each answer in the cache, and when it came to be there."""
        files = self.answers(name).glob("work/cache/*/*.json")
        return {
            json.loads(json.loads(file.read_bytes())["answer"]["text"])["summary"]: (
                file.stat().st_mtime
            )
            for file in files
        }

    def find_asker(self, name: str) -> list[int]:
        """Process of the asker, which is an actor of Ray: its lock says so."""
        return [read_json(str(self.answers(name) / "work" / ".asker.lock"))["pid"]]

    def wait_until_free(self, name: str) -> None:
        """Return when the asker of an output is dead: it may outlive its driver by a moment."""
        with hold_lock(str(self.answers(name) / "work"), "asker", wait_s=PATIENCE_S):
            pass

    def read_log(self, since: int = 0) -> Events:
        """Events of the server from one on."""
        return read_journal(self.log)[since:]


@dataclass(frozen=True)
class Killed:
    """What an output went through.

    Args:
        lives: The server's events while each process was at work, the finishing one last.
        answered_at: Hash of a body -> when its answer was in the cache, before the last life.
        left: The bytes of all files after the last kill.
        said: What the finishing run printed.
    """

    lives: list[Events]
    answered_at: dict[str, float]
    left: dict[str, bytes]
    said: str

    @property
    def log(self) -> Events:
        """All of its events."""
        return [event for life in self.lives for event in life]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    root = tmp_path_factory.mktemp("asking")
    write_inputs(root)
    (root / "faults.json").write_text(json.dumps({"script": SCRIPT}))
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "skeletonllm.testing.fake_endpoint", "--key", KEY),
            *("--log", str(root / "server.log"), "--latency-s", LATENCY_S, LATENCY_S),
            *("--reply", "tests.faults.named_answers:name_body", "--picture-tokens", "255"),
            *("--faults", str(root / "faults.json")),
        ],
        cwd=HOME,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        try:
            with share_ray(tmp_path_factory.mktemp("ray"), cpus=1) as found:
                for name, value in found.items():
                    patch.setenv(name, value)
                yield Scene(root, server.stdout.readline().strip(), root / "server.log")
        finally:
            server.terminate()
            server.wait(PATIENCE_S)
            server.stdout.close()


def write_inputs(root: Path) -> None:
    """Clips, and dear prices, so that the budget has room for few attempts without an answer."""
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


@pytest.fixture(scope="module")
def killed(scene: Scene) -> Killed:
    """An output of three killed jobs and one that finished it."""
    args, lives = scene.arguments("killed"), []
    answered_at: dict[str, float] = {}
    for number in range(3):
        since, parts = len(scene.read_log()), scene.count_parts("killed")
        moments: list[Callable[[], bool]] = [
            lambda: True,  # the first question was sent
            lambda: len(scene.find_cached("killed")) >= 2,  # some were answered
            lambda: scene.count_parts("killed") > parts,  # noqa: B023 - a part is done, others not
        ]
        moment = moments[number]
        met = kill_job(
            *args,
            when=lambda: count_open(scene.read_log(since)) > 0 and moment(),  # noqa: B023
            # Of the second one only the driver: there Ray must end the asker.
            find_others=tuple if number == 1 else lambda: scene.find_asker("killed"),
        )
        assert met, f"kill {number + 1} came too late"
        scene.wait_until_free("killed")
        answered_at = scene.find_cached("killed")
        lives.append(scene.read_log(since))
    left = read_folder(scene.answers("killed"))
    since = len(scene.read_log())
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    return Killed([*lives, scene.read_log(since)], answered_at, left, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def whole(scene: Scene, killed: Killed) -> Scene:
    """Beside it what nothing disturbed; made after the kills, as the first question hangs."""
    # Imported late: what draws the pictures takes seconds to load, and they would come first.
    from tests.faults.undisturbed import write_undisturbed  # noqa: PLC0415

    write_undisturbed(Flags(**scene.flags("whole")))
    return scene


def count_open(events: Events) -> int:
    """Requests that came and have no end yet."""
    ended = {e["id"] for e in events if e["event"] == "end"}
    return sum(e["event"] == "arrive" and e["id"] not in ended for e in events)


def count_asked(events: Events) -> Counter[str]:
    """How often each body came."""
    return Counter(e["sha256"] for e in events if e["event"] == "arrive")


def test_killed_three_times_it_pays_each_answer_once(killed: Killed) -> None:
    assert killed.answered_at
    assert find_bought_twice(killed.log, killed.answered_at) == []
    for life in killed.lives:  # nothing fails here, so no body comes twice within a life
        assert set(count_asked(life).values()) == {1}


def test_killed_three_times_it_keeps_the_budget(scene: Scene, killed: Killed) -> None:
    spend = read_json(str(scene.answers("killed") / "spend.json"))
    counts = read_json(str(scene.answers("killed") / "manifest.json"))["counts"]
    charged = [e for e in killed.log if e["event"] == "end" and e["billed"] != "no"]
    assert spend["requests"] >= count_asked(killed.log).total()  # reserved before it is sent
    assert spend["answered"] == counts["answers"]
    assert spend["spent_usd"] == pytest.approx(counts["usd"], abs=1e-5)
    assert 1 <= spend["unresolved"] <= 3 * CONCURRENCY  # what the kills cut off, and no more
    assert len(charged) <= spend["answered"] + spend["unresolved"]
    assert spend["reserved_usd"] == 0
    assert spend["unresolved_usd"] > 0
    assert spend["spent_usd"] + spend["unresolved_usd"] <= MAX_USD


def test_killed_three_times_it_leaves_the_same_bytes(whole: Scene) -> None:
    assert len(list_parts(whole.answers("whole"))) == 2 * len(PARTS)
    assert list_parts(whole.answers("killed")) == list_parts(whole.answers("whole"))
    assert list_parts(whole.root / "killed") == list_parts(whole.root / "whole")


def test_the_key_is_in_no_byte_of_what_the_kills_left(scene: Scene, killed: Killed) -> None:
    assert any("/cache/" in name for name in killed.left)
    assert not [name for name, data in killed.left.items() if KEY.encode() in data]
    assert not [name for name, data in read_folder(scene.root).items() if KEY.encode() in data]
    assert KEY not in killed.said


def list_parts(folder: Path) -> dict[str, bytes]:
    """Parts and rejects of a stage: all that does not tell how often it was killed."""
    return {name: data for name, data in read_folder(folder).items() if name.endswith(".parquet")}


@pytest.mark.slow  # two more jobs, and no money can be lost: what is in flight is waited for
def test_asked_to_stop_it_keeps_what_was_in_flight(whole: Scene) -> None:
    args, since = whole.arguments("drained"), len(whole.read_log())
    drained = drain_job(*args, when=lambda: count_open(whole.read_log(since)) > 0)
    assert drained.returncode not in (0, -signal.SIGTERM), drained.stderr
    assert "error: the job was asked to stop; all answers so far are kept" in drained.stderr
    assert "Run the same command again" in drained.stderr
    ended = [e for e in whole.read_log(since) if e["event"] == "end"]
    assert ended
    assert {(e["status"], e["whole"]) for e in ended} == {(200, True)}
    assert {e["sha256"] for e in ended} <= whole.find_cached("drained").keys()
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    assert set(count_asked(whole.read_log(since)).values()) == {1}
    assert list_parts(whole.answers("drained")) == list_parts(whole.answers("whole"))


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
