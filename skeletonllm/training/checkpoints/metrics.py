"""The metrics of a run, a line a step, written in segments beside the checkpoints.

A checkpoint that held all lines would grow with the run. A segment holds the steps between two
checkpoints; an object store cannot append. What a killed run wrote beyond its last checkpoint is
dropped when it goes on.
"""

from __future__ import annotations

import json
from typing import Any

from skeletonllm.storage import exists, join, list_files, read_bytes, write_bytes
from skeletonllm.storage.files import filesystem, remove_folder

_END = ".jsonl"


class MetricsLog:
    """Keeps the lines of a run; one process writes.

    Args:
        folder: Of the segments, a path or URL.
        done: Steps that the run had done when it was saved; later segments are dropped.
    """

    def __init__(self, folder: str, done: int = 0) -> None:
        self.folder = folder
        self._lines: list[dict[str, Any]] = []
        for name in _list_segments(folder):
            if int(name.removesuffix(_END)) > done:
                fs, path = filesystem(join(folder, name))
                fs.rm_file(path)

    def add(self, line: dict[str, Any]) -> None:
        """Keep the metrics of a step until the next segment is written.

        Args:
            line: Plain data with ``step``, from 1 on.
        """
        self._lines.append(line)

    def write(self) -> None:
        """Write what was added since the last segment, if anything."""
        if self._lines:
            text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in self._lines)
            write_bytes(join(self.folder, f"{self._lines[0]['step']:09d}{_END}"), text.encode())
            self._lines = []


def join_segments(folder: str, url: str) -> list[dict[str, Any]]:
    """Write all segments as one file, remove them, and return its lines.

    A run that was killed while they were removed calls it again: then the file, which has what is
    gone of them, stays as it is.

    Args:
        folder: Of the segments.
        url: File to write.
    """
    names = _list_segments(folder)
    content = b"".join(read_bytes(join(folder, name)) for name in names)
    written = read_bytes(url) if exists(url) else None
    if written is None or not written.startswith(content):
        write_bytes(url, content)
        written = content
    for name in reversed(names):  # so that what a kill leaves is the beginning of the file
        fs, path = filesystem(join(folder, name))
        fs.rm_file(path)
    remove_folder(folder)
    return [json.loads(line) for line in written.decode().splitlines()]


def _list_segments(folder: str) -> list[str]:
    return [name for name in list_files(folder) if name.endswith(_END)]
