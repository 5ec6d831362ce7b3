"""The experiment of legibility, tiny: two actions, two skeletons, one perturbed group at a time."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from benchmarks.learning.frozen_classifier import (
    Classifier,
    Clips,
    draw_clips,
    score_classifier,
    synthesize_clips,
    train_classifier,
    train_renderer,
)
from benchmarks.learning.perturbations import TRIALS, Trial
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.topology import COCO_17, KINECT_V2

CONFIG = DrActionConfig(size=56, patch=14, points_per_bone=4, recurrent=True)
LIMBS = replace(CONFIG, motion=False)
"""Streaks alone would tell the two actions apart, whatever became of the limbs."""
ACTIONS = ("cheer (raise arms)", "squat down")


def trial_of(name: str) -> Trial:
    return next(trial for trial in TRIALS if trial.trainable == (name,))


@pytest.fixture(scope="module")
def training() -> Clips:
    return synthesize_clips(ACTIONS, range(2), (KINECT_V2, COCO_17))


@pytest.fixture(scope="module")
def held_out() -> Clips:
    return synthesize_clips(ACTIONS, range(100, 103), (KINECT_V2, COCO_17))


@pytest.fixture(scope="module")
def classifier(training: Clips) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return train_classifier(Classifier(len(ACTIONS)), DrAction(LIMBS), training, steps=50)


def make_perturbed(trial: Trial, config: DrActionConfig = CONFIG) -> DrAction:
    renderer = DrAction(config)
    with torch.no_grad():
        trial.perturb(renderer)
    renderer.set_trainable(*trial.trainable)
    return renderer


def test_no_parameter_is_forgotten_by_the_trials() -> None:
    renderer, tried = DrAction(CONFIG), set()
    for trial in TRIALS:
        if trial.trainable != ("*",):
            tried |= set(renderer.set_trainable(*trial.trainable))
    assert tried == {name for name, _ in renderer.named_parameters()}


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.group)
def test_every_perturbation_changes_the_picture(trial: Trial, held_out: Clips) -> None:
    some = held_out.pick([0, 1])
    with torch.no_grad():
        change = draw_clips(DrAction(CONFIG), some) - draw_clips(make_perturbed(trial), some)
    assert float(change.abs().max()) > 0.1


def test_a_frozen_classifier_repairs_the_picture_for_held_out_people(
    classifier: Classifier, training: Clips, held_out: Clips
) -> None:
    start = score_classifier(classifier, DrAction(LIMBS), held_out)
    assert start.accuracy > 0.9
    renderer, weights = (
        make_perturbed(trial_of("appearance.intensity"), LIMBS),
        deepcopy(classifier.state_dict()),
    )
    before = score_classifier(classifier, renderer, held_out)
    train_renderer(renderer, classifier, training, steps=30, rate=0.4)
    after = score_classifier(classifier, renderer, held_out)
    assert before.accuracy < 0.7
    assert after.accuracy > 0.9
    assert after.loss < before.loss
    assert all(torch.equal(w, weights[name]) for name, w in classifier.state_dict().items())


def test_wrong_labels_repair_nothing(
    classifier: Classifier, training: Clips, held_out: Clips
) -> None:
    renderer = make_perturbed(trial_of("appearance.intensity"), LIMBS)
    wrong_labels = Clips(training.motions, 1 - training.labels)
    train_renderer(renderer, classifier, wrong_labels, steps=30, rate=0.4)
    assert score_classifier(classifier, renderer, held_out).accuracy < 0.7
