from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.learning import full_size
from benchmarks.learning.full_size import OUT_OF_MEMORY, Flags, main, make_examples
from benchmarks.learning.random_model import CONFIGS, make_adapter
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.tasks import get_task
from skeletonllm.training import Trainer, get_stage
from skeletonllm.training.estimates import Question, Workload, estimate_run
from skeletonllm.training.stages import STAGES

SMALL = {"model": "tiny", "device": "cpu", "num_frames": 1, "size": 56, "steps": 1, "clips": (1,)}


def run(tmp_path: Path, **flags: Any) -> list[dict[str, Any]]:
    file = tmp_path / "full_size.json"
    assert main(Flags(**{**SMALL, **flags, "json": str(file)})) == 0
    rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"]
    return rows


def test_every_stage_has_a_row_with_time_and_estimate(tmp_path: Path) -> None:
    rows = run(tmp_path, knobs=("checkpointed",))
    assert [row["stage"] for row in rows] == list(STAGES)
    for row in rows:
        assert float(row["s a step"]) > 0
        assert float(row["estimate"]) > 0
        assert row["tokens"] > 4
        assert row["peak GB"] == ""  # the memory of a CPU is not measured


def test_out_of_memory_is_a_row_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Trainer.train_step

    def step(self: Trainer, batch: Any, number: int) -> Any:
        if len(batch) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, batch, number)

    monkeypatch.setattr(Trainer, "train_step", step)
    rows = run(tmp_path, stages=("warm_up",), knobs=("none",), clips=(2, 1))
    assert [row["peak GB"] for row in rows] == [OUT_OF_MEMORY, ""]
    assert set(rows[0]) == set(rows[1])


def test_another_error_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("sizes do not match")

    monkeypatch.setattr(full_size, "measure_steps", fail)
    with pytest.raises(RuntimeError, match="sizes do not match"):
        run(tmp_path, stages=("warm_up",), knobs=("none",))


def test_each_task_finds_in_an_example_what_it_asks() -> None:
    for name in STAGES:
        stage = get_stage(name, num_frames=2)
        task = get_task(stage.task)
        for example in make_examples(stage, 2):
            key = example.draw_key(0)
            assert task.prompt(example, num_frames=2, key=key).count("<image>") == 2
            assert task.target(example, key=key)


@pytest.mark.parametrize("name", ["tiny", "qwen2_5_vl_7b"])
def test_the_model_that_is_made_is_the_one_that_is_estimated(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIGS[name]))
    made: Adapter = make_adapter(str(tmp_path), "meta")
    workload = Workload(model=str(tmp_path), trains=("projector",), num_frames=1, size=56)
    parts = estimate_run(workload, Question("<image> which?", "wave")).parts
    estimated = sum(part.trained + part.frozen for key, part in parts.items() if key != "renderer")
    assert sum(p.numel() for p in made.parameters()) == estimated
