from __future__ import annotations

import pytest

from benchmarks.learning.memory_on_paper import ask, measure_stage
from skeletonllm.training.estimates import Workload
from skeletonllm.training.stages import STAGES, TrainingStage

TINY = Workload(model="tiny", trains=(), num_frames=2, size=56, device="cpu")


def test_a_row_says_what_fits_with_each_knob() -> None:
    row = measure_stage(STAGES["warm_up"], TINY, 1.0)
    fits = [int(row[name]) for name in ("fit", "fit, checkpointed", "... and with foreground")]
    assert fits == sorted(fits)
    assert fits[0] > 0
    assert row["tokens a clip"] > 2 * 16  # two frames of 16 visual tokens, and text


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.name)
def test_each_stage_is_asked_about_every_frame(stage: TrainingStage) -> None:
    question = ask(stage.task, 3)
    assert question.prompt.count("<image>") == 3
    assert question.answer
