"""An S3 on this machine that counts what comes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skeletonllm.testing.faulty_store import FaultyStore
from tests.faults.conftest import moto
from tests.faults.s3_here import BUCKET, point_s3_at, put

__all__ = ["moto"]


@pytest.fixture
def counted(
    moto: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[tuple[FaultyStore, str]]:
    """A store that counts requests, and an empty folder of it."""
    with FaultyStore(upstream=moto, puts=True) as store:
        point_s3_at(store.url, monkeypatch)
        put(moto, "made", b"the bucket")
        yield store, f"s3://{BUCKET}/{request.node.name}"
