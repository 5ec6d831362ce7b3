from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from schemas import QUESTION, RATIONALE
from schemas.rationale import STEP
from skeletonllm.release.diff import rationales
from skeletonllm.release.diff.rationales import compare_questions, compare_rationales
from skeletonllm.release.diff.side import open_side
from skeletonllm.storage import read_json, sha256_of, write_json, write_table


def compare(old, new):
    return compare_rationales(open_side(str(old)), open_side(str(new)))


def test_equal_tables_have_no_change(pristine: Path) -> None:
    found, clips = compare(pristine, pristine)
    assert (found.before, found.after, len(clips)) == (8, 8, 0)
    kinds = ("added", "removed", "reworded", "rejudged", "retold")
    assert [kind for kind in kinds if getattr(found, kind)] == []
    assert (found.status, found.verdicts, found.teachers) == ({}, {}, {})
    assert found.grounded == (0.65, 0.65)


def test_each_kind_of_change_is_told_apart(pristine: Path, edit) -> None:
    def change(rows):
        rows[0]["text"] = "The right hand rises.\nLabel: hand waving"
        rows[1]["steps"][0]["verdict"] = "contradicted"
        rows[2]["status"] = "rejected"
        rows[3] |= {"teacher": "openai:other", "usd": 1.25}
        rows[4]["rationale_id"] = "alpha/004#9"
        return rows

    found, clips = compare(pristine, edit("rationales.parquet", change))
    assert found.reworded.first == ("alpha/000#0",)
    assert found.rejudged.first == ("alpha/001#0", "alpha/002#0")
    assert found.retold.first == ("alpha/003#0",)
    assert (found.added.first, found.removed.first) == (("alpha/004#9",), ("alpha/004#0",))
    assert found.verdicts == {"contradicted": [None, 1], "true": [8, 7]}
    assert found.status == {"accepted": [8, 7], "rejected": [None, 1]}
    assert found.teachers == {"kinematic": [8, 7], "openai:other": [None, 1]}
    assert found.usd == (2.0, 3.0)
    # The refused one, grounded 0.8, is in no sample.
    assert found.grounded == (0.65, round((5.2 - 0.8) / 7, 6))
    assert sorted(clips.to_pylist()) == [f"alpha/00{i}" for i in range(5)]


def test_the_order_of_verdicts_counts_and_that_of_rows_does_not(pristine: Path, edit) -> None:
    def two(verdicts):
        def change(rows):
            for row in rows:
                steps = [{**row["steps"][0], "id": i, "verdict": v} for i, v in enumerate(verdicts)]
                row["steps"] = steps
            return rows[::-1]

        return change

    there = ("true", "unverifiable")
    old = edit("rationales.parquet", two(there), "1.0.1")
    again = edit("rationales.parquet", lambda rows: two(there)(rows)[::-1], "1.0.2")
    new = edit("rationales.parquet", two(there[::-1]), "1.0.3")
    assert compare(old, again)[0].rejudged.count == 0
    assert compare(old, new)[0].rejudged.count == 8
    assert compare(old, new)[0].verdicts == {}


def change_step(**given):
    def change(rows):
        rows[0]["steps"][0] |= given
        return rows

    return change


def change_row(**given):
    return lambda rows: [{**rows[0], **given}, *rows[1:]]


SAID = {
    **{"id": 3, "start_s": 0.25, "end_s": 0.5, "person": 1, "side": "right", "part": "arm"},
    **{"motion": "lower", "target": "head", "direction": "down", "count": 2, "causes": [7]},
    "text": "the right hand rises",
}
VIEWS = [{"name": "lab/1", "sha256": "a" * 64}]
RETOLD = {
    **{"variant": 1, "attempt": 2, "teacher": "other", "facts_given": True, "views": VIEWS},
    **dict.fromkeys(("prompt_sha256", "request_sha256", "answer_sha256"), "c" * 64),
}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        *(("reworded", change_step(**{name: value})) for name, value in SAID.items()),
        *(("rejudged", change_step(**{n: v})) for n, v in {"verdict": "?", "measured": 1}.items()),
        ("reworded", change_row(clip_id="alpha/001")),
        ("reworded", change_row(label="")),
        ("rejudged", change_row(agreement=0.5)),
        ("rejudged", change_row(status="rejected")),
        *(("retold", change_row(**{name: value})) for name, value in RETOLD.items()),
        ("none", change_row(usd=3.0, tokens_in=9, finish_reason="stop", flags=["sensor_fault"])),
    ],
)
def test_each_field_is_of_one_kind_of_change(kind: str, change, pristine: Path, edit) -> None:
    found, _ = compare(pristine, edit("rationales.parquet", change))
    kinds = ("added", "removed", "reworded", "rejudged", "retold")
    assert [k for k in kinds if getattr(found, k)] == [k for k in kinds if k == kind]


def test_no_field_of_a_rationale_or_of_a_question_is_forgotten() -> None:
    rest = {"rationale_id", "tokens_in", "tokens_out", "usd", "finish_reason", "flags"}
    told = {*rationales.SAID, *rationales.JUDGED, *rationales.SOURCES, "steps", "views"}
    assert told | rest == set(RATIONALE.arrow.names)
    assert {*rationales.STEPS, *rationales.VERDICTS} == {field.name for field in STEP}
    asked = {*rationales.ASKED, *rationales.PLACE, "answer", "question_id", "source"}
    assert asked == set(QUESTION.arrow.names)


def question(number: int, **given):
    row = {field.name: None for field in QUESTION.arrow}
    asked = {"question_id": f"q{number}", "clip_id": "alpha/000", "kind": "what", "form": "open"}
    said = {"question": "What?", "answer": "a wave", "source": "test", "language": "en"}
    return {**row, **asked, **said, **given}


def test_questions_come_go_and_change(pristine: Path, tmp_path: Path, edit) -> None:
    asked = [question(i) for i in range(10) if i != 9]
    other = [
        question(0, answer="a jump"),
        question(1, question="What now?"),
        question(2),
        question(4, clip_id="alpha/001"),
        question(5, start_s=0.5, end_s=1.0),
        question(6, kind="count"),
        question(7, form="number"),
        question(8, language="de"),
    ]
    folders = []
    for number, rows in enumerate((asked, [*other, question(9)])):
        folder = edit("statistics.json", lambda data: data, f"1.0.{number + 5}")
        write_table(
            f"{folder}/questions.parquet", pa.Table.from_pylist(rows, schema=QUESTION.arrow)
        )
        _list_questions(folder)
        folders.append(open_side(folder))
    found = compare_questions(*folders)
    assert (found.added.first, found.removed.first) == (("q9",), ("q3",))
    assert found.reanswered.first == ("q0",)
    assert found.reworded.first == ("q1", "q6", "q7", "q8")
    assert found.moved.first == ("q4", "q5")
    none = compare_questions(open_side(str(pristine)), folders[0])
    assert (none.before, none.after, none.kinds) == (0, 9, {"what": [None, 9]})


def _list_questions(folder: str) -> None:
    manifest = read_json(f"{folder}/manifest.json")
    digest, size = sha256_of(f"{folder}/questions.parquet")
    manifest["files"].append({"path": "questions.parquet", "sha256": digest, "bytes": size})
    write_json(f"{folder}/manifest.json", manifest)
