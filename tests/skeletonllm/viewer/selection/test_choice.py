from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.shards.codec import key_of
from skeletonllm.viewer.selection import choice
from skeletonllm.viewer.selection.choice import ClassScan


def scanned(labels: list[str | None], size: int = 100) -> ClassScan:
    scan = ClassScan()
    keys = [key_of(f"clip/{i}") for i in range(len(labels))]
    table = pa.table(
        {
            "key": keys,
            "label": pa.array(labels, pa.string()),
            "label_namespace": ["n"] * len(keys),
            "size": [size] * len(keys),
        }
    )
    for start in range(0, len(keys), 7):
        scan.add(table.slice(start, 7))
    return scan


def test_all_are_shown_where_they_fit() -> None:
    assert scanned(["a", "b", "a"]).choose(3).tolist() == [0, 1, 2]
    assert scanned(["a"] * 50).choose(None).tolist() == list(range(50))
    assert ClassScan().choose().tolist() == []


def test_every_class_is_there_and_so_are_clips_without_one() -> None:
    labels: list[str | None] = ["common"] * 96 + ["rare", None, "odd", "rare"]
    chosen = scanned(labels).choose(10)
    assert len(chosen) == 10
    assert (np.diff(chosen) > 0).all()
    assert {labels[i] for i in chosen} == {"common", "rare", None, "odd"}


def test_long_clips_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "MOST_BYTES", 1050)
    assert len(scanned(["a"] * 60).choose()) == 10
    assert len(scanned(["a"] * 60, size=5000).choose()) == 1


def test_who_is_chosen_goes_by_the_hash_of_the_id_alone() -> None:
    ends = [int(key_of(f"clip/{i}")[-10:], 16) for i in range(120)]
    chosen = scanned(["a"] * 120).choose(40).tolist()
    assert sorted(chosen, key=ends.__getitem__) == sorted(range(120), key=ends.__getitem__)[:40]
