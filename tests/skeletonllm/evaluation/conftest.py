"""A small release to hold out parts of."""

from __future__ import annotations

import pytest

from skeletonllm.testing.releases import write_release


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Clips of four actions by two subjects; read only."""
    return write_release(str(tmp_path_factory.mktemp("release")), per_action=2)
