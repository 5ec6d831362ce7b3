"""The experiment of legibility, tiny: two actions, two skeletons, one spoiled group at a time."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from benchmarks.learning.frozen_classifier import Clips, Reader, judge, learn, perform, show, teach
from benchmarks.learning.perturbations import TRIALS, Trial
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.topology import COCO_17, KINECT_V2

CONFIG = DrActionConfig(size=56, patch=14, points_per_bone=4, recurrent=True)
ACTIONS = ("cheer (raise arms)", "squat down")


def trial_of(name: str) -> Trial:
    return next(trial for trial in TRIALS if trial.free == (name,))


@pytest.fixture(scope="module")
def known() -> Clips:
    return perform(ACTIONS, range(2), (KINECT_V2, COCO_17))


@pytest.fixture(scope="module")
def strangers() -> Clips:
    return perform(ACTIONS, range(100, 103), (KINECT_V2, COCO_17))


@pytest.fixture(scope="module")
def reader(known: Clips) -> Reader:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return teach(Reader(len(ACTIONS)), DrAction(CONFIG), known, steps=50)


def spoiled(trial: Trial) -> DrAction:
    renderer = DrAction(CONFIG)
    with torch.no_grad():
        trial.spoil(renderer)
    renderer.set_trainable(*trial.free)
    return renderer


def test_no_parameter_is_forgotten_by_the_trials() -> None:
    renderer, tried = DrAction(CONFIG), set()
    for trial in TRIALS:
        if trial.free != ("*",):
            tried |= set(renderer.set_trainable(*trial.free))
    assert tried == {name for name, _ in renderer.named_parameters()}


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.group)
def test_every_spoil_changes_the_picture(trial: Trial, strangers: Clips) -> None:
    some = strangers.pick([0, 1])
    with torch.no_grad():
        change = show(DrAction(CONFIG), some) - show(spoiled(trial), some)
    assert float(change.abs().max()) > 0.1


def test_the_frozen_reader_repairs_the_picture_for_strangers(
    reader: Reader, known: Clips, strangers: Clips
) -> None:
    start = judge(reader, DrAction(CONFIG), strangers)
    assert start.accuracy > 0.9
    renderer, weights = spoiled(trial_of("appearance.intensity")), deepcopy(reader.state_dict())
    before = judge(reader, renderer, strangers)
    learn(renderer, reader, known, steps=30, rate=0.4)
    after = judge(reader, renderer, strangers)
    assert before.accuracy < 0.7
    assert after.accuracy > 0.9
    assert after.loss < before.loss
    assert all(torch.equal(w, weights[name]) for name, w in reader.state_dict().items())


def test_wrong_answers_repair_nothing(reader: Reader, known: Clips, strangers: Clips) -> None:
    renderer = spoiled(trial_of("appearance.intensity"))
    wrong = Clips(known.motions, 1 - known.labels)
    learn(renderer, reader, wrong, steps=30, rate=0.4)
    assert judge(reader, renderer, strangers).accuracy < 0.7
