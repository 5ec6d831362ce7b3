"""A process that opens the newest version of a release again and again, and checks all it sees."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from skeletonllm.errors import SkeletonLLMError
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import join, list_files, sha256_of
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.testing.processes import HOME, PATIENCE_S

PAUSE_S = 0.005
"""Between two looks, so that the cut has a processor as well."""


@dataclass(frozen=True)
class Look:
    """What a reader saw at one moment.

    Args:
        version: The newest one with a manifest, under its own name; empty where there was none.
        faults: Files that were not as that manifest states, and files that it does not state.
    """

    version: str
    faults: tuple[str, ...] = ()


def look_at(folder: str) -> Look:
    """The newest version of a release, read to its last byte.

    Args:
        folder: That holds one folder a version.
    """
    named = [path.rpartition("/") for path in list_files(folder)]
    found = {version for version, _, name in named if name == MANIFEST}
    versions = sorted(v for v in found if "/" not in v and not v.startswith("."))
    if not versions:
        return Look("")
    release = join(folder, versions[-1])
    try:
        stated = {path: entry.sha256 for path, entry in read_manifest(release).files.items()}
        there = set(list_files(release)) - {MANIFEST}
        faults = [f"{path}: not stated" for path in there - stated.keys()]
        faults += [f"{path}: missing" for path in stated.keys() - there]
        for path in sorted(stated.keys() & there):
            if sha256_of(join(release, path))[0] != stated[path]:
                faults.append(f"{path}: other bytes")
    except (SkeletonLLMError, OSError) as error:
        faults = [f"{type(error).__name__}: {error}"]
    return Look(versions[-1], tuple(sorted(faults)))


@contextmanager
def watch(folder: str) -> Iterator[list[Look]]:
    """What a reader saw, filled when the block ends; it has looked once when the block begins.

    Args:
        folder: See :func:`look_at`.
    """
    looks: list[Look] = []
    with subprocess.Popen(
        [sys.executable, "-m", __name__, folder],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        lines = [reader.stdout.readline()]
        stdout = reader.stdout
        collecting = threading.Thread(target=lambda: lines.extend(stdout))
        collecting.start()
        try:
            yield looks
        finally:
            reader.stdin.close()  # it ends after one look more
            reader.wait(PATIENCE_S)
            collecting.join(PATIENCE_S)
        for line in lines:
            told = json.loads(line)
            looks.append(Look(told["version"], tuple(told["faults"])))


def main(folder: str) -> None:
    """Print a line of JSON a look until standard input ends, and one look after that.

    Args:
        folder: See :func:`look_at`.
    """
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    last = False
    while not last:
        last = ended.is_set()
        print(json.dumps(asdict(look_at(folder))), flush=True)
        ended.wait(PAUSE_S)


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main(sys.argv[1])
