"""The head that reads features, its control, and the interval of paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.learning.eye.comparison import bootstrap_interval, compare_arms
from benchmarks.learning.eye.corpus import Index
from benchmarks.learning.eye.features import Features
from benchmarks.learning.eye.head import Recipe, exchange_labels, predict, train_head

CLASSES, CLIPS = 4, 160
RECIPE = Recipe(width=16, epochs=15)


def make_features(seed: int) -> tuple[Features, Index]:
    """Noise, in which four numbers of each frame say the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=CLIPS)
    features = rng.normal(size=(CLIPS, 2, 3, 24))
    features[..., :CLASSES] += 5 * np.eye(CLASSES)[labels][:, None, None]
    return features.astype(np.float16), labels


def score_head(features: Features, labels: Index, seed: int = 0) -> float:
    head = train_head(features, labels, CLASSES, seed, RECIPE)
    scored, wanted = make_features(1)
    return float((predict(head, scored[:, 0]) == wanted).mean())


def test_a_head_learns_features_that_tell_classes_apart() -> None:
    assert score_head(*make_features(0)) > 0.95


def test_a_head_is_at_chance_when_labels_are_exchanged() -> None:
    features, labels = make_features(0)
    assert score_head(features, exchange_labels(labels)) < 0.5


def test_a_seed_decides_all_of_a_head() -> None:
    features, labels = make_features(0)
    heads = [train_head(features, labels, CLASSES, seed, RECIPE) for seed in (0, 0, 1)]
    first, same, other = (head.clip.weight.detach().numpy() for head in heads)
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_no_clip_keeps_its_label_when_labels_are_exchanged() -> None:
    own = np.arange(50)
    exchanged = exchange_labels(own)
    assert sorted(exchanged) == own.tolist()
    assert not (exchanged == own).any()
    assert np.array_equal(exchanged, exchange_labels(own))


def test_equal_arms_differ_by_exactly_nothing() -> None:
    right = np.random.default_rng(0).random((3, 80)) < 0.7
    found = compare_arms(right, right)
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_difference_is_paired_and_its_interval_is_that_of_the_normal_theory() -> None:
    rng = np.random.default_rng(0)
    reference = rng.random((1, 400)) < 0.5
    right = reference | (rng.random((1, 400)) < 0.2)
    found = compare_arms(right, reference)
    of_clips = right[0].astype(float) - reference[0]
    error = of_clips.std() / np.sqrt(400)
    assert found.mean == pytest.approx(of_clips.mean())
    assert found.low == pytest.approx(of_clips.mean() - 1.96 * error, abs=0.005)
    assert found.high == pytest.approx(of_clips.mean() + 1.96 * error, abs=0.005)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    intervals = [bootstrap_interval(rng.normal(0.1, 1.0, 60)) for _ in range(40)]
    covered = sum(low < 0.1 < high for low, high in intervals)
    assert covered >= 34
