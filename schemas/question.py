"""Questions about a clip, with their answers: a row a question, in a table beside the tars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from schemas.base import Column, TableSchema, at_least, finite, null_together, one_of, ordered

KINDS = (
    *("action", "direction", "body_part", "side"),
    *("count", "order", "duration", "speed", "object", "interaction", "attribute"),
    *("description", "comparison", "cause", "person", "other"),
)
"""What is asked for. The first three are those of BABEL-QA; ``count`` (repetitions), ``order``
(before and after) and ``attribute`` cover the kinds of MotionBench and MoVid-Bench; ``cause``
(why) and ``person`` (which of several) are asked of what was measured."""
FORMS = ("open", "choice", "yes_no", "number")
"""How it is to be answered: in words, by one of the choices, by yes or no, by a number."""


def _answer_is_a_choice(table: pa.Table) -> pa.Array:
    return _each(table, lambda row: row["choices"] is None or row["answer"] in row["choices"])


def _choices_where_there_is_a_choice(table: pa.Table) -> pa.Array:
    """Two or more, none twice; none where the question is no choice."""
    return _each(
        table,
        lambda row: (
            len(set(row["choices"])) == len(row["choices"]) > 1
            if row["choices"] is not None
            else row["form"] != "choice"
        ),
    )


def _something_is_asked(table: pa.Table) -> pa.Array:
    return _each(table, lambda row: bool(row["question"].strip() and row["answer"].strip()))


def _each(table: pa.Table, holds: Callable[[dict[str, Any]], bool]) -> pa.Array:
    rows = table.select(["question", "answer", "choices", "form"]).to_pylist()
    return pa.array([holds(row) for row in rows], pa.bool_())


QUESTION = TableSchema(
    name="question",
    version="1.1.0",  # 1.0: no cause, no person
    columns=(
        Column("question_id", pa.string()),
        Column("clip_id", pa.string()),
        Column("kind", pa.string(), checks=(one_of(*KINDS),)),
        Column("form", pa.string(), checks=(one_of(*FORMS),)),
        Column("question", pa.string()),
        Column("answer", pa.string()),
        Column("choices", pa.list_(pa.string()), nullable=True),
        Column("start_s", pa.float64(), nullable=True, checks=(at_least(0),)),
        Column("end_s", pa.float64(), nullable=True, checks=(at_least(0),)),
        Column("source", pa.string()),
        Column("language", pa.string(), default="en"),
    ),
    rules=(
        ("question and answer say something", _something_is_asked),
        ("choices for a choice, each once", _choices_where_there_is_a_choice),
        ("the answer is one of the choices", _answer_is_a_choice),
        ("start and end together", null_together("start_s", "end_s")),
        ("start_s <= end_s", ordered("start_s", "end_s")),
        ("start and end are finite", finite("start_s", "end_s")),
    ),
    unique=("question_id",),
)
"""``start_s`` and ``end_s``: what stretch of the clip is asked about, in seconds from its first
frame; null for all of it. ``source``: the set it comes from, or the program that made it, with its
version (``babel_qa``). ``language``: a BCP 47 tag."""
