"""A small release of two corpora, and a bundle that is no more than it must be."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.release import cut_release
from skeletonllm.storage import read_json
from skeletonllm.viewer.embedded import write_page
from skeletonllm.viewer.page import Bundle
from tests.skeletonllm.release.conftest import write_stages
from tests.skeletonllm.viewer.page_reader import Page

BUNDLE = Bundle("globalThis.app = 1 < 2 && 'x';", "body { margin: 0 }")


@pytest.fixture(scope="session")
def viewed_stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return write_stages(tmp_path_factory.mktemp("viewed_stages"))


@pytest.fixture(scope="session")
def viewed(tmp_path_factory: pytest.TempPathFactory, viewed_stages: dict[str, Any]) -> Path:
    """A release, read only."""
    root = tmp_path_factory.mktemp("viewed")
    return Path(cut_release(str(root), "toy", "1.0.0", code="test", **viewed_stages))


@pytest.fixture
def release(tmp_path: Path, viewed: Path) -> Path:
    """A copy of the release that a test may damage."""
    return Path(shutil.copytree(viewed, tmp_path / "release"))


def page_bytes(folder: Path, **how: Any) -> bytes:
    file = io.BytesIO()
    manifest = read_json(str(folder / "manifest.json"))
    write_page(file, str(folder), manifest, **{"bundle": BUNDLE, **how})
    return file.getvalue()


def page_of(folder: Path, **how: Any) -> Page:
    return Page(page_bytes(folder, **how).decode())
