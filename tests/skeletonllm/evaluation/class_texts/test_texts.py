from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.class_texts import HASHES, hash_texts, load_class_texts, texts
from skeletonllm.synthesis.corpus import DEMO_ACTIONS

WHOLE = ("nw_ucla", "sbu_kinect", "utd_mhad")


@pytest.mark.parametrize("namespace", WHOLE)
def test_every_class_of_a_small_corpus_has_a_text_of_its_own(namespace: str) -> None:
    told = load_class_texts(namespace)
    assert tuple(told) == labels.names(namespace)
    assert len(set(told.values())) == len(told)


def test_the_classes_of_the_demo_have_texts() -> None:
    assert set(load_class_texts("ntu")) == set(DEMO_ACTIONS)


@pytest.mark.parametrize("namespace", sorted(HASHES))
def test_a_text_is_a_few_whole_sentences_and_has_sources(namespace: str) -> None:
    for text in load_class_texts(namespace).values():
        assert text.endswith(".")
        assert 1 <= text.count(". ") + 1 <= 3
    assert texts._read_stored(namespace)["sources"]


def test_edited_texts_are_refused_with_both_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: dict[str, Any] = texts._read_stored("nw_ucla")
    stored["texts"]["throw"] += " The right foot steps forward."
    monkeypatch.setattr(texts, "_read_stored", lambda _: stored)
    with pytest.raises(UsageError, match="class texts were edited") as caught:
        load_class_texts("nw_ucla")
    assert HASHES["nw_ucla"] in str(caught.value)
    assert hash_texts(stored) in str(caught.value)


def test_a_layout_of_the_file_is_no_edit() -> None:
    stored = texts._read_stored("sbu_kinect")
    turned = dict(reversed(stored.items()))
    assert hash_texts(turned) == HASHES["sbu_kinect"]


def test_a_namespace_without_texts_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="no class texts of 'kinetics'; expected one of ntu"):
        load_class_texts("kinetics")
