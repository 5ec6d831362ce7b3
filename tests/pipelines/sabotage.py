"""Training workers that keep a diary of what they learned from, and that meet an accident once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from pipelines.train.worker import work
from skeletonllm.errors import StorageError
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.tasks import Example
from skeletonllm.testing.processes import read_folder
from skeletonllm.training import Trainer

TIMED = ("tensorboard/", "speed.json")
"""What tells of time, and so differs between two runs."""


@dataclass(frozen=True)
class Accident:
    """What happens to one rank before it makes a step.

    Args:
        kind: ``kill`` (SIGKILL of its process), ``bug`` (an exception that is none of ours),
            ``store`` (that does not answer), ``nan`` (in one gradient), ``memory`` (more than there
            is) or ``none``.
        step: 0-based.
        rank: Whom it meets.
        times: How often; a worker that starts again may meet it again.
    """

    kind: str = "none"
    step: int = 4
    rank: int = 0
    times: int = 1


@dataclass(frozen=True)
class Entry:
    """What one process learned from in one step."""

    step: int
    rank: int
    world: int
    clips: tuple[tuple[int, str], ...]


def prepare(folder: Path, accident: Accident) -> Callable[[dict[str, Any]], None]:
    """What to run in each worker instead of :func:`pipelines.train.worker.work`.

    Args:
        folder: Of the diary.
        accident: That will happen.
    """
    folder.mkdir(exist_ok=True)
    place = str(folder)

    def work_and_note(settings: dict[str, Any]) -> None:
        plain = Trainer.train_step

        def train_step(self: Trainer, batch: Sequence[Example], step: int, **how: Any) -> Any:
            _note(Path(place), batch, step)
            _meet(Path(place), accident, self, step)
            return plain(self, batch, step, **how)

        Trainer.train_step = train_step  # type: ignore[method-assign]
        try:
            work(settings)
        finally:
            Trainer.train_step = plain  # type: ignore[method-assign]

    return work_and_note


def read_diary(folder: Path) -> list[Entry]:
    """All entries, by step and rank; of a step that was made twice, by its last makers."""
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    last: dict[int, dict[int, Entry]] = {}
    for data in sorted((json.loads(line) for line in lines), key=lambda data: data["at"]):
        clips = tuple((epoch, key) for epoch, key in data["clips"])
        entry = Entry(data["step"], data["rank"], data["world"], clips)
        before = last.get(entry.step, {})
        same = all(other.world == entry.world for other in before.values())
        last[entry.step] = {**(before if same else {}), entry.rank: entry}
    return [entry for _, made in sorted(last.items()) for _, entry in sorted(made.items())]


def count_lives(folder: Path) -> int:
    """Processes that made a step."""
    return len(list(folder.glob("*.jsonl")))


def read_kept(output: Path) -> dict[str, Any]:
    """All that a run leaves, but for what tells of time; the manifest without the hashes of that.

    Args:
        output: Of the run.
    """
    files: dict[str, Any] = {
        name: data for name, data in read_folder(output).items() if not name.startswith(TIMED)
    }
    manifest = json.loads(files[MANIFEST])
    listed = [row for row in manifest["files"] if not row["path"].startswith(TIMED)]
    return {**files, MANIFEST: {**manifest, "files": listed}}


def _rank() -> tuple[int, int]:
    joined = dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if joined else (0, 1)


def _note(folder: Path, batch: Sequence[Example], step: int) -> None:
    rank, world = _rank()
    clips = [(example.epoch, example.key) for example in batch if example.weight]
    line = {"at": time.time_ns(), "step": step, "rank": rank, "world": world, "clips": clips}
    with (folder / f"{rank}-{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def _meet(folder: Path, accident: Accident, trainer: Trainer, step: int) -> None:
    if (step, _rank()[0]) != (accident.step, accident.rank):
        return
    met = len(list(folder.glob("met-*")))
    if met >= accident.times:
        return
    (folder / f"met-{met}").touch()
    if accident.kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if accident.kind == "bug":
        raise KeyError("a bug")
    if accident.kind == "store":
        raise StorageError("the store is away")
    if accident.kind == "memory":
        torch.empty(1 << 50)
    if accident.kind == "nan":
        turn = trainer.renderer.get_parameter("view.turn")
        turn.register_hook(lambda gradient: gradient * torch.nan)
