from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.tasks import Answer, score_overlap


def overlap(target: str, said: str) -> tuple[float, float]:
    scores = score_overlap([Answer("a", target, said, 0)])
    return scores.same, scores.overlap


def test_case_and_points_do_not_count_but_order_does() -> None:
    assert overlap("The left hand.", "the left  hand") == (1.0, 1.0)
    assert overlap("left then right", "right then left") == (0.0, 1.0)


def test_words_in_common_are_counted_as_often_as_in_both() -> None:
    assert overlap("a b", "a a a a") == (0.0, pytest.approx(2 / 6))
    assert overlap("two", "three") == overlap("two", "") == (0.0, 0.0)
    assert overlap("!", "?") == (1.0, 1.0)  # no word either way


def test_scores_are_means_over_answers() -> None:
    answers = [Answer("a", "yes", "Yes", 2), Answer("b", "no", "yes", 2)]
    scores = score_overlap(answers)
    assert scores.to_json() == {"clips": 2, "same": 0.5, "overlap": 0.5}
    assert scores.summarize() == "50.0% the same, 50.0% of the words (F1)"


def test_no_answers() -> None:
    with pytest.raises(UsageError, match="nothing to score; expected at least one answer"):
        score_overlap([])
