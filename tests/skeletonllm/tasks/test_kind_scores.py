from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.tasks import Answer
from skeletonllm.tasks.kind_scores import score_kinds
from skeletonllm.tasks.overlap import score_overlap

ORDER = [Answer("a", "yes", "yes", 2, "order"), Answer("b", "no", "yes", 2, "order")]
COUNT = [Answer("c", "3", "3", 4, "count")]


def test_each_kind_has_its_scores_and_its_chance() -> None:
    scores = score_kinds([*ORDER, *COUNT])
    assert scores.by_kind == {"count": score_overlap(COUNT), "order": score_overlap(ORDER)}
    assert scores.chance == {"count": 0.25, "order": 0.5}
    assert scores.count == 3
    told = scores.to_json()
    assert told["by_kind"]["order"] == {"clips": 2, "same": 0.5, "overlap": 0.5, "chance": 0.5}
    assert told["same"] == pytest.approx(2 / 3)
    assert scores.summarize() == score_overlap([*ORDER, *COUNT]).summarize()


def test_without_kinds_the_scores_are_as_they_were() -> None:
    plain = [Answer("a", "a man waves", "a man sits", 0)]
    scores = score_kinds(plain)
    assert scores.to_json() == score_overlap(plain).to_json()
    with pytest.raises(UsageError, match="nothing to score"):
        score_kinds([])


def test_free_text_has_no_chance() -> None:
    assert score_kinds([Answer("a", "left", "left", 0, "side")]).chance == {"side": 0.0}
