"""Files to send, and an S3 on this machine that counts what comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.storage.transfer import OutgoingFile
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


@pytest.fixture
def files(tmp_path: Path) -> list[OutgoingFile]:
    """Two small files and one of three parts, on this disk."""
    random = np.random.default_rng(0)
    sizes = {"a.json": 100, "shards/b.tar": 20_000, "shards/c.tar": (17 << 20) + 5}
    made = []
    for path, size in sizes.items():
        data, place = random.bytes(size), tmp_path / "source" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        made.append(OutgoingFile(path, hashlib.sha256(data).hexdigest(), size, str(place)))
    return made
