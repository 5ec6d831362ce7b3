from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from schemas import NEGATIVE
from skeletonllm.negatives import rank_negatives
from skeletonllm.storage import join, write_table
from skeletonllm.views.rankings import NEGATIVES, group_candidates, read_ranking
from skeletonllm.views.view import EVERY_CLIP, NamedView, View

NAMES = ("wave", "kick", "drink", "sit down")


def rank(named: NamedView, namespace: str = "lab") -> pa.Table:
    return rank_negatives(namespace, [n for n in NAMES if named.view.shows(n)], {}, view=named)


def write(folder: Path, *tables: pa.Table) -> str:
    write_table(join(str(folder), NEGATIVES), pa.concat_tables(tables))
    return str(folder)


def test_each_view_finds_its_own_rows_by_their_hash_and_not_by_their_name(tmp_path: Path) -> None:
    first, second = (NamedView("lab/3-1", View(unseen=(name,))) for name in ("kick", "wave"))
    folder = write(tmp_path, rank(first), rank(EVERY_CLIP), rank(second))
    for named in (first, second, EVERY_CLIP):
        expected = {
            key: tuple(names) for key, names in group_candidates(rank(named), named.name).items()
        }
        assert read_ranking(folder, named.sha256, named.view.shows) == expected
        assert len(expected) == (4 if named is EVERY_CLIP else 3)
    assert read_ranking(folder, "0" * 64, View().shows) == {}


def test_only_classes_that_are_shown_are_ranked_and_candidates(tmp_path: Path) -> None:
    folder = write(tmp_path, rank(EVERY_CLIP), rank(EVERY_CLIP, "other"))
    found = read_ranking(folder, None, View(labels=("wave", "kick")).shows)
    assert found == {
        (space, label): (other,)
        for space in ("lab", "other")
        for label, other in (("wave", "kick"), ("kick", "wave"))
    }


def test_of_an_empty_table_there_is_no_ranking(tmp_path: Path) -> None:
    folder = write(tmp_path, NEGATIVE.arrow.empty_table())
    assert read_ranking(folder, None, View().shows) == {}
