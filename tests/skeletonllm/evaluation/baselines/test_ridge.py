from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.evaluation.baselines.meanings import Meanings
from skeletonllm.evaluation.baselines.ridge import PENALTIES, RidgeBaseline
from skeletonllm.kinematics import compute_descriptor
from skeletonllm.negatives.descriptors.robust_scale import measure_scale
from skeletonllm.synthesis import synthesize
from tests.skeletonllm.evaluation.baselines.made_up import embed_by_letters, measure_rows

RNG = np.random.default_rng(2)
CLASSES = ("raise both arms", "raise left arm", "raise right arm", "step left", "step right")
WORDS = ("raise", "both", "arms", "left", "arm", "right", "step")
LABELS = [CLASSES[at % 5] for at in range(100)]
MEANT = np.array([[float(word in name.split()) for word in WORDS] for name in LABELS])
VALUES = MEANT @ RNG.normal(size=(len(WORDS), 9)) + RNG.normal(0, 0.3, (100, 9))
TRAINED = measure_rows(LABELS, VALUES, ["1"] * 100)


def solve(values: np.ndarray, targets: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression as the textbooks have it, with an offset that is not penalized."""
    centred, mean = values - values.mean(axis=0), targets.mean(axis=0)
    gram = centred.T @ centred
    strength = penalty * np.trace(gram) / len(gram) * np.eye(len(gram))
    weights = np.linalg.solve(gram + strength, centred.T @ (targets - mean))
    return weights, mean - values.mean(axis=0) @ weights


@pytest.mark.parametrize("penalty", [PENALTIES[0], PENALTIES[6], PENALTIES[-1]])
def test_known_classes_have_the_scores_of_the_closed_form(
    lettered: Meanings, penalty: float
) -> None:
    (fit,) = RidgeBaseline(lettered, unseen=False).fit(TRAINED, [penalty], seed=0)
    scaled = measure_scale(VALUES).standardize(VALUES)
    weights, offset = solve(scaled, np.eye(5)[TRAINED.codes], penalty)
    np.testing.assert_allclose(fit.score(VALUES, CLASSES), scaled @ weights + offset, atol=1e-9)


def test_unseen_classes_have_the_cosines_of_a_ridge_to_their_names(lettered: Meanings) -> None:
    (fit,) = RidgeBaseline(lettered, unseen=True).fit(TRAINED, [0.1], seed=0)
    scaled = measure_scale(VALUES).standardize(VALUES)
    seen = embed_by_letters(CLASSES)
    middle = seen.mean(axis=0)
    weights, offset = solve(scaled, (seen - middle)[TRAINED.codes], 0.1)
    unseen = ("raise left leg", "jump")
    named = embed_by_letters(unseen) - middle
    told = scaled @ weights + offset
    norms = np.linalg.norm(told, axis=1)[:, None] * np.linalg.norm(named, axis=1)
    np.testing.assert_allclose(fit.score(VALUES, unseen), told @ named.T / norms, atol=1e-9)


def test_a_class_that_was_never_seen_is_told_by_the_words_it_shares(lettered: Meanings) -> None:
    kept = np.array([name != "step right" for name in LABELS])
    few = measure_rows(list(np.array(LABELS)[kept]), VALUES[kept], ["1"] * int(kept.sum()))
    (fit,) = RidgeBaseline(lettered, unseen=True).fit(few, [0.01], seed=0)
    scores = fit.score(VALUES[~kept], ("step right", "raise both arms"))
    assert (scores[:, 0] > scores[:, 1]).mean() > 0.9


def test_a_known_class_without_training_clips_is_never_likelier_than_nothing(
    lettered: Meanings,
) -> None:
    (fit,) = RidgeBaseline(lettered, unseen=False).fit(TRAINED, [0.1], seed=0)
    assert (fit.score(VALUES, ("wave", *CLASSES))[:, 0] == 0).all()


def test_known_classes_need_no_sentence_model() -> None:
    baseline = RidgeBaseline(Meanings("lab", embedder="not installed"), unseen=False)
    assert not baseline.reads_names
    (fit,) = baseline.fit(TRAINED, [0.01], seed=0)
    answers = fit.score(VALUES, CLASSES).argmax(axis=1)
    assert (answers == TRAINED.codes).mean() > 0.8


def test_what_is_learned_is_the_same_again_and_shows_every_change(lettered: Meanings) -> None:
    baseline = RidgeBaseline(lettered, unseen=True)
    twice = [baseline.fit(TRAINED, [0.1], seed=seed)[0].sha256 for seed in (0, 1)]
    assert twice[0] == twice[1]
    other = measure_rows([*LABELS[1:], LABELS[0]], VALUES, ["1"] * 100)
    assert baseline.fit(other, [0.1], seed=0)[0].sha256 != twice[0]
    assert baseline.fit(TRAINED, [0.2], seed=0)[0].sha256 != twice[0]


def test_what_is_measured_is_the_descriptor(lettered: Meanings) -> None:
    motion = synthesize("hand waving", fps=10)
    measured = RidgeBaseline(lettered, unseen=False).measure(motion)
    np.testing.assert_array_equal(measured, compute_descriptor(motion))
