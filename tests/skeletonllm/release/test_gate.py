from __future__ import annotations

from collections import Counter

import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release.gate import check_audience, find_strictest_terms, summarize_licences

OPEN = Counter({"cc-by-4.0": 5, "cc-by-sa-4.0": 2})
CLOSED = OPEN + Counter({"my lab": 3, "ntu_rgbd": 1})


def test_terms_come_with_the_clips_and_unknown_means_no() -> None:
    mine = {"id": "my lab", "url": "https://lab.example", "redistribute": "yes"}
    summary = summarize_licences(CLOSED, {"my lab": mine})
    assert summary["my lab"] == {**mine, "clips": 3}
    assert summarize_licences(CLOSED, {})["my lab"]["redistribute"] == "no"
    assert list(summary) == sorted(CLOSED)


def test_the_whole_allows_what_its_strictest_part_allows() -> None:
    assert find_strictest_terms(summarize_licences(Counter({"mit": 1}), {})) == "yes"
    assert find_strictest_terms(summarize_licences(OPEN, {})) == "sharealike"
    assert (
        find_strictest_terms(summarize_licences(OPEN + Counter({"cc-by-nc-4.0": 1}), {}))
        == "noncommercial"
    )
    assert find_strictest_terms(summarize_licences(CLOSED, {})) == "no"
    odd = {"mit": {"id": "mit", "url": "", "redistribute": "perhaps"}}
    assert find_strictest_terms(summarize_licences(Counter({"mit": 1}), odd)) == "no"


def test_public_lists_every_closed_licence_with_its_clips() -> None:
    check_audience("public", summarize_licences(OPEN, {}))
    check_audience("internal", summarize_licences(CLOSED, {}))
    with pytest.raises(
        ReleaseError, match="3 clips under 'my lab' .no terms.; 1 clips under 'ntu_rgbd'"
    ):
        check_audience("public", summarize_licences(CLOSED, {}))
    with pytest.raises(UsageError, match="audience 'friends'; expected one of internal, public"):
        check_audience("friends", summarize_licences(OPEN, {}))
