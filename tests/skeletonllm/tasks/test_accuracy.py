from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.tasks import Answer, score_accuracy, wilson_interval

ANSWERS = [
    Answer("1", "wave", "wave", 4),
    Answer("2", "wave", "clap", 4),
    Answer("3", "wave", "clap", 4),
    Answer("4", "clap", "clap", 4),
    Answer("5", "kick", "wave", 4),
]


def test_scores() -> None:
    scores = score_accuracy(ANSWERS)
    assert (scores.count, scores.top1, scores.chance) == (5, 0.4, 0.25)
    assert scores.by_class == {"clap": (1, 1), "kick": (1, 0), "wave": (3, 1)}
    assert scores.mean_class == pytest.approx((1 + 0 + 1 / 3) / 3)
    assert scores.confusions == (("wave", "clap", 2), ("kick", "wave", 1))
    assert scores.low < 0.4 < scores.high
    assert scores.to_json()["by_class"]["wave"] == {"clips": 3, "right": 1}


def test_wilson_interval() -> None:
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
    narrow, wide = wilson_interval(500, 1000), wilson_interval(5, 10)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert wilson_interval(8, 10) == pytest.approx(
        (0.4901, 0.9433), abs=1e-4
    )  # Newcombe 1998's method 3


def test_no_answers() -> None:
    with pytest.raises(UsageError, match="nothing to score; expected at least one answer"):
        score_accuracy([])
