from __future__ import annotations

import numpy as np
import pytest

from schemas import NEGATIVE
from skeletonllm.errors import UsageError
from skeletonllm.negatives import rank_negatives
from skeletonllm.views.view import NamedView, View

LABELS = ["put on shoe", "take off shoe", "kick", "stamp foot", "wave"]


def descriptors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    centre = {"put on shoe": 0, "take off shoe": 0.5, "kick": 5, "stamp foot": 5.5}
    return {name: rng.normal(at, 0.3, (12, 4)) for name, at in centre.items()}


def ranking(table: object, label: str) -> list[str]:
    return [r["candidate"] for r in table.to_pylist() if r["label"] == label]  # type: ignore[attr-defined]


def test_ranks_every_other_class_of_every_label() -> None:
    table = rank_negatives("lab", LABELS, descriptors())
    assert NEGATIVE.faults(table) == []
    assert len(table) == 5 * 4
    for label in LABELS:
        assert sorted([*ranking(table, label), label]) == sorted(LABELS)
    assert set(table.column("label_namespace").to_pylist()) == {"lab"}
    assert set(table.column("view").to_pylist()) == {"all"}


def test_name_and_movement_both_decide() -> None:
    table = rank_negatives("lab", LABELS, descriptors())
    assert ranking(table, "put on shoe")[0] == "take off shoe"
    assert ranking(table, "kick")[0] == "stamp foot"  # no word in common: the bodies say it


def test_a_class_without_clips_is_ranked_by_text_alone() -> None:
    rows = rank_negatives("lab", LABELS, descriptors()).to_pylist()
    assert {len(r["sources"]) for r in rows if "wave" in (r["label"], r["candidate"])} == {1}
    assert {len(r["sources"]) for r in rows if "wave" not in (r["label"], r["candidate"])} == {2}
    empty = rank_negatives("lab", LABELS, {"kick": np.zeros((0, 4))})
    assert {s["name"] for r in empty.to_pylist() for s in r["sources"]} == {"text"}


def test_the_order_of_the_arguments_changes_nothing() -> None:
    backwards = dict(reversed(descriptors().items()))
    table = rank_negatives("lab", LABELS, descriptors())
    assert rank_negatives("lab", LABELS[::-1], backwards).equals(table)


def test_no_other_class_no_rows() -> None:
    assert len(rank_negatives("lab", ["wave"], {})) == 0
    assert len(rank_negatives("lab", [], {})) == 0


def test_refuses_labels_and_descriptors_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match=r"labels named twice: \['kick'\]"):
        rank_negatives("lab", ["kick", "kick"], {})
    with pytest.raises(UsageError, match=r"descriptors of \['jump'\]; expected only classes"):
        rank_negatives("lab", ["kick"], {"jump": np.zeros((1, 2))})
    with pytest.raises(UsageError, match="descriptors of different lengths"):
        rank_negatives("lab", ["a", "b"], {"a": np.zeros((1, 2)), "b": np.zeros((1, 3))})


def test_a_view_ranks_its_classes_and_says_so_in_every_row() -> None:
    view = NamedView("lab/no-wave", View(unseen=("wave",)))
    table = rank_negatives("lab", LABELS[:4], descriptors(), view=view)
    assert NEGATIVE.faults(table) == []
    said = set(zip(*(table.column(c).to_pylist() for c in ("view", "view_sha256")), strict=True))
    assert said == {("lab/no-wave", view.view.sha256)}
    with pytest.raises(UsageError, match=r"labels \['wave'\] in a ranking of lab/no-wave"):
        rank_negatives("lab", LABELS, descriptors(), view=view)


def test_another_source_counts_beside_names_and_movement_and_is_named() -> None:
    told = {"kick": {"teacher": {"wave": 3.0, "put on shoe": 2.0}}}
    table = rank_negatives("lab", LABELS, descriptors(), extra_sources=told)
    rows = {r["candidate"]: r for r in table.to_pylist() if r["label"] == "kick"}
    assert [s["name"] for s in rows["wave"]["sources"]] == ["text", "teacher"]
    assert rows["wave"]["sources"][-1] == {"name": "teacher", "score": 3.0, "rank": 1}
    assert [s["name"] for s in rows["stamp foot"]["sources"]] == ["text", "kinematics"]
    assert {s["name"] for r in table.to_pylist() if r["label"] == "wave" for s in r["sources"]} == {
        "text"
    }
    with pytest.raises(UsageError, match=r"scores of \['jump'\]; expected only classes"):
        rank_negatives("lab", LABELS, {}, extra_sources={"kick": {"teacher": {"jump": 1.0}}})
