from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.baselines.baseline import Baseline, Fitted, Measured, Setting
from skeletonllm.evaluation.baselines.choosing import choose_setting
from skeletonllm.evaluation.baselines.meanings import Array, Meanings
from skeletonllm.evaluation.selection import split_training_part
from skeletonllm.motion import Motion
from skeletonllm.views.view import View
from tests.skeletonllm.evaluation.baselines.made_up import measure_rows

CLASSES = ("clap", "jump", "run", "sit")
VIEW = View(labels=CLASSES, unseen=("wave",))
LABELS = [name for name in CLASSES for _ in range(10)]
TRAINED = measure_rows(LABELS, np.arange(40.0)[:, None], [str(at % 5) for at in range(40)])


@dataclass
class Guess(Fitted):
    """Right about a share of the clips."""

    share: float

    def score(self, values: Array, candidates: Sequence[str]) -> Array:
        own = [candidates.index(LABELS[int(value)]) for value in values[:, 0]]
        right = np.arange(len(own)) < self.share * len(own)
        told = np.where(right, own, (np.array(own) + 1) % len(candidates))
        return np.eye(len(candidates))[told]

    def arrays(self) -> Mapping[str, Array]:
        return {}


class Guesser(Baseline):
    name, version, settings = "guesser", "1", (0.2, 0.8, 0.79999, 0.4)

    def __init__(self) -> None:
        super().__init__(Meanings("lab"), unseen=True)
        self.seen: list[Measured] = []

    def measure(self, motion: Motion) -> Array:
        raise NotImplementedError

    def fit(self, trained: Measured, settings: Sequence[Setting], seed: int) -> list[Fitted]:
        assert seed == 0
        self.seen.append(trained)
        return [Guess(float(share)) for share in settings]


def test_the_setting_that_is_right_most_often_is_taken_and_of_equals_the_most_cautious() -> None:
    folds = split_training_part(VIEW, TRAINED.rows)
    choice = choose_setting(Guesser(), TRAINED, folds)
    assert choice.setting == 0.8
    assert choice.accuracy["0.8"] == choice.accuracy["0.79999"] == pytest.approx(0.8)
    assert choice.accuracy["0.2"] == pytest.approx(0.2)
    assert choice.folds == len(folds)


def test_a_fit_never_sees_what_it_is_judged_on() -> None:
    folds = split_training_part(VIEW, TRAINED.rows)
    guesser = Guesser()
    choose_setting(guesser, TRAINED, folds)
    for seen, (_, held) in zip(guesser.seen, folds, strict=True):
        assert not set(seen.labels) & set(held.labels or ())
        assert set(seen.labels) | set(held.labels or ()) == set(CLASSES)


def test_the_sharper_the_scores_the_surer_the_answers() -> None:
    folds = split_training_part(VIEW, TRAINED.rows)
    often, always = Guesser(), Guesser()
    often.settings, always.settings = (0.6,), (1.0,)  # type: ignore[misc]
    found = [choose_setting(guesser, TRAINED, folds).sharpness for guesser in (often, always)]
    assert found[0] < found[1]


def test_folds_without_clips_choose_nothing() -> None:
    folds = split_training_part(VIEW, TRAINED.rows)
    none = TRAINED.take(View(labels=()))
    with pytest.raises(UsageError, match="guesser: no fold of the training part has clips"):
        choose_setting(Guesser(), none, folds)
