from __future__ import annotations

import numpy as np
import pyarrow as pa

from skeletonllm.negatives.descriptors.rows import DESCRIPTOR, iter_rows, read_descriptors


def row(clip_id: str, views: list[str], space: str = "lab") -> dict[str, object]:
    about = {"clip_id": clip_id, "label_namespace": space, "label": "wave", "group": None}
    return {**about, "descriptor": [float(len(clip_id)), 2.0], "views": views}


def test_a_clip_comes_once_for_each_ranking_that_looks_at_it() -> None:
    table = pa.Table.from_pylist(
        [row("a", ["p", "q"]), row("bb", ["q"]), row("ccc", ["q"], "other")], schema=DESCRIPTOR
    )
    found = dict(iter_rows([table, DESCRIPTOR.empty_table()]))
    assert {key: rows.clip_ids for key, rows in found.items()} == {
        ("p", "lab"): ("a",),
        ("q", "lab"): ("a", "bb"),
        ("q", "other"): ("ccc",),
    }
    np.testing.assert_array_equal(found["q", "lab"].values, [[1.0, 2.0], [2.0, 2.0]])


def test_descriptors_of_a_slice_are_its_own_and_no_rows_are_an_empty_array() -> None:
    table = pa.Table.from_pylist([row("a", []), row("bb", []), row("ccc", [])], schema=DESCRIPTOR)
    np.testing.assert_array_equal(read_descriptors(table[1:]), [[2.0, 2.0], [3.0, 2.0]])
    assert read_descriptors(table[:0]).shape == (0, 0)
