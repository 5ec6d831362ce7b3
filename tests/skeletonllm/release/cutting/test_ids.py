from __future__ import annotations

import pyarrow as pa

from skeletonllm.release.cutting.ids import KnownIds, digest_ids, to_digest


def test_rows_are_found_by_their_ids() -> None:
    known = KnownIds([pa.array(["b", "a"]), pa.array(["c", "a"])])
    assert known.find(pa.array(["c", "a", "x", "b"])).tolist() == [2, 1, -1, 0]
    assert (len(known), known.list_repeats().tolist()) == (4, [3])
    assert known.list_twice().tolist() == [1, 3]


def test_without_any_id_none_is_found() -> None:
    known = KnownIds([])
    assert known.find(pa.array(["a"])).tolist() == [-1]
    assert known.list_twice().tolist() == []
    assert digest_ids(pa.array([], pa.string())).tolist() == []


def test_a_text_that_is_no_hash_has_one_of_its_own() -> None:
    assert to_digest("ab" * 32) == bytes.fromhex("ab" * 32)
    assert to_digest("g" * 64) != to_digest("h" * 64)
    assert len(to_digest("short")) == 32
