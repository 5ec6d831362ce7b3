from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.shards import read_index
from skeletonllm.testing.releases import LABELS
from skeletonllm.views.view import View


@pytest.fixture
def index(release: str) -> pa.Table:
    """Four actions by two subjects."""
    return read_index(release)


def test_a_class_that_no_tested_subject_shows_stays_a_candidate(index: pa.Table) -> None:
    shown = pc.and_(pc.equal(index["label"], LABELS[1]), pc.equal(index["subject"], "2"))
    view, fewer = View(subjects=("2",)), index.filter(pc.invert(shown))
    assert LABELS[1] not in view.candidates(view.select(fewer))["lab"]
    assert list_candidates(view, fewer) == list_candidates(view, index)
    assert set(list_candidates(view, fewer)["lab"]) == set(LABELS)


def test_a_hidden_class_is_no_candidate(index: pa.Table) -> None:
    view = View(unseen=LABELS[:1], subjects=("2",))
    assert set(list_candidates(view, index)["lab"]) == set(LABELS[1:])


@pytest.mark.parametrize("name", ["ntu60/xsub", "nw_ucla/5-5", "nw_ucla/5-5@purls"])
def test_candidates_of_a_protocol_are_all_of_its_classes(name: str, index: pa.Table) -> None:
    """Of a corpus of which one clip is at hand, too; in the order of the classes' numbers."""
    view = get_protocol(name).test
    assert view.labels is not None
    one = _relabel(index, view, label=view.labels[-1])
    assert list_candidates(view, one) == {view.namespaces[0]: view.labels}  # type: ignore[index]
    backwards = replace(view, labels=view.labels[::-1])
    assert list_candidates(backwards, one) == list_candidates(view, one)


def test_a_release_without_any_of_the_classes_is_refused(index: pa.Table) -> None:
    with pytest.raises(UsageError, match="no clip of the release is in the view"):
        list_candidates(get_protocol("nw_ucla/8-2").test, index)


def _relabel(index: pa.Table, view: View, **known: Any) -> pa.Table:
    """The first clip as one of a protocol's corpus."""
    assert view.corpora is not None
    assert view.namespaces is not None
    names = {"corpus": view.corpora[0], "label_namespace": view.namespaces[0], **known}
    row = index.slice(0, 1).to_pylist()[0] | names
    return pa.Table.from_pylist([row], schema=index.schema)
