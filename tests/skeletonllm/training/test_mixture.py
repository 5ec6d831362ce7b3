"""Two corpora of other skeletons, joined by weights, train one model in one batch."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from pipelines.train import TrainConfig
from skeletonllm.clip import Clip
from skeletonllm.shards import encode
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import get_task
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.releases import write_manifest, write_shards
from skeletonllm.topology import get_topology
from skeletonllm.training import ExampleStream, TrainingStage, get_stage
from skeletonllm.views.view import View

from .conftest import ACTIONS, build, make

STAGE = get_stage("warm_up", model="tiny", batch_size=8, num_frames=2)
KINECT_V1 = get_topology("kinect_v1")


def _clip(corpus: str, label: str, take: int, topology: str) -> Clip:
    return make_clip(
        synthesize(label, subject=take % 3, seed=take, fps=10, topology=get_topology(topology)),
        clip_id=f"{corpus}/{label}/{take}",
        corpus=corpus,
        label=label,
        label_id=ACTIONS.index(label),
        label_namespace="lab",
        subject=str(take % 3),
    )


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("joint"))
    new = [_clip("new", label, take, "kinect_v2") for label in ACTIONS[:3] for take in range(4)]
    old = [_clip("old", label, take, "kinect_v1") for label in ACTIONS[1:] for take in range(2)]
    write_shards(folder, [encode(clip) for clip in new + old], per_shard=100)
    return write_manifest(folder)


def configure(release: str, *mix: tuple[str, float], stage: TrainingStage = STAGE) -> TrainConfig:
    return TrainConfig(release=release, output="out", stage=stage, view=View(), mix=mix)


def test_each_clip_comes_as_often_as_its_corpus_weighs(release: str) -> None:
    stream = configure(release, ("new", 1.0), ("old", 2.0)).open_stream()
    assert stream.num_samples == 12 + 2 * 6
    drawn = [
        (part, sample.clip.corpus, repeat)
        for batch in stream
        for part, sample, repeat in zip(batch.parts, batch, batch.repeats, strict=True)
        if sample.weight
    ]
    assert all(part == corpus for part, corpus, _ in drawn)
    counts = {key: drawn.count(key) for key in set(drawn)}
    assert counts == {("new", "new", 0): 12, ("old", "old", 0): 6, ("old", "old", 1): 6}


def test_a_mixture_may_be_of_skeletons(release: str) -> None:
    stream = configure(release, (f"topology:{KINECT_V1.name}", 1.0)).open_stream()
    assert {s.motion.topology.name for b in stream for s in b if s.weight} == {KINECT_V1.name}


def test_both_train_in_one_batch_and_each_names_its_own_classes(release: str) -> None:
    config = configure(release, ("new", 1.0), ("old", 2.0))
    stream = config.open_stream()
    trainer = make(STAGE, *build(), parts=[part.name for part in stream.parts])
    mixed = []
    for step, batch in enumerate(islice(ExampleStream(stream, get_task("recognition")), 3)):
        result = trainer.train_step(batch, step)
        mixed.append(len(result.losses) == 2)
        weights = [sum(e.part == part for e in batch) for part in result.losses]
        assert result.loss == pytest.approx(np.average([*result.losses.values()], weights=weights))
        for example in batch:
            theirs = ACTIONS[:3] if example.part == "new" else ACTIONS[1:]
            assert example.candidates == theirs
            assert len({e.motion.topology.name for e in batch if e.part == example.part}) == 1
    assert any(mixed)
    assert trainer.named["renderer.appearance.format_scale"].grad is not None


def test_discrimination_comes_twice_an_epoch(release: str) -> None:
    config = configure(release, ("new", 1.5), stage=replace(STAGE, task="discrimination"))
    (part,) = config.parts()
    assert (part.weight, part.needs) == (3.0, ("negatives",))
