from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import QUESTION
from skeletonllm.errors import SchemaError
from skeletonllm.shards import read_index
from skeletonllm.storage import join, write_table
from skeletonllm.views.questions import (
    QUESTIONS,
    Questions,
    add_question_counts,
    has_questions,
    read_questions,
    sort_questions,
)


def question(clip_id: str, number: int = 0, **change: Any) -> dict[str, Any]:
    row = {
        "question_id": f"{clip_id}#{number}",
        "clip_id": clip_id,
        "kind": "other",
        "form": "open",
        "question": "What happens?",
        "answer": "an arm rises",
        "choices": None,
        "start_s": None,
        "end_s": None,
        "source": "toy",
        "language": "en",
    }
    return {**row, **change}


def table_of(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=QUESTION.arrow)


def test_each_clip_gets_its_questions_whatever_their_order() -> None:
    names = ["lab/2", "lab/10", "\u00e9/1", "lab/1", "Lab/1", "\U0001f600/1"]
    rows = [question(name, number) for number in range(3) for name in names]
    found = Questions(pa.concat_tables([table_of(*rows[:7]), table_of(*rows[7:])]))
    assert len(found) == 18
    for name in names:
        assert list(found.of(name)) == [row for row in rows if row["clip_id"] == name]
    for other in ("", "lab", "lab/11", "zzz", "\U0001f601"):
        assert found.of(other) == ()


def test_sorted_questions_are_not_copied() -> None:
    table = table_of(question("a", 1), question("a", 0), question("b"))
    assert sort_questions(table) is table
    mixed = table_of(question("b"), question("a", 1), question("a", 0))
    assert sort_questions(mixed).column("question_id").to_pylist() == ["a#0", "a#1", "b#0"]


def test_a_folder_of_files_is_read_as_one_table(tmp_path: Path) -> None:
    folder = str(tmp_path / "asked")
    write_table(join(folder, "part-00000.parquet"), table_of(question("b")))
    write_table(join(folder, "part-00001.parquet"), table_of(question("a")))
    assert read_questions(folder).column("clip_id").to_pylist() == ["a", "b"]
    alone = read_questions(join(folder, "part-00001.parquet"))
    assert alone.column("clip_id").to_pylist() == ["a"]


def test_a_table_that_breaks_its_schema_is_refused_with_every_fault(tmp_path: Path) -> None:
    url = str(tmp_path / "q.parquet")
    write_table(url, table_of(question("a"), question("a", answer="", kind="song")))
    with pytest.raises(SchemaError, match="kind.*question and answer say something") as caught:
        read_questions(url)
    assert "question_id" in str(caught.value)


def test_the_index_counts_the_questions_of_its_clips(folder: Path) -> None:
    index = read_index(str(folder))
    clips = index.column("clip_id").to_pylist()
    asked = table_of(question(clips[3]), question(clips[3], 1), question("elsewhere"))
    counted = add_question_counts(index, asked)
    assert counted.schema.equals(index.schema, check_metadata=True)
    assert counted.column("num_questions").to_pylist() == [2 * (i == 3) for i in range(50)]
    nobody = add_question_counts(counted, QUESTION.arrow.empty_table())
    assert nobody.column("num_questions").to_pylist() == [0] * 50


def test_a_folder_says_whether_it_has_questions(tmp_path: Path) -> None:
    assert not has_questions(str(tmp_path))
    write_table(join(str(tmp_path), QUESTIONS), table_of(question("a")))
    assert has_questions(str(tmp_path))
    assert Questions.open(str(tmp_path)).of("a") == (question("a"),)
