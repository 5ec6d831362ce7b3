"""Baselines say what they say they say, and a captioner that looks beats them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.evaluation.captions.baselines import (
    BASELINES,
    find_typical_caption,
    hold_out_references,
    score_baselines,
    tell_exchanged,
    tell_random,
)
from skeletonllm.evaluation.captions.cider import measure_cider
from skeletonllm.evaluation.captions.scores import score_captions
from skeletonllm.testing.strategies import FEW_EXAMPLES

ACTIONS = ["walks forward", "sits down on a chair", "waves the left hand", "jumps up twice"]
REFERENCES = {
    f"toy/{i}": [f"a person {action}", f"someone {action} slowly"]
    for i, action in enumerate(ACTIONS * 10)
}
TRAINING = [f"a person {action}" for action in (*ACTIONS, *ACTIONS[:1], "walks forward in a ring")]


def test_the_typical_caption_is_the_one_that_most_resemble() -> None:
    assert find_typical_caption(TRAINING) == "a person walks forward"
    assert find_typical_caption(["he sits", "", "...", "A man waves", "a man waves."]) in (
        "A man waves",
        "a man waves.",
    )


def test_the_typical_caption_scores_best_of_all_training_captions_told_of_each() -> None:
    verbs = ("walks", "walks", "runs", "turns")
    captions = [f"a person {verb} {way}" for verb in verbs for way in ("on", "up")]
    references = [[text.split()] for text in captions]

    def score(text: str) -> float:
        return measure_cider([text.split()] * len(captions), references).value

    best = max(score(text) for text in captions)
    assert score(find_typical_caption(captions)) == pytest.approx(best)


def test_of_equally_typical_captions_the_order_does_not_matter() -> None:
    told = ["he waves", "she sits", "it falls"]
    assert find_typical_caption(told) == find_typical_caption(told[::-1]) == "he waves"


def test_random_captions_are_drawn_from_the_clips_name() -> None:
    told = tell_random(list(REFERENCES), TRAINING)
    assert told == tell_random(list(REFERENCES)[::-1], TRAINING)
    assert set(told.values()) <= set(TRAINING)
    assert len(set(told.values())) > 2


@FEW_EXAMPLES
@given(count=st.integers(2, 30))
def test_exchanged_captions_are_never_a_clips_own_and_each_gives_one(count: int) -> None:
    references = {f"toy/{i}": [f"{i}", f"{i}"] for i in range(count)}
    told = tell_exchanged(references)
    assert all(told[clip] != references[clip][0] for clip in references)
    assert Counter(told.values()) == Counter(str(i) for i in range(count))


def test_held_out_references_are_scored_by_the_others() -> None:
    references = {"a": ["he waves", "she waves", "it waves"], "b": ["he sits"]}
    told, rest = hold_out_references(references)
    assert list(told) == list(rest) == ["a"]
    assert sorted([told["a"], *rest["a"]]) == sorted(references["a"])


def test_equal_captions_of_a_clip_lose_one_only() -> None:
    told, rest = hold_out_references({"a": ["he waves", "he waves"]})
    assert (told, rest) == ({"a": "he waves"}, {"a": ["he waves"]})


def test_who_looks_beats_all_baselines() -> None:
    told, rest = hold_out_references(REFERENCES)
    seen = score_captions(told, rest)
    baselines = score_baselines(rest, TRAINING)
    assert list(baselines) == list(BASELINES)
    for scores in baselines.values():
        assert scores.count == 40
        for name in ("bleu_4", "rouge_l", "cider"):
            assert scores.metrics[name].value < seen.metrics[name].value


def test_what_cannot_be_a_baseline_is_refused() -> None:
    with pytest.raises(UsageError, match="no training caption"):
        find_typical_caption(["", "..."])
    with pytest.raises(UsageError, match="no training caption"):
        tell_random(["a"], [])
    with pytest.raises(UsageError, match="at least two clips"):
        tell_exchanged({"a": ["he waves"]})
    with pytest.raises(UsageError, match="clip b has no caption"):
        tell_exchanged({"a": ["he waves"], "b": []})
