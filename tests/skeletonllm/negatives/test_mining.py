from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas import NEGATIVE
from skeletonllm.negatives import compute_name_similarity
from skeletonllm.negatives.mining import Mined, find_neighbours, mine
from skeletonllm.views.view import EVERY_CLIP, NamedView, View
from tests.skeletonllm.negatives.described import LABELS, cut, describe


def mine_all(table: pa.Table, parts: int = 3, **given: Any) -> list[Mined]:
    given = {"names_of": lambda _: (), "compare": compute_name_similarity, **given}
    return mine(lambda: cut(table, parts), given.pop("views", [EVERY_CLIP]), **given)


def hardest(mined: Mined) -> dict[str, str]:
    rows = mined.ranking.to_pylist()
    return {row["label"]: row["candidate"] for row in rows if row["rank"] == 1}


def test_classes_that_are_alike_come_first_and_every_source_says_why() -> None:
    (mined,) = mine_all(describe())
    assert NEGATIVE.faults(mined.ranking) == []
    assert len(mined.ranking) == 6 * 5
    for label, candidate in hardest(mined).items():
        assert LABELS.index(label) // 2 == LABELS.index(candidate) // 2
    for row in mined.ranking.to_pylist():
        said = dict(zip([s["name"] for s in row["sources"]], row["reasons"], strict=True))
        assert list(said) == ["text", "kinematics", "out_of_fold"]
        assert said["text"] is None
        assert said["out_of_fold"].startswith("taken for it in ")
        assert said["out_of_fold"].endswith(" of 40 held-out clips")


def test_weights_are_chosen_on_folds_of_subjects_and_written_down() -> None:
    (mined,) = mine_all(describe())
    told = mined.to_json()
    assert (told["folds"], told["folds_of"], told["clips"]) == (5, "subjects", 240)
    assert told["weights"]["text"] == 0.0  # the names have no word in common
    assert sum(told["weights"].values()) == pytest.approx(1.0)
    assert "held-out training folds" in told["why"]


def test_the_cut_into_parts_changes_no_byte() -> None:
    (one,), (other,) = mine_all(describe(), parts=1), mine_all(describe(), parts=9)
    assert one.ranking.equals(other.ranking)
    assert one.to_json() == other.to_json()
    assert one.samples.keys() == other.samples.keys()


def test_few_clips_get_equal_weights_and_it_is_said() -> None:
    (few,) = mine_all(describe(18))
    assert few.weights.why == "equal: fewer than 4 clips a class"
    assert len(set(few.weights.by_source.values())) == 1
    (two,) = mine_all(describe(subjects=2))
    assert two.weights.why == "equal: the clips make fewer than 3 folds"


def test_unknown_subjects_go_by_clips() -> None:
    told = mine_all(describe(subjects=None))[0].to_json()
    assert (told["folds"], told["folds_of"]) == (5, "hashes of clips")


def test_classes_without_clips_are_ranked_by_name_and_single_clips_without_folds() -> None:
    (mined,) = mine_all(describe(6), names_of=lambda _: (*LABELS, "wave both hands"))
    names = {
        (row["label"], row["candidate"]): [source["name"] for source in row["sources"]]
        for row in mined.ranking.to_pylist()
    }
    assert len(names) == 7 * 6
    assert names["wave both hands", "wave"] == names["wave", "wave both hands"] == ["text"]
    assert names["wave", "point"] == ["text", "kinematics"]  # one clip: none is left to learn from


def test_each_view_and_namespace_is_mined_by_itself() -> None:
    seen = View(namespaces=("lab",), unseen=("point",))
    whole, lab = describe(), describe(labels=LABELS[:3], space="other")
    shown = [label != "point" for label in whole.column("label").to_pylist()]
    views = [NamedView("lab/seen", seen), EVERY_CLIP]
    rows = [
        {**row, "views": ["all", "lab/seen"] if keep else ["all"]}
        for row, keep in zip(whole.to_pylist(), shown, strict=True)
    ]
    table = pa.Table.from_pylist([*rows, *lab.to_pylist()], schema=whole.schema)
    mined = mine_all(table, views=views)
    assert [one.key for one in mined] == [("all", "lab"), ("all", "other"), ("lab/seen", "lab")]
    assert mined[0].ranking.equals(mine_all(whole)[0].ranking)
    (alone,) = mine_all(
        pa.Table.from_pylist([r for r in rows if "lab/seen" in r["views"]], schema=whole.schema),
        views=views,
    )[1:]
    assert mined[2].ranking.equals(alone.ranking)


def test_what_others_say_counts_and_an_unknown_class_is_left_out() -> None:
    told = {("all", "lab"): {"wave": {"teacher": {"bow": 0.9, "fly": 0.8}}, "fly": {}}}
    seen = {("all", "lab"): {"teacher": {("wave", "bow"): "it said so"}}}
    (mined,) = mine_all(describe(), told=told, seen=seen)
    rows = [row for row in mined.ranking.to_pylist() if row["label"] == "wave"]
    assert "fly" not in {row["candidate"] for row in mined.ranking.to_pylist()}
    row = next(row for row in rows if row["candidate"] == "bow")
    assert row["sources"][-1] == {"name": "teacher", "score": 0.9, "rank": 1}
    assert row["reasons"][-1] == "it said so"
    assert set(mined.weights.by_source) == {"text", "kinematics", "out_of_fold", "teacher"}


def test_neighbours_are_samples_of_the_hardest_classes_that_have_clips() -> None:
    (mined,) = mine_all(describe())
    among = find_neighbours(mined, each=3)
    assert set(among.samples) == set(LABELS)
    for label, candidates in among.hardest.items():
        assert candidates[0] == hardest(mined)[label]
        assert len(candidates) == 5
    assert np.abs(among.samples["wave"][1]).max() <= 8


def test_no_clip_no_ranking() -> None:
    assert mine_all(describe(0)) == []
