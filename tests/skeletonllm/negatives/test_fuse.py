from __future__ import annotations

from skeletonllm.negatives import fuse


def names(ranked: list) -> list[str]:
    return [entry.candidate for entry in ranked]


def test_agreement_of_both_sources_beats_one_of_them() -> None:
    text = {"a": 0.9, "b": 0.8, "c": 0.1, "d": 0.0}
    moves = {"a": 0.1, "b": 0.9, "c": 0.8, "d": 0.0}
    assert names(fuse("abcd", {"text": text, "kinematics": moves})) == ["b", "a", "c", "d"]


def test_provenance_keeps_score_and_rank_of_each_source() -> None:
    (best, second) = fuse(["a", "b"], {"text": {"a": 0.2, "b": 0.3}, "kinematics": {"a": 0.7}})
    assert best.candidate == "b"
    assert best.sources == (("text", 0.3, 1),)
    assert second.sources == (("text", 0.2, 2), ("kinematics", 0.7, 1))
    assert [best.rank, second.rank] == [1, 2]


def test_ties_are_broken_by_name_and_ranks_are_a_permutation() -> None:
    ranked = fuse(["c", "a", "b"], {"text": {"a": 0.5, "b": 0.5 + 1e-13, "c": 0.5}})
    assert names(ranked) == ["a", "b", "c"]
    assert [entry.sources[0][2] for entry in ranked] == [1, 2, 3]


def test_a_candidate_no_source_knows_comes_last() -> None:
    assert names(fuse(["a", "b"], {"text": {"b": 0.1}})) == ["b", "a"]
