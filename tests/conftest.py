"""What several test files share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports Triton: its kernels then run in its interpreter, with or without a GPU.
os.environ["TRITON_INTERPRET"] = "1"

REPO = Path(__file__).resolve().parents[1]

PROCESSES = ("faults", "jobs", "pipelines", "web")
"""Folders whose tests start Ray, whole commands or Chromium, and wait for them most of the time.

`make test` runs them in one process of pytest, in order, since two Rays on one machine fight for
fixed ports; all other tests run beside it in another. It collects these folders alone, so no test
elsewhere may start Ray.
"""
LIGHT = ("test_kill_stream.py", "test_stores.py", "test_stream_stores.py")
"""Of these folders, files that start neither: they run beside, so that both halves take as long."""


@pytest.hookimpl(tryfirst=True)  # before tests are selected by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start processes of their own."""
    for item in items:
        folder = item.path.relative_to(REPO / "tests").parts[0]
        uses_ray = item.get_closest_marker("ray") is not None
        if uses_ray and folder not in PROCESSES:
            raise pytest.UsageError(f"{item.nodeid} starts Ray: move it into one of {PROCESSES}")
        if uses_ray or (folder in PROCESSES and item.path.name not in LIGHT):
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout; tests that need it skip where it is absent."""
    folder = REPO.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs ../shared (real corpora and goldens are never committed)")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of 256 kB, or of the size that a test says, soon full; root alone makes it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "256k")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("may not mount a tmpfs here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
