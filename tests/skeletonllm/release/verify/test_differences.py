from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.release.verify.differences import find_differences


@pytest.mark.parametrize(
    ("stated", "found", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["f: a is 1; the release gives 2"]),
        ({"a": 1}, {"a": True}, ["f: a is 1; the release gives True"]),
        ({"a": 1.0}, {"a": 1}, []),
        ({"a": "1"}, {"a": 1.0}, ["f: a is '1'; the release gives 1.0"]),
        ({"a": 0.5}, {"a": 0.5 + 1e-6}, []),
        ({"a": 0.5}, {"a": 0.5 + 1e-5}, ["f: a is 0.5; the release gives 0.50001"]),
        ({"seconds": {"total": 0.5}}, {"seconds": {"total": 0.501}}, []),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["f: a.1 is 2; the release gives 3"]),
        ({"a": [1, 2]}, {"a": [1]}, ["f: a is [1, 2]; the release gives [1]"]),
        ({"a": {"b": 1}}, {"a": {}}, ["f: a.b is 1; nothing of the release gives it"]),
        ({"a": {}}, {"a": {"b": 1}}, ["f: a.b is missing; the release gives 1"]),
        ([], {}, ["f: a JSON list and no object"]),
    ],
)
def test_a_difference_names_its_place_and_both_values(
    stated: Any, found: Any, said: list[str]
) -> None:
    assert list(find_differences("f", stated, found)) == said


def test_many_differences_are_counted_and_the_first_are_named() -> None:
    stated = {str(i): i for i in range(9)}
    found = {str(i): -1 for i in range(9)}
    said = list(find_differences("f", stated, found))
    assert len(said) == 4
    assert said[-1] == "f: 6 more differences"


def test_keys_of_another_version_are_left_out() -> None:
    said = find_differences("f", {"a": 1, "later": 2}, {"a": 1, "ours": 3}, whole=False)
    assert list(said) == []
