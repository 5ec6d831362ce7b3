from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.scores.controls import PERMUTATIONS, shuffle_names
from skeletonllm.tasks import Answer

NAMES = ("wave", "clap", "jump", "sit")


def answers_of(*pairs: tuple[str, str]) -> list[Answer]:
    return [Answer(f"c{at}", *pair, len(NAMES)) for at, pair in enumerate(pairs)]


PERFECT = answers_of(*((name, name) for name in NAMES for _ in range(25)))


def test_shuffled_names_score_what_all_permutations_score_on_average() -> None:
    rng = np.random.default_rng(3)
    pairs = [(str(a), str(b)) for a, b in rng.choice(NAMES, (200, 2))]
    found = shuffle_names(answers_of(*pairs), NAMES)
    every = [
        np.mean([dict(zip(NAMES, names, strict=True))[a] == b for a, b in pairs])
        for names in permutations(NAMES)
    ]
    assert found.mean == pytest.approx(np.mean(every), abs=0.003)
    assert found.p95 <= max(every) + 1e-12


def test_right_answers_stand_out_from_shuffled_names() -> None:
    found = shuffle_names(PERFECT, NAMES)
    assert found.mean == pytest.approx(0.25, abs=0.02)
    # One of 24 permutations leaves all names where they are, six leave one of them at least.
    assert found.as_good == pytest.approx(1 / 24, abs=0.02)
    assert found.p95 == 0.5


def test_answers_that_never_change_are_right_as_often_under_any_names() -> None:
    same = answers_of(*((name, "wave") for name in NAMES for _ in range(25)))
    found = shuffle_names(same, NAMES)
    assert (found.mean, found.p95, found.as_good) == (0.25, 0.25, 1.0)


def test_two_classes_cannot_tell_knowledge_from_luck() -> None:
    found = shuffle_names(answers_of(("wave", "wave"), ("clap", "clap")), NAMES[:2])
    assert found.p95 == 1.0
    assert found.as_good == pytest.approx(0.5, abs=0.05)


def test_the_same_seed_gives_the_same_numbers_and_states_how_many() -> None:
    assert shuffle_names(PERFECT, NAMES, seed=1) == shuffle_names(PERFECT, NAMES, seed=1)
    assert shuffle_names(PERFECT, NAMES, seed=1) != shuffle_names(PERFECT, NAMES, seed=2)
    told = shuffle_names(PERFECT, NAMES).to_json()
    assert set(told) == {"mean", "p95", "as_good", "permutations"}
    assert told["permutations"] == PERMUTATIONS


def test_a_summary_says_mean_percentile_and_what_is_as_good() -> None:
    same = answers_of(*((name, "wave") for name in NAMES))
    assert shuffle_names(same, NAMES).summarize() == (
        "names shuffled: 25.0% on average, 95th percentile 25.0%; as good as the true names: 100.0%"
    )


def test_an_answer_that_is_no_candidate_is_never_right() -> None:
    found = shuffle_names(answers_of(("wave", "something else"), ("clap", "clap")), NAMES, seed=1)
    assert found.mean == pytest.approx(0.125, abs=0.02)


def test_a_class_that_is_no_candidate_is_refused() -> None:
    with pytest.raises(UsageError, match=r"classes \['run'\] are no candidates; expected some of"):
        shuffle_names(answers_of(("run", "wave")), NAMES)
    with pytest.raises(UsageError, match="nothing to shuffle the names of"):
        shuffle_names([], NAMES)
