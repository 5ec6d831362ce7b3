from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.streaming.nodes import Flags, read_epoch, write_copies
from skeletonllm.stream import order
from skeletonllm.testing.faulty_store import FaultyStore

MOST = 1.15
"""Bytes fetched over bytes used, of any number of nodes."""


@pytest.mark.parametrize("nodes", [2, 3])
def test_nodes_fetch_hardly_more_than_their_ranks_use(
    tmp_path: Path, nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Blocks of 16 in a small release, as in one of 16,384 samples and more.
    monkeypatch.setattr(order, "MIN_BLOCKS", 32)
    write_copies(str(tmp_path / "release"), 512, per_tar=128)
    flags = Flags(batch_size=8, nodes=nodes)
    with FaultyStore(tmp_path) as store:
        found = read_epoch(store, tmp_path / "cache", flags, 1_000_000_000, node=2)
    assert found.samples == 512
    assert 1 <= found.bytes / found.used <= MOST
    assert found.requests <= MOST * 512 / 16 + 2
