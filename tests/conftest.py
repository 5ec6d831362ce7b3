"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports Triton: its kernels then run in its interpreter, with or without a GPU.
os.environ["TRITON_INTERPRET"] = "1"

REPO = Path(__file__).resolve().parents[1]

PROCESSES = ("faults", "jobs", "pipelines")
"""Folders whose tests start Ray or whole commands: one process of pytest runs them all, in order.

Two Rays on one machine fight for fixed ports, and these tests already use both cores.
"""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what starts processes together; ``make test`` runs all else beside it."""
    for item in items:
        folder = item.path.relative_to(REPO / "tests").parts[0]
        if folder in PROCESSES or item.get_closest_marker("ray"):
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout; tests that need it skip where it is absent."""
    folder = REPO.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs ../shared (real corpora and goldens are never committed)")
    return folder
