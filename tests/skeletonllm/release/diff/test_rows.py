from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff.rows import (
    LISTED,
    Ids,
    count_values,
    digest_words,
    find_changed,
    find_changes,
    list_ids,
    match_rows,
)


def test_rows_are_matched_by_their_ids_in_any_order() -> None:
    rng = np.random.default_rng(0)
    old, new = (rng.permutation(300)[:200].astype(str) for _ in range(2))
    match = match_rows(pa.array(old), pa.array(new), "a row")
    assert (old[match.old] == new[match.new]).all()
    assert set(old[match.removed]) == set(old) - set(new)
    assert set(new[match.added]) == set(new) - set(old)
    assert len(match.old) + len(match.removed) == 200
    with pytest.raises(ReleaseError, match="an id of a row stands twice"):
        match_rows(pa.array(["a"]), pa.array(["b", "b"]), "a row")


def test_nulls_are_equal_to_nulls_alone() -> None:
    old, new = pa.array(["a", None, None, "b"]), pa.array(["a", None, "a", None])
    assert find_changed(old, new).tolist() == [False, False, True, True]


def test_ids_are_counted_and_the_first_are_named() -> None:
    many = pa.array([f"{i:05d}" for i in range(2 * LISTED)][::-1])
    found = list_ids(many)
    assert (found.count, len(found.first), found.first[0]) == (2 * LISTED, LISTED, "00000")
    assert not Ids(0)


def test_changes_of_mappings_name_both_sides() -> None:
    old, new = {"a": 1, "b": 2, "c": None}, {"a": 1, "b": 3, "d": 4}
    assert find_changes(old, new) == {"b": [2, 3], "c": [None, None], "d": [None, 4]}


def test_values_are_counted_without_nulls() -> None:
    assert count_values(pa.array(["b", "a", None, "b"])) == {"a": 1, "b": 2}


def lists_of(*rows: list[str]) -> pa.Array:
    kind = pa.list_(pa.struct([("w", pa.string())]))
    return pa.array([[{"w": word} for word in row] for row in rows], kind)


def test_words_are_hashed_in_their_order_row_by_row() -> None:
    rows = (["x", "y"], [], ["y", "x"], ["x"], ["x", "x"], ["z"], ["?"])
    whole = digest_words([lists_of(*rows)], ("x", "y"))
    parts = digest_words([lists_of(*rows[:3]), lists_of(*rows[3:])], ("x", "y"))
    assert (whole == parts).all()
    assert len(set(whole.tolist())) == 6  # unknown words are alike
    assert whole[5] == whole[6]
    assert digest_words([], ("x",)).tolist() == []
