"""One body in metres, +y up, and what a reader makes of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, get_reader, read_clips

ReadFile = Callable[[str, str, "str | bytes"], tuple[list[Clip], list[Reject]]]

MARKERS = {
    "C7": (0, 1.5, 0), "CLAV": (0, 1.4, 0.1), "LSHO": (0.2, 1.4, 0), "RSHO": (-0.2, 1.4, 0),
    "LASI": (0.1, 1, 0.1), "RASI": (-0.1, 1, 0.1), "SACR": (0, 1, -0.1),
    "LKNE": (0.1, 0.5, 0), "RKNE": (-0.1, 0.5, 0), "LANK": (0.1, 0.1, 0), "RANK": (-0.1, 0.1, 0),
}  # fmt: skip
TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T
"""Rows of points with +y up, times this, have +z up."""


@pytest.fixture
def markers() -> np.ndarray:
    """[5, 11, 3]: a body that walks, of which one marker is lost in one frame."""
    points = np.array([*MARKERS.values()]) + 0.01 * np.arange(5)[:, None, None]
    points[2, 0] = np.nan
    return points


@pytest.fixture
def read_file(tmp_path: Path) -> ReadFile:
    """Clips and rejects of one file, by a reader's name."""

    def read(corpus: str, name: str, content: str | bytes) -> tuple[list[Clip], list[Reject]]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        reader = get_reader(corpus)
        results = [read_clips(reader, source) for source in reader.sources(str(path))]
        return [c for found, _ in results for c in found], [r for _, bad in results for r in bad]

    return read
