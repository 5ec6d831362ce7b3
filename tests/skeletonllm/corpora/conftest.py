"""Literal files in the formats of the readers, small enough to reason about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

NtuFrame = Sequence[tuple[str, np.ndarray]]
"""Bodies of a frame: id and joint rows [25, 12]."""


@pytest.fixture(scope="session")
def ntu_rows() -> Callable[..., np.ndarray]:
    """Joint rows [25, 12] of a body whose joint j lies at (x, j / 10, 3)."""

    def rows(x: float = 0.0, state: int = 2) -> np.ndarray:
        values = np.zeros((25, 12))
        values[:, 0], values[:, 1], values[:, 2] = x, np.arange(25) / 10, 3.0
        values[:, 3:7] = 100.0
        values[:, 7:11] = (0.5, -0.5, 0.5, -0.5)
        values[:, 11] = state
        return values

    return rows


@pytest.fixture(scope="session")
def ntu_text() -> Callable[..., str]:
    """Text of a ``.skeleton`` file from its frames."""

    def text(frames: Sequence[NtuFrame], end: str = "\n") -> str:
        lines = [str(len(frames))]
        for bodies in frames:
            lines.append(str(len(bodies)))
            for name, rows in bodies:
                lines += [f"{name} 0 1 1 1 1 0 0.01 -0.02 2", "25"]
                lines += [
                    " ".join([*(f"{v:.7g}" for v in row[:11]), str(int(row[11]))]) for row in rows
                ]
        return end.join(lines) + end

    return text


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file below ``tmp_path``; gives its path."""

    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put
