from __future__ import annotations

from typing import Any

import pyarrow as pa

from schemas import NEGATIVE
from skeletonllm.viewer.negatives import Negatives


def table(*rows: dict[str, Any]) -> pa.Table:
    base = {"view": "all", "label_namespace": "n", "score": 0.1, "view_sha256": None}
    return pa.Table.from_pylist([{**base, **row} for row in rows], schema=NEGATIVE.arrow)


def ranked(label: str, candidate: str, rank: int, near: float, **more: Any) -> dict[str, Any]:
    sources = [{"name": "text", "score": near, "rank": rank}]
    given = {"label": label, "candidate": candidate, "rank": rank, "sources": sources}
    return {**given, "reasons": [None], **more}


def test_the_hardest_come_first_with_what_made_them_hard() -> None:
    rows = [ranked("a", f"c{rank}", rank, 1 / rank) for rank in (3, 1, 7, 2, 4, 5, 6)]
    reason = ranked("b", "a", 1, 0.5, reasons=["both raise a hand"])
    found = Negatives(table(*rows, reason))
    assert [name for name, _ in found.hardest("n", "a")] == ["c1", "c2", "c3", "c4", "c5"]
    assert found.hardest("n", "b") == [["a", "text 0.50; both raise a hand"]]
    assert found.hardest("m", "a") == []


def test_pairs_are_in_order_of_how_near_they_are() -> None:
    near = ranked("a", "b", 1, 0.2), ranked("c", "d", 1, 0.9), ranked("c", "e", 2, 0.95)
    pairs = Negatives(table(*near)).list_pairs(9)
    assert [pair[1:3] for pair in pairs] == [["c", "d"], ["a", "b"]]


def test_one_view_is_shown_that_of_all_clips_first() -> None:
    sha = {"view_sha256": "a" * 64}
    other = ranked("a", "x", 1, 0.3, view="ntu60/xsub", **sha)
    assert Negatives(table(other, ranked("a", "y", 1, 0.2))).hardest("n", "a")[0][0] == "y"
    assert Negatives(table(other)).view == "ntu60/xsub"


def test_of_no_ranking_nothing_is_said() -> None:
    found = Negatives(table())
    assert (found.view, found.hardest("n", "a"), found.list_pairs(3)) == (None, [], [])
