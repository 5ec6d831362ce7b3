"""The verb tables, and evaluations as they are shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs import tables
from jobs.cli import main
from jobs.scores import show_evaluation
from skeletonllm.storage import write_json

SCORES = {
    "candidates": ["sit", "wave"],
    "summary": "50.0% (95 %: 20.0% to 80.0%; chance 50.0%)",
    "top1": 0.5,
    "clips": 4,
    "by_class": {"wave": {"clips": 2, "right": 1}, "sit": {"clips": 2, "right": 1}},
    "remarks": ["one subject only: how others would do, nobody knows"],
    "scorings": {"mean": 0.25, "minus_blind": 0.5, "blind": 0.5},
    "shuffled_names": {"mean": 0.5, "p95": 1.0},
    "by_kind": {"side": {"clips": 4, "top1": 0.5, "blind": 0.25, "chance": 0.5}},
    "generalized": {"seen": 0.5, "unseen": 0.25, "harmonic": 1 / 3},
    "written": {
        "clips": 4,
        "summary": "as told",
        "exact": {"right": 0.25},
        "published": {"right": 0.5},
        "steps": {"true_steps": 0.75, "steps": {"true": 3}},
        "captions": {"summary": "BLEU-4 1.0%"},
    },
}
RESULT = {
    "remarks": ["4 of 4 tested clips are training clips of this checkpoint"],
    "judged": "held_out_subjects",
    "results": {"lab": SCORES},
    "conditions": {"exchanged": {"lab": {"clips": 4, "summary": "0.0%", "top1": 0.0}}},
}


def test_all_that_was_measured_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_evaluation(RESULT)
    shown = capsys.readouterr().out
    for said in (
        "held_out_subjects of lab",
        "note: 4 of 4 tested clips are training clips",
        "one subject only",
        "by other scores: mean 25.0%, minus blind 50.0%, blind 50.0%",
        "mean over classes: seen 50.0%, unseen 25.0%, harmonic 33.3%",
        "side: 50.0% of 4, black picture 25.0%",
        "written: as told",
        "written: 25.0% by the exact match, 50.0% by the published match",
        "steps that are true: 75.0%",
        "captions: BLEU-4 1.0%",
        "exchanged",
    ):
        assert said in shown


def test_tables_are_written_as_markdown_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "scores"
    write_json(str(folder / "evaluation.json"), RESULT)
    files = {"output": str(tmp_path / "t.md"), "json": str(tmp_path / "t.json")}
    assert tables.main(tables.Flags(evaluations=(str(folder),), **files)) == 0
    page = Path(files["output"]).read_text()
    assert "| held_out_subjects |  | 50.0% |" in page
    made = json.loads(Path(files["json"]).read_text())
    assert made[0]["title"].startswith("Zero-shot")
    assert made[0]["rows"][0].keys() >= {"protocol", "who", "right"}
    assert f"tables: {files['output']}" in capsys.readouterr().out


def test_a_folder_without_results_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tables", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
