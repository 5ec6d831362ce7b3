from __future__ import annotations

import numpy as np
import pytest
import torch

from skeletonllm.evaluation.baselines.baseline import Measured
from skeletonllm.evaluation.baselines.meanings import Meanings
from skeletonllm.evaluation.baselines.tcn import TemporalBaseline, TemporalNetwork
from tests.skeletonllm.evaluation.baselines.made_up import measure_rows

CLASSES = ("raise left", "raise right", "step left", "step right")
LABELS = [CLASSES[at % 4] for at in range(64)]


def make_paths(seed: int) -> Measured:
    """One channel a word: a bump early for raise, late for step, in the channel of the side."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.3, (len(LABELS), 3, 24)).astype(np.float32)
    values[:, 2] = 7.0  # a channel that never changes says nothing, and must not become NaN
    for row, label in zip(values, LABELS, strict=True):
        verb, side = label.split()
        start = 2 if verb == "raise" else 14
        row[0 if side == "left" else 1, start : start + 8] += 2.0
    return measure_rows(LABELS, values, ["1"] * len(LABELS))


@pytest.fixture(scope="module")
def trained() -> Measured:
    return make_paths(0)


def test_seen_classes_are_told_on_clips_that_were_not_trained_on(
    lettered: Meanings, trained: Measured
) -> None:
    (fit,) = TemporalBaseline(lettered, unseen=False).fit(trained, [10], seed=0)
    fresh = make_paths(1)
    right = fit.score(fresh.values, CLASSES).argmax(axis=1) == fresh.codes
    assert right.mean() > 0.9


def test_an_answer_hangs_on_no_other_clip_that_is_asked_about(
    lettered: Meanings, trained: Measured
) -> None:
    (fit,) = TemporalBaseline(lettered, unseen=False).fit(trained, [2], seed=0)
    whole = fit.score(trained.values, CLASSES)
    np.testing.assert_allclose(fit.score(trained.values[5:6], CLASSES)[0], whole[5], atol=1e-5)
    assert whole.shape == (64, 4)
    assert np.abs(whole).max() <= 1 + 1e-9


def test_the_same_seed_learns_the_same_bits_and_draws_nothing_from_others(
    lettered: Meanings, trained: Measured
) -> None:
    baseline = TemporalBaseline(lettered, unseen=True)
    torch.manual_seed(5)
    first = torch.rand(1)
    torch.manual_seed(5)
    hashes = [baseline.fit(trained, [2], seed)[0].sha256 for seed in (0, 0, 1)]
    assert torch.equal(first, torch.rand(1))
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_look_on_the_way_changes_nothing(lettered: Meanings, trained: Measured) -> None:
    baseline = TemporalBaseline(lettered, unseen=True)
    early, late = baseline.fit(trained, [1, 3], seed=0)
    assert early.sha256 == baseline.fit(trained, [1], seed=0)[0].sha256
    assert late.sha256 == baseline.fit(trained, [3], seed=0)[0].sha256
    assert early.sha256 != late.sha256


def test_vectors_have_the_length_of_the_names_whatever_the_time() -> None:
    network = TemporalNetwork(channels=3, width=12)
    assert network(torch.zeros(2, 3, 24)).shape == (2, 12)
    assert network(torch.zeros(2, 3, 5)).shape == (2, 12)
