"""The bootstrap against intervals that are known."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.evaluation.captions.metric import Metric, bootstrap_metrics


def test_the_interval_of_a_mean_is_the_normal_one_of_many_clips() -> None:
    scores = np.random.default_rng(0).normal(0.5, 0.1, 900)
    metric = Metric.of_scores("m", "", scores.tolist())
    ((low, high),) = bootstrap_metrics([metric], draws=4000)
    error = 1.96 * scores.std() / 30
    assert metric.value == pytest.approx(scores.mean())
    assert (low, high) == pytest.approx((scores.mean() - error, scores.mean() + error), abs=4e-4)


def test_clips_that_are_all_the_same_have_no_spread() -> None:
    metric = Metric("ratio", "", np.tile([[1.0, 4.0]], (7, 1)), lambda sums, _: sums[0] / sums[1])
    assert bootstrap_metrics([metric], draws=20) == [(0.25, 0.25)]


def test_metrics_see_the_same_draws_and_seeds_differ() -> None:
    scores = np.arange(9.0)
    pair = [Metric.of_scores("m", "", column.tolist()) for column in (scores, -scores)]
    (low, high), (low_b, high_b) = bootstrap_metrics(pair, draws=200)
    assert (low, high) == pytest.approx((-high_b, -low_b))
    assert bootstrap_metrics(pair, draws=200) == bootstrap_metrics(pair, draws=200)
    assert bootstrap_metrics(pair, draws=200, seed=1) != bootstrap_metrics(pair, draws=200)
