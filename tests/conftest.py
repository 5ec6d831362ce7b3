"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports Triton: its kernels then run in its interpreter, with or without a GPU.
os.environ["TRITON_INTERPRET"] = "1"

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout; tests that need it skip where it is absent."""
    folder = REPO.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs ../shared (real corpora and goldens are never committed)")
    return folder
