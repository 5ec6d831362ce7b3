"""One local Ray for all tests of the pipelines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.common import cluster
from skeletonllm.testing.releases import write_release
from tests.pipelines.asking import CLIPS, write_two_parts


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    with cluster(workers=2):
        yield


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Six small clips in two folders; read only."""
    return write_two_parts(tmp_path_factory.mktemp("clips"), CLIPS)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """24 clips of four actions; read only."""
    return write_release(str(tmp_path_factory.mktemp("release")))
