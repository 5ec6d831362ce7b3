from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import RATIONALE
from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff.rows import (
    LISTED,
    Ids,
    count_values,
    digest_columns,
    digest_leaves,
    find_changed,
    find_changes,
    list_ids,
    match_rows,
)
from skeletonllm.release.diff.side import TableReader, open_side


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


def read_steps(rows: list[list[dict[str, object]] | None]) -> TableReader:
    kind = pa.struct([("text", pa.string()), ("count", pa.int32()), ("causes", CAUSES)])
    file = io.BytesIO()
    pq.write_table(pa.table({"steps": pa.array(rows, pa.list_(kind))}), file)
    return TableReader(pq.ParquetFile(file), RATIONALE)


CAUSES = pa.list_(pa.int32())
STEPS: list[list[dict[str, object]] | None] = [
    [{"text": "a", "count": 1, "causes": []}, {"text": "b", "count": 1, "causes": [0]}],
    [{"text": "b", "count": 1, "causes": [0]}, {"text": "a", "count": 1, "causes": []}],
    [{"text": "a", "count": 1, "causes": []}],
    [{"text": "a", "count": 2, "causes": []}],
    [{"text": "a", "count": None, "causes": []}],
    [{"text": "a", "count": 1, "causes": [1]}],
    [{"text": None, "count": 1, "causes": []}],
    [],
    None,
]


def test_fields_of_lists_are_hashed_in_their_order_row_by_row() -> None:
    names = ["text", "count", "causes"]
    whole = digest_leaves(read_steps(STEPS), "steps", names)
    assert len(set(whole.tolist())) == len(STEPS)
    parts = [digest_leaves(read_steps(rows), "steps", names) for rows in (STEPS[:3], STEPS[3:])]
    assert (whole == np.concatenate(parts)).all()
    counts = digest_leaves(read_steps(STEPS), "steps", ["count"])
    assert counts[0] == counts[1] != counts[2]


def test_a_list_that_an_earlier_version_lacked_is_none_in_every_row() -> None:
    missing = digest_leaves(read_steps(STEPS), "views", ["name"])
    assert len(missing) == len(STEPS)
    assert len(set(missing.tolist())) == 1


def test_columns_of_any_type_are_hashed(pristine: Path) -> None:
    with open_side(str(pristine)).open_table("rationales.parquet", RATIONALE) as table:
        names = [["rationale_id"], ["grounded"], ["label", "flags", "variant", "facts_given"]]
        found = [len(set(digest_columns(table, n).tolist())) for n in names]
    assert found == [8, 8, 3]
