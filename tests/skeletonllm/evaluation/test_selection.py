from __future__ import annotations

import pyarrow as pa
import pytest

from schemas import SAMPLE
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.evaluation.selection import (
    FEWEST_FITS,
    split_pseudo_unseen,
    split_subjects,
    split_training_part,
)
from skeletonllm.views.view import COLUMNS, View

SEEN = ("clap", "jump", "run", "sit", "throw")
TRAINED = View(labels=SEEN, unseen=("wave", "kick"), subjects=("1", "2", "3"))


def rows_of(labels: tuple[str, ...], subjects: tuple[str, ...]) -> pa.Table:
    schema = pa.schema([SAMPLE.arrow.field(name) for name in COLUMNS])
    facts = {"corpus": "lab", "label_namespace": "lab", "topology": "kinect_v1", "camera": "1"}
    listed = [{**facts, "label": name, "subject": who} for name in labels for who in subjects]
    return pa.Table.from_pylist(listed, schema)


def protocol_rows(view: View, namespace: str) -> pa.Table:
    rows = rows_of(view.labels or (), view.subjects or tuple("123456789"))
    places = {
        "corpus": (view.corpora or ("lab",))[0],
        "label_namespace": namespace,
        "camera": (view.cameras or ("1",))[0],
        "setup": (view.setups or ("1",))[0],
    }
    for column, value in places.items():
        at = rows.column_names.index(column)
        rows = rows.set_column(at, rows.schema.field(column), [[value] * len(rows)])
    return rows


def test_each_seen_class_is_held_out_once_and_never_learned_from_there() -> None:
    folds = split_pseudo_unseen(TRAINED, SEEN, folds=2, seed=0)
    assert sorted(name for _, held in folds for name in held.labels or ()) == sorted(SEEN)
    for learned, held in folds:
        assert set(learned.labels or ()) == set(SEEN) - set(held.labels or ())
        assert not any(learned.shows(name) for name in held.labels or ())
        assert len(held.labels or ()) >= 2


@pytest.mark.parametrize("name", [n for n in list_protocols() if get_protocol(n).train.unseen])
def test_no_fold_of_a_protocol_shows_a_real_unseen_class_or_a_clip_of_its_test_part(
    name: str,
) -> None:
    protocol = get_protocol(name)
    rows = protocol_rows(protocol.train, (protocol.train.namespaces or ("lab",))[0])
    tested = protocol_rows(protocol.test, (protocol.test.namespaces or ("lab",))[0])
    folds = split_training_part(protocol.train, rows)
    assert len(folds) >= FEWEST_FITS
    for views in folds:
        for view in views:
            assert not any(view.shows(unseen) for unseen in protocol.train.unseen)
            assert not any(view.mask(tested).to_pylist())
            assert any(view.mask(rows).to_pylist())


def test_a_protocol_of_known_classes_is_chosen_on_its_training_subjects() -> None:
    protocol = get_protocol("utd_mhad/xsub")
    rows = protocol_rows(protocol.train, "utd_mhad")
    folds = split_training_part(protocol.train, rows)
    assert sorted(who for _, held in folds for who in held.subjects or ()) == list("1357")
    for learned, held in folds:
        assert not set(learned.subjects or ()) & set(held.subjects or ())
        assert learned.labels == held.labels == protocol.train.labels
        masks = (learned.mask(rows).to_pylist(), held.mask(rows).to_pylist())
        assert [a + b for a, b in zip(*masks, strict=True)] == [1] * len(rows)


def test_the_same_seed_deals_the_same_folds_and_another_deals_others() -> None:
    assert split_pseudo_unseen(TRAINED, SEEN, 2, seed=3) == split_pseudo_unseen(
        TRAINED, SEEN[::-1], 2, seed=3
    )
    dealt = {split_pseudo_unseen(TRAINED, SEEN, 2, seed=s)[0][1].labels for s in range(9)}
    assert len(dealt) > 2


def test_a_real_unseen_class_is_refused() -> None:
    with pytest.raises(UsageError, match=r"classes \['wave'\] are no seen classes"):
        split_pseudo_unseen(TRAINED, (*SEEN, "wave"), folds=2, seed=0)


def test_a_test_subject_is_refused() -> None:
    with pytest.raises(UsageError, match=r"subjects \['4'\] are no training subjects"):
        split_subjects(TRAINED, ("1", "4"), folds=2, seed=0)


@pytest.mark.parametrize(("classes", "folds"), [(SEEN[:3], 2), (SEEN, 3), (SEEN, 1)])
def test_folds_in_which_every_answer_would_be_right_are_refused(
    classes: tuple[str, ...], folds: int
) -> None:
    with pytest.raises(UsageError, match=f"{len(classes)} seen classes for {folds} folds"):
        split_pseudo_unseen(TRAINED, classes, folds, seed=0)


def test_one_subject_is_too_few_to_choose_on() -> None:
    with pytest.raises(UsageError, match="1 training subjects for 2 folds"):
        split_training_part(View(), rows_of(SEEN, ("1",)))
