from __future__ import annotations

from pathlib import Path

from skeletonllm.release.trace import trace_clip
from skeletonllm.release.trace.page import list_topics


def test_topics_go_from_the_sample_to_what_it_was_made_of(pristine: Path) -> None:
    topics = dict(list_topics(trace_clip(str(pristine), "alpha/003")))
    assert list(topics) == [
        "Sample",
        "Release",
        "Clip",
        "Licence",
        "Stage normalize",
        "Stage mine_negatives",
        "Stage build_rationales",
        "Stage build_shards",
        "Rationale 1 of 1",
        "Rationales, all",
        "Hardest negatives of 'hand waving'",
    ]
    assert topics["Release"]["parent"] == "-"
    assert topics["Clip"]["flags"] == "none"
    assert topics["Rationales, all"] == {"tokens_in": 10, "tokens_out": 5, "usd": "0.2500"}
    assert topics["Stage normalize"]["profile"] == "clean@1"
