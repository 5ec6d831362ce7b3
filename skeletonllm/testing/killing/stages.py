"""Stages that are killed and run again: what they leave must not differ by a byte."""

from __future__ import annotations

from pathlib import Path

from skeletonllm.storage.layout import PACKED, REJECTS
from skeletonllm.synthesis import synthesize, write_nw_ucla
from skeletonllm.testing.processes import kill_job, read_folder, run_job
from skeletonllm.topology import KINECT_V1

FIRST_FILES = {"clips": REJECTS, "shards": PACKED}
"""Folder of each stage, and the folder below it in which the first file of a unit appears."""

CLIPS, CLIPS_A_PART = 36, 3
"""12 parts: enough that a kill within the first second meets two workers at work."""


def write_corpus(folder: Path) -> None:
    """Write :data:`CLIPS` short clips of NW-UCLA."""
    folder.mkdir(parents=True)
    for i in range(CLIPS):
        motion = synthesize("sit down", topology=KINECT_V1, subject=i % 5, seed=i)
        write_nw_ucla(folder / f"a05_s{i % 5 + 1:02d}_e{i:02d}_v01.json", motion, label=5)


def make_arguments(stage: str, raw: Path, whole: Path, output: Path) -> list[str]:
    """Arguments of ``skeletonllm`` for a stage of :data:`FIRST_FILES`.

    Args:
        stage: Its folder.
        raw: The corpus, for ``clips``.
        whole: Where undisturbed clips lie, for ``shards``.
        output: The folder of the stage is made below it.
    """
    to = ["--output", str(output / stage), "--workers", "2"]
    if stage == "shards":
        return ["build-shards", "--clips", str(whole / "clips"), *to]
    parts = ["--files-per-part", str(CLIPS_A_PART)]
    return ["normalize", "--corpus", "nw_ucla", "--input", str(raw), *parts, *to]


def run_stages(raw: Path, whole: Path) -> None:
    """Run every stage undisturbed.

    Args:
        raw: The corpus.
        whole: Where the folders of the stages are made.
    """
    for stage in FIRST_FILES:
        done = run_job(*make_arguments(stage, raw, whole, whole))
        assert done.returncode == 0, done.stderr


def kill_and_rerun(
    stage: str, raw: Path, whole: Path, output: Path, *, delay_s: float
) -> tuple[bool, bool]:
    """Kill a stage after its first unit has started, and run it again.

    Args:
        stage: See :func:`make_arguments`.
        raw: See there.
        whole: See there.
        output: See there.
        delay_s: Seconds from the start of the first unit to the kill.

    Returns:
        Whether the kill met it at work, and whether the rerun left what an undisturbed run leaves.
    """
    started = output / stage / FIRST_FILES[stage]
    args = make_arguments(stage, raw, whole, output)
    alive = kill_job(
        *args, when=lambda: started.exists() and any(started.iterdir()), delay_s=delay_s
    )
    return alive, rerun(stage, args, whole, output)


def rerun(stage: str, args: list[str], whole: Path, output: Path) -> bool:
    """Whether the same command leaves, after a kill, what an undisturbed run leaves.

    Args:
        stage: Its folder.
        args: What was killed.
        whole: Where the undisturbed folder lies.
        output: Where the killed one lies.
    """
    done = run_job(*args)
    assert done.returncode == 0, done.stderr
    return read_folder(output / stage) == read_folder(whole / stage)
