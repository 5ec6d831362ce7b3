"""A new version of a release is cut and killed, while somebody reads the newest one there is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from skeletonllm.storage import join, list_files, read_bytes, sha256_of, write_bytes
from skeletonllm.testing.killing.reader import Look, watch
from skeletonllm.testing.processes import kill_job, run_job

NAME = "toy"
OLD, NEW = "0.1.0", "0.2.0"


@dataclass(frozen=True)
class CutOutcome:
    """What came of a cut that was killed.

    Args:
        met: The kill met it at work.
        resumed: The same command then finished it.
        same: Every file below the root of the releases is as an undisturbed cut leaves it.
        looks: What a reader saw, from before the kill to after the second run.
    """

    met: bool
    resumed: bool
    same: bool
    looks: list[Look]

    @property
    def mixes(self) -> list[str]:
        """What the reader saw that no whole release holds."""
        return [fault for look in self.looks for fault in look.faults]


def make_cut(whole: Path, root: str, version: str = NEW) -> list[str]:
    """Arguments of ``skeletonllm`` that cut a release; the new version replaces the old one.

    Args:
        whole: Where ``clips`` and ``shards`` lie, see :mod:`skeletonllm.testing.killing.stages`.
        root: Of the releases, a path or a URL.
        version: :data:`OLD` or :data:`NEW`.
    """
    made_of = ["--clips", str(whole / "clips"), "--shards", str(whole / "shards")]
    parent = ["--parent", join(root, NAME, OLD)] if version == NEW else []
    named = ["--name", NAME, "--version", version, "--output", root]
    return ["cut-release", *named, *made_of, *parent]


def cut_undisturbed(whole: Path, root: str) -> float:
    """Cut both versions; seconds from the first file of the new one to the end of its command.

    Args:
        whole: See :func:`make_cut`.
        root: Of the releases.
    """
    done = run_job(*make_cut(whole, root, OLD))
    assert done.returncode == 0, done.stderr
    begun: list[float] = []

    def note() -> bool:
        if not begun and has_begun(root):
            begun.append(time.monotonic())
        return False  # never killed

    assert not kill_job(*make_cut(whole, root), when=note)
    spread_s = time.monotonic() - begun[0]
    assert f"{NAME}/{NEW}/manifest.json" in list_files(root)
    return spread_s


def copy_old(undisturbed: str, root: str) -> None:
    """Put the version there that a reader finds from the first look on.

    Args:
        undisturbed: Where both versions lie.
        root: Of the releases, without any.
    """
    release = join(NAME, OLD)
    for path in list_files(join(undisturbed, release)):
        write_bytes(join(root, release, path), read_bytes(join(undisturbed, release, path)))


def has_begun(root: str) -> bool:
    """Whether any file of the new version is there, under whatever name it is built."""
    return any(NEW in path for path in list_files(join(root, NAME)))


def kill_and_recut(whole: Path, root: str, expected: dict[str, str], delay_s: float) -> CutOutcome:
    """Kill a cut after its first file is there, and run it again, while somebody reads.

    Args:
        whole: See :func:`make_cut`.
        root: Of the releases, which :func:`copy_old` has filled.
        expected: What :func:`hash_releases` finds after undisturbed cuts.
        delay_s: Seconds from the first file to the kill.
    """
    args = make_cut(whole, root)
    with watch(join(root, NAME)) as looks:
        met = kill_job(*args, when=lambda: has_begun(root), delay_s=delay_s)
        resumed = run_job(*args).returncode == 0
    return CutOutcome(met, resumed, hash_releases(root) == expected, looks)


def hash_releases(root: str) -> dict[str, str]:
    """Hash of every file below the root of releases, by path."""
    return {path: sha256_of(join(root, path))[0] for path in list_files(root)}
