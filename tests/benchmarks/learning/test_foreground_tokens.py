from __future__ import annotations

from benchmarks.learning.foreground_tokens import count_shown, summarize_counts
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.synthesis import synthesize


def test_a_clip_shows_some_of_its_tokens_and_at_least_one_a_frame() -> None:
    motion = synthesize("hand waving")
    near = count_shown(DrAction(DrActionConfig(size=112)), motion, 3)
    assert 3 < near < 3 * 16
    one = count_shown(DrAction(DrActionConfig(size=112, patch=112)), motion, 3)
    assert one == 3


def test_counts_are_summarized_with_their_spread() -> None:
    summary = summarize_counts(range(1, 1100, 100))
    assert summary == {
        "clips": "11",
        "mean": "501",
        "median": "501",
        "5 % to 95 %": "1 to 1,041",
    }
    assert summarize_counts([7])["5 % to 95 %"] == "7 to 7"
