"""One local Ray for all tests of the pipelines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.common import cluster


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    with cluster(workers=2):
        yield
