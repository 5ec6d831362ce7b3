"""What the tests of stores share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipelines.conftest import local_ray

__all__ = ["local_ray"]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """URL of an S3 server in this process."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    pytest.importorskip("s3fs")
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()
