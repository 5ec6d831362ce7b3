"""A corpus of NTU text of any size, and the memory that work on it takes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from skeletonllm.corpora.kinect.ntu_scan import scan
from skeletonllm.synthesis import synthesize, write_ntu

SUBJECTS, CAMERAS, REPETITIONS = 106, 3, 2
SAMPLED_EVERY_S = 0.2


def list_originals(shared: Path, scratch: Path) -> list[Path]:
    """Real files with a body in them; without any, synthesized ones of the same grammar."""
    real = sorted((shared / "data" / "samples" / "ntu_rgbd").glob("S*.skeleton"))
    if real:
        return [path for path in real if (scanned := scan(path.read_bytes())) and scanned.ids]
    folder = scratch / "synthesized"
    folder.mkdir()
    for i in range(12):
        motion = synthesize("sit down" if i % 2 else "shaking hands", subject=i, seed=i)
        write_ntu(folder / f"S001C001P{i + 1:03d}R001A{8 if i % 2 else 58:03d}.skeleton", motion)
    return sorted(folder.iterdir())


def replicate_files(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Copies (not links: each is read for itself) under new names that the corpus could have."""
    folder.mkdir()
    contents = [path.read_bytes() for path in files]
    copies = []
    for i in range(count):
        n, which = divmod(i, len(files))
        n, subject = divmod(n, SUBJECTS)
        n, camera = divmod(n, CAMERAS)
        setup, repetition = divmod(n, REPETITIONS)
        place = f"C{camera + 1:03d}P{subject + 1:03d}R{repetition + 1:03d}"
        # A copy has its original's number for a setup, since two originals may share an action.
        name = f"S{1 + which + len(files) * setup:03d}{place}{files[which].stem[-4:]}.skeleton"
        copies.append(folder / name)
        copies[-1].write_bytes(contents[which])
    os.sync()  # what is still on its way to the disk would be timed too
    return copies


def link_first_files(files: Sequence[Path], folder: Path, count: int) -> Path:
    """A folder of the first files of a larger one."""
    folder.mkdir()
    for path in files[:count]:
        os.link(path, folder / path.name)
    return folder


@dataclass(frozen=True)
class Measured:
    """Result of work, and the memory it took.

    Args:
        value: The result.
        megabytes: The most that its process and all below it held at once (PSS: what processes
            share counts once).
    """

    value: Any
    megabytes: float


def run_watched(work: Callable[..., Any], *given: Any) -> Measured:
    """Run ``work`` in a process of its own, and watch the memory of it and of its children."""
    context = get_context("spawn")
    apply_profile, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send_result, args=(theirs, work, *given))
    process.start()
    peak, over = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch_memory, args=(process.pid, peak, over))
    watcher.start()
    value = apply_profile.recv()
    over.set()
    watcher.join()
    process.join()
    return Measured(value, peak[0])


def _send_result(pipe: Any, work: Callable[..., Any], *given: Any) -> None:
    pipe.send(work(*given))


def _watch_memory(root: int, peak: list[float], over: threading.Event) -> None:
    while not over.is_set():
        peak[0] = max(peak[0], sum(_read_pss(pid) for pid in _list_processes(root)) / 1024)
        time.sleep(SAMPLED_EVERY_S)


def _list_processes(root: int) -> list[int]:
    """A process and all below it."""
    pids = [root]
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                pids += [int(child) for child in task.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return pids


def _read_pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)
