"""The stage: same bytes on any number of workers, a bad clip costs itself alone, shards take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import cli
from pipelines.questions import BALANCE, QuestionsConfig, ask_unit, build_questions
from pipelines.shards import ShardsConfig, build_shards
from schemas import QUESTION, REJECT
from skeletonllm.clip_folders import clip_units
from skeletonllm.questions import SOURCE, make_questions
from skeletonllm.storage import join, read_json, read_table
from skeletonllm.storage.layout import PARTS, REJECTS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.stage_folders import write_clips_folder
from skeletonllm.views.questions import Questions
from tests.pipelines.strange import BROKEN, make_clip, write_strange_clips

PART = "part-00000.parquet"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> str:
    actions = {"wave": "hand waving", "squat": "squat down", "greet": "shaking hands"}
    made = [
        make_clip(label, synthesize(action, seed=1, fps=15), label)
        for label, action in actions.items()
    ]
    folder = str(tmp_path_factory.mktemp("asked") / "clips")
    write_clips_folder(folder, made, [])
    return folder


def test_a_unit_is_asked_without_ray_and_gives_the_same_bytes(clips: str, tmp_path: Path) -> None:
    (unit,) = clip_units([clips])
    written = []
    for name in ("one", "other"):
        ask_unit(unit, output=str(tmp_path / name))
        written.append((tmp_path / name / PARTS / PART).read_bytes())
    assert written[0] == written[1]


@pytest.mark.ray
def test_questions_are_built_and_go_into_shards(
    clips: str, local_ray: None, tmp_path: Path
) -> None:
    output = str(tmp_path / "questions")
    manifest = build_questions(QuestionsConfig((clips,), output))
    table = read_table(join(output, PARTS, PART), schema=QUESTION)
    assert QUESTION.faults(table) == []
    counts = manifest["counts"]
    assert (counts["clips"], counts["clips_asked_about"], counts["rejects"]) == (3, 3, 0)
    assert counts["questions"] == len(table) > 10
    balance = read_json(join(output, BALANCE))
    assert balance["clips"] == {"asked_about": 3}
    assert sum(blind["count"] for blind in balance["blind"].values()) == len(table)
    assert sum(n for found in balance["answers"].values() for n in found.values()) == len(table)
    assert all(n > 0 for n in balance["dropped"].values())
    shards = str(tmp_path / "shards")
    packed = build_shards(
        ShardsConfig(clips=(clips,), output=shards, questions=join(output, PARTS))
    )
    assert packed["counts"]["questions"] == len(table)
    rows = Questions.open(shards).of("lab/wave")
    assert {row["source"] for row in rows} == {SOURCE}
    asked = make_questions(make_clip("wave", synthesize("hand waving", seed=1, fps=15), "wave"))
    assert {row["question_id"] for row in rows} == {row["question_id"] for row in asked.rows}


@pytest.mark.ray
def test_strange_clips_end_no_stage(local_ray: None, tmp_path: Path) -> None:
    folder = write_strange_clips(tmp_path / "clips")
    output = str(tmp_path / "questions")
    counts = build_questions(QuestionsConfig((folder,), output))["counts"]
    rejects = read_table(join(output, REJECTS, PART), schema=REJECT).to_pylist()
    assert counts["rejects"] == len(rejects)
    assert any(BROKEN in row["message"] for row in rejects)
    assert not any(row["code"] == "internal" for row in rejects), rejects
    assert counts["clips_asked_about"] > 0


@pytest.mark.ray
def test_the_verb_tells_counts_reasons_and_what_is_right_without_looking(
    clips: str, local_ray: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "questions")
    assert cli.main(["build-questions", "--clips", clips, "--output", output]) == 0
    told = capsys.readouterr().out
    for words in ("dropped, and why", "answers", "right without looking", "questions_order"):
        assert words in told
