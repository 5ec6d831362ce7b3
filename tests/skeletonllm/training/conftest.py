"""Real motions of four actions, and batches of them that know their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.mllm import InternVLAdapter, tiny_internvl
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.training import Trainer, TrainingStage

ACTIONS = ("hand waving", "sit down", "kicking the air/something", "bow (bend forward)")


def perform(action: str, subject: int, seed: int) -> Example:
    motion = synthesize(action, subject=subject, seed=seed, fps=10)
    return Example(f"{action}/{subject}/{seed}", motion, action, ACTIONS)


class ListBatches:
    """A stream without files: ``start`` is all of its state."""

    def __init__(self, examples: Sequence[Example], batch_size: int, start: int = 0) -> None:
        self.examples, self.batch_size, self.start = list(examples), batch_size, start

    def __iter__(self) -> Iterator[list[Example]]:
        whole = len(self.examples) // self.batch_size
        while True:
            epoch, batch = divmod(self.start, whole)
            order = np.random.default_rng(epoch).permutation(len(self.examples))
            chosen = order[batch * self.batch_size :][: self.batch_size]
            self.start += 1
            yield [self.examples[i] for i in chosen]

    def state(self) -> dict[str, Any]:
        return {"start": self.start}


def build(seed: int = 0) -> tuple[DrAction, InternVLAdapter]:
    adapter = tiny_internvl(ACTIONS, seed=seed)
    return DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=3)), adapter


def make(stage: TrainingStage, *built: Any, **options: Any) -> Trainer:
    """A trainer of a stage of 300 steps."""
    return Trainer(stage, *built, **{"steps": 300, **options})


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads on two busy cores are slower than one, by far."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Twelve clips of each action by four subjects."""
    return [perform(action, seed % 4, seed) for action in ACTIONS for seed in range(12)]


@pytest.fixture(scope="session")
def held_out() -> list[Example]:
    """Ten clips of each action by two other subjects."""
    return [perform(action, 5 + seed % 2, 100 + seed) for action in ACTIONS for seed in range(10)]
