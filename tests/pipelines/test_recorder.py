"""What ranks that are gone had to tell is told by those that go on."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray.train
import torch
from ray.train import Checkpoint

from pipelines.train import TrainConfig
from pipelines.train.recorder import Recorder
from pipelines.worker_warnings import WarningCollector, WarningTally
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.mllm import tiny_internvl
from skeletonllm.stream.damage import Damage
from skeletonllm.stream.stream import Stream
from skeletonllm.training import Trainer, TrainState, get_stage
from skeletonllm.training.checkpoints.told import Told
from skeletonllm.views.left_out import NOTHING
from skeletonllm.views.view import View

BEFORE = 3
"""Ranks that wrote the checkpoint."""
STAGE = get_stage("warm_up", model="tiny", batch_size=30, num_frames=2)
LOST = Damage("lab/throw/5", "a.tar", "cut")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each rank has warned, and left out, as often as its number plus one; all know of a loss."""
    folder = tmp_path_factory.mktemp("checkpoint")
    adapter = tiny_internvl((), seed=0)
    renderer = DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=3))
    trainer = Trainer(STAGE, renderer, adapter, steps=9)
    TrainState.of(5, trainer, {}).belongs_to(release="r").write(folder)
    for rank in range(BEFORE):
        times = rank + 1
        left_out = replace(NOTHING, captions=times)
        told = Told({"a": (f"text of {rank}", times)}, {LOST.clip_id: LOST}, left_out)
        told.write(folder, rank)
    return folder


@pytest.fixture(autouse=True)
def keep_random_state() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.mark.parametrize("world", [1, 2, 3, 5])
def test_what_was_told_is_counted_once_by_any_number_of_ranks(
    world: int, checkpoint: Path, release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = SimpleNamespace(get_world_size=lambda: world)
    monkeypatch.setattr(ray.train, "get_context", lambda: context)
    monkeypatch.setattr(ray.train, "get_checkpoint", lambda: Checkpoint.from_directory(checkpoint))
    config = TrainConfig(release=release, output=str(tmp_path), stage=STAGE, view=View())
    fresh = config.open_stream(0, 1)
    recorders = [_recorder(rank, config, copy.copy(fresh)) for rank in range(world)]
    states = [recorder.resume() for recorder in recorders]
    assert {state.step for state in states if state} == {5}
    tally = WarningTally("train", "worker")
    for rank, recorder in enumerate(recorders):
        tally.add(rank, recorder.collector.warned)
        assert list(recorder.stream.damage.found.values()) == [LOST]
    (row,) = tally.to_json()
    assert (row["message"], row["times"]) == ("text of 0", 1 + 2 + 3)
    assert row["units"] == min(world, BEFORE)
    assert sum(recorder.stream.left_out.captions for recorder in recorders) == 1 + 2 + 3


def _recorder(rank: int, config: TrainConfig, stream: Stream) -> Recorder:
    stream.damage = replace(stream.damage, found={})
    given: dict[str, Any] = {"owner": {}, "renderer": None, "meter": None}
    return Recorder(rank, config, stream=stream, collector=WarningCollector(), **given)
