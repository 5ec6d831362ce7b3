"""kill -9 of whoever consumes a stream, at 20 random moments: still every sample exactly once."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from skeletonllm.shards import read_index
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.releases import write_release
from skeletonllm.views.view import View

KILLS = 20
EPOCHS = 40
PATIENCE_S = 60.0

# A fork of a process with threads may hang, says Python; this one's threads are idle ones of torch.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


def consume(release: str, journal: str, seed: int) -> None:
    """One life: any number of ranks, in step; a line a global step, durable before it counts."""
    random.seed(seed)
    lines = Path(journal).read_text().splitlines()
    state = json.loads(lines[-1])["state"] if lines else None
    world = random.choice([1, 2, 3, 5])
    batch_size = random.choice([1, 2, 3])
    streams = [
        Stream(release, View(), batch_size=batch_size, rank=r, world_size=world, state=state)
        for r in range(world)
    ]
    with open(journal, "a") as file:  # noqa: PTH123
        while streams[0].state()["epoch"] < EPOCHS:
            for batches in zip(*streams, strict=True):
                ids = [s.clip.clip_id for batch in batches for s in batch if s.weight]
                (state,) = {json.dumps(stream.state()) for stream in streams}
                line = {"ids": ids, "state": json.loads(state)}
                os.write(file.fileno(), (json.dumps(line) + "\n").encode())
                os.fsync(file.fileno())


def live(release: str, journal: Path, seed: int) -> BaseProcess:
    # Forked: importing torch anew would take longer than the life that is to be ended.
    child = multiprocessing.get_context("fork").Process(
        target=consume, args=(release, str(journal), seed), daemon=True
    )
    child.start()
    return child


def test_a_consumer_that_is_killed_gives_the_rest_exactly_once(tmp_path: Path) -> None:
    release = write_release(str(tmp_path / "release"))
    every = {row["clip_id"] for row in read_index(release).to_pylist()}
    journal = tmp_path / "journal.jsonl"
    journal.touch()
    random.seed(13)
    killed = 0
    for seed in range(KILLS):
        child, before = live(release, journal, seed), journal.stat().st_size
        late = time.monotonic() + PATIENCE_S
        while journal.stat().st_size == before and child.is_alive() and time.monotonic() < late:
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.03))
        killed += child.is_alive()
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        text = journal.read_text()
        if not text.endswith("\n") and text:  # a line cut by the kill never counted
            journal.write_text(text[: text.rfind("\n") + 1])
    assert killed == KILLS, "it was done before the last kill: more EPOCHS are needed"
    last = live(release, journal, KILLS)
    last.join(PATIENCE_S)
    assert last.exitcode == 0
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    given: dict[int, Counter[str]] = {}
    for before, line in zip([None, *lines], lines, strict=False):
        epoch = before["state"]["epoch"] if before else 0
        given.setdefault(epoch, Counter()).update(line["ids"])
    assert sorted(given) == list(range(EPOCHS))
    assert all(counts == Counter(every) for counts in given.values())


def test_the_next_batches_after_a_kill_are_those_of_a_run_that_was_none(tmp_path: Path) -> None:
    release = write_release(str(tmp_path / "release"))
    whole = Stream(release, View(), batch_size=4)
    states = [batch.state for batch in islice(whole, 3)]
    rest = [[s.motion.sha256 for s in batch] for batch in whole]
    resumed = Stream(release, View(), batch_size=4, state=states[-1])
    assert [[s.motion.sha256 for s in batch] for batch in resumed] == rest != []
