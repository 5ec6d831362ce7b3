from __future__ import annotations

import pytest
import torch

from benchmarks.learning.step_shares import SHARES, Meter, cut_in_three, measure_step
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.mllm import tiny_internvl
from skeletonllm.synthesis import synthesize
from skeletonllm.tasks import Example
from skeletonllm.training import Trainer, get_stage

ACTIONS = ("hand waving", "sit down")


def make_trainer() -> Trainer:
    adapter = tiny_internvl(ACTIONS)
    renderer = DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=2))
    stage = get_stage("warm_up", model="tiny", batch_size=2, num_frames=2)
    return Trainer(stage, renderer, adapter, steps=10)


@pytest.fixture(scope="module")
def batch() -> list[Example]:
    return [Example(name, synthesize(name, fps=10), name, ACTIONS) for name in ACTIONS]


def test_a_step_cut_in_three_is_the_same_step(batch: list[Example]) -> None:
    whole, cut = make_trainer(), make_trainer()
    first = whole.train_step(batch, 0)
    with cut_in_three(cut, Meter()):
        second = cut.train_step(batch, 0)
    assert second.loss == pytest.approx(first.loss, abs=1e-6)
    for one, other in zip(whole.parameters, cut.parameters, strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-6, rtol=1e-5)
    assert whole.train_step(batch, 1).loss == pytest.approx(cut.train_step(batch, 1).loss, abs=1e-5)


def test_every_share_is_measured(batch: list[Example]) -> None:
    trainer = make_trainer()
    spent = measure_step(trainer, iter([batch]), 0)
    assert set(spent) == set(SHARES)
    assert all(spent[name] > 0 for name in ("rendering", "vision", "language"))
