from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from schemas import QUESTION
from schemas.question import FORMS, KINDS

ROW: dict[str, Any] = {
    "question_id": "toy/1#0",
    "clip_id": "toy/1",
    "kind": "count",
    "form": "choice",
    "question": "How often does the hand rise?",
    "answer": "twice",
    "choices": ["once", "twice", "three times"],
    "start_s": 0.5,
    "end_s": 2.0,
    "source": "toy@1",
    "language": "en",
}
OPEN = {"form": "open", "choices": None, "start_s": None, "end_s": None}


def faults(**change: Any) -> list[str]:
    return QUESTION.faults(pa.Table.from_pylist([{**ROW, **change}], schema=QUESTION.arrow))


@pytest.mark.parametrize(
    "change",
    [
        {},
        OPEN,
        {"form": "yes_no", "answer": "yes", "choices": ["yes", "no"]},
        {"form": "yes_no", "answer": "no", "choices": None},
        {"form": "number", "answer": "2", "choices": None},
        {"end_s": 0.5},
    ],
)
def test_a_question_of_every_form_is_valid(change: dict[str, Any]) -> None:
    assert faults(**change) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "colour"}, "kind"),
        ({"form": "song"}, "form"),
        ({"question": " "}, "question and answer say something"),
        ({**OPEN, "answer": ""}, "question and answer say something"),
        ({"choices": None}, "choices for a choice"),
        ({"choices": ["twice"]}, "choices for a choice"),
        ({"choices": ["twice", "once", "twice"]}, "choices for a choice"),
        ({"answer": "often"}, "the answer is one of the choices"),
        ({"end_s": None}, "start and end together"),
        ({"end_s": 0.1}, "start_s <= end_s"),
        ({"start_s": -1.0}, "start_s"),
        ({"start_s": 0.0, "end_s": float("inf")}, "start and end are finite"),
    ],
)
def test_what_cannot_be_asked_is_a_fault(change: dict[str, Any], said: str) -> None:
    (fault,) = faults(**change)
    assert said in fault


def test_a_question_stands_once() -> None:
    table = pa.Table.from_pylist([ROW, ROW], schema=QUESTION.arrow)
    assert any("question_id" in fault for fault in QUESTION.faults(table))


def test_a_later_minor_version_may_know_more_words() -> None:
    table = pa.Table.from_pylist([{**ROW, "kind": "colour"}], schema=QUESTION.arrow)
    later = {**table.schema.metadata, b"skeletonllm.schema_version": b"1.2.0"}
    assert QUESTION.faults(table.replace_schema_metadata(later)) == []


def test_every_word_of_the_closed_sets_is_taken() -> None:
    for kind in KINDS:
        assert faults(kind=kind) == []
    for form in FORMS:
        assert faults(form=form) == []


def test_a_table_without_a_language_is_english() -> None:
    older = pa.Table.from_pylist([ROW], schema=QUESTION.arrow).drop_columns(["language"])
    later = {**older.schema.metadata, b"skeletonllm.schema_version": b"1.0.1"}
    filled = QUESTION.conform(older.replace_schema_metadata(later))
    assert filled.column("language").to_pylist() == ["en"]


def test_causes_and_persons_are_words_of_version_1_1() -> None:
    """A table of 1.0 is read still; one of 1.1 may ask why, and who."""
    assert QUESTION.version == "1.1.0"
    assert all(faults(kind=kind) == [] for kind in ("cause", "person"))
    table = pa.Table.from_pylist([ROW], schema=QUESTION.arrow)
    earlier = {**table.schema.metadata, b"skeletonllm.schema_version": b"1.0.0"}
    assert QUESTION.faults(table.replace_schema_metadata(earlier)) == []
