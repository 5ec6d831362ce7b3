from __future__ import annotations

import pyarrow as pa
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.negatives import group_candidates, rank_negatives, select_hard_negatives

LABELS = ["sit down", "stand up", "sit up", "wave", "wave hand", "jump", "jump up"]
TABLE = rank_negatives("lab", LABELS, {})


def test_top_k_in_order_of_the_table() -> None:
    everything = select_hard_negatives(TABLE, "sit down", None, k=99)
    assert len(everything) == 6
    assert everything[0] == "sit up"
    assert select_hard_negatives(TABLE, "sit down", None) == everything[:5]
    assert group_candidates(TABLE)["lab", "sit down"] == everything


def test_unseen_classes_never_appear_and_the_table_keeps_them() -> None:
    seen = {"sit down", "wave", "jump"}
    assert set(select_hard_negatives(TABLE, "sit down", seen)) == {"wave", "jump"}
    assert "sit up" in TABLE.column("candidate").to_pylist()


def test_a_label_nobody_ranked_is_refused_and_an_only_class_has_none() -> None:
    with pytest.raises(UsageError, match="negatives: no ranking for label 'dance'"):
        select_hard_negatives(TABLE, "dance", None)
    assert select_hard_negatives(TABLE, "wave", set()) == []


def test_a_sample_takes_the_ranking_over_all_clips() -> None:
    """A view hides clips from mining, so its ranking may be another one."""
    rows = [{**row, "view": "ntu60/xsub", "rank": 7 - row["rank"]} for row in TABLE.to_pylist()]
    both = pa.concat_tables([pa.Table.from_pylist(rows, schema=TABLE.schema), TABLE])
    assert group_candidates(both) == group_candidates(TABLE)
    others = group_candidates(both, "ntu60/xsub")
    assert others["lab", "wave"] == group_candidates(TABLE)["lab", "wave"][::-1]
