"""torchdata's loader, where it is installed: it saves each worker, we each stream."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from skeletonllm.stream.batch import Batch
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View

stateful = pytest.importorskip("torchdata.stateful_dataloader")


def ids(batches: list[Batch]) -> list[list[str]]:
    return [[s.clip.clip_id for s in batch if s.weight] for batch in batches]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("before", [1, 4, 7])
def test_a_stateful_loader_goes_on_behind_what_it_gave_out(
    folder: Path, workers: int, before: int
) -> None:
    def make_loader() -> stateful.StatefulDataLoader:
        stream = Stream(str(folder), View(), batch_size=4, seed=2)
        return stateful.StatefulDataLoader(stream, batch_size=None, num_workers=workers)

    whole = ids(list(Stream(str(folder), View(), batch_size=4, seed=2)))
    loader = make_loader()
    drawn = list(islice(loader, before))
    saved = json.loads(json.dumps(loader.state_dict()))
    resumed = make_loader()
    resumed.load_state_dict(saved)
    assert ids(drawn) == whole[:before]
    assert ids(list(resumed)) == whole[before:]
