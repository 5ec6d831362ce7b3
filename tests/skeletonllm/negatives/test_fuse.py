from __future__ import annotations

from skeletonllm.negatives import fuse_rankings


def names(ranked: list) -> list[str]:
    return [entry.candidate for entry in ranked]


def test_agreement_of_both_sources_beats_one_of_them() -> None:
    text = {"a": 0.9, "b": 0.8, "c": 0.1, "d": 0.0}
    moves = {"a": 0.1, "b": 0.9, "c": 0.8, "d": 0.0}
    assert names(fuse_rankings("abcd", {"text": text, "kinematics": moves})) == ["b", "a", "c", "d"]


def test_provenance_keeps_score_and_rank_of_each_source() -> None:
    (best, second) = fuse_rankings(
        ["a", "b"], {"text": {"a": 0.2, "b": 0.3}, "kinematics": {"a": 0.7}}
    )
    assert best.candidate == "b"
    assert best.sources == (("text", 0.3, 1),)
    assert second.sources == (("text", 0.2, 2), ("kinematics", 0.7, 1))
    assert [best.rank, second.rank] == [1, 2]


def test_ties_are_broken_by_name_in_the_end_but_share_a_rank_within_a_source() -> None:
    text = {"a": 0.5, "b": 0.5 + 1e-13, "c": 0.5, "d": 0.9, "e": 0.1}
    ranked = fuse_rankings(["c", "a", "e", "b", "d"], {"text": text})
    assert names(ranked) == ["d", "a", "b", "c", "e"]
    assert [entry.rank for entry in ranked] == [1, 2, 3, 4, 5]
    assert [entry.sources[0][2] for entry in ranked] == [1, 4, 4, 4, 5]


def test_a_source_with_nothing_to_say_decides_nothing() -> None:
    """Names without a common word: their alphabetical order is no evidence."""
    moves = {"a": 0.1, "b": 0.2, "z": 0.3}
    silent = dict.fromkeys("abz", 0.0)
    assert names(fuse_rankings("abz", {"text": silent, "kinematics": moves})) == ["z", "b", "a"]


def test_a_candidate_no_source_knows_comes_last() -> None:
    assert names(fuse_rankings(["a", "b"], {"text": {"b": 0.1}})) == ["b", "a"]
