from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.results.evaluations import find_evaluations
from skeletonllm.storage import write_json

SCORES = {"top1": 0.5, "clips": 10, "shuffled_names": {"p95": 0.2}, "scorings": {"blind": 0.1}}
MODEL = {
    "judged": "nw_ucla/8-2",
    "task": "naming",
    "model": "small",
    "renderer": "draction",
    "stage": "refine",
    "results": {"nw_ucla": SCORES},
    "conditions": {"exchanged": {"nw_ucla": {**SCORES, "top1": 0.0}}},
}
RIDGE = {
    "baseline": "ridge",
    "judged": "nw_ucla/8-2",
    "texts": "names",
    "results": {"nw_ucla": SCORES},
}


def test_evaluations_and_baselines_are_found_below_a_folder(tmp_path: Path) -> None:
    write_json(str(tmp_path / "a" / "evaluation.json"), MODEL)
    write_json(str(tmp_path / "b" / "c" / "evaluation.json"), RIDGE)
    found = find_evaluations([str(tmp_path)])
    assert [(e.where, e.who, e.task) for e in found] == [
        ("a", "small, draction, refine", "naming"),
        ("b/c", "ridge, names", "recognition"),
    ]
    assert found[0].top1("exchanged") == 0.0
    assert found[0].top1("blind") is None
    assert found[1].conditions == {}
    (alone,) = find_evaluations([str(tmp_path / "a")])
    assert (alone.where, alone.protocol, alone.generalized) == ("", "nw_ucla/8-2", False)


def test_folders_without_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find_evaluations([str(tmp_path / "none")])
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match="no evaluation.json here or below"):
        find_evaluations([str(tmp_path / "empty")])
    write_json(str(tmp_path / "bad" / "evaluation.json"), {"results": 3})
    with pytest.raises(UsageError, match="no evaluation. Evaluate into a new folder"):
        find_evaluations([str(tmp_path / "bad")])
