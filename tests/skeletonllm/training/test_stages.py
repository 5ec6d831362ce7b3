from __future__ import annotations

import math

import pytest

from skeletonllm.augmentation import Augmentation
from skeletonllm.errors import StateError, UsageError
from skeletonllm.training import STAGES, TrainingStage, get_stage


def test_the_four_stages_of_the_paper() -> None:
    found = {name: (s.task, s.trains, s.epochs) for name, s in STAGES.items()}
    assert found == {
        "warm_up": ("recognition", ("renderer", "projector"), 1),
        "discriminate": ("discrimination", ("renderer", "projector"), 1),
        "distill": ("rationale", ("renderer", "projector", "lora"), 1),
        "refine": ("recognition", ("projector", "lora"), 3),
    }


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    stage = TrainingStage(name="a", warmup_ratio=0.1)
    assert [stage.rate(step, 100) for step in (0, 4, 9, 10)] == [0.1, 0.5, 1.0, 1.0]
    assert stage.rate(55, 100) == pytest.approx(0.5)
    assert stage.rate(99, 100) == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert all(stage.rate(s, 100) > stage.rate(s + 1, 100) for s in range(10, 99))


def test_epochs_are_steps_once_the_data_are_known() -> None:
    stage = TrainingStage(name="a", epochs=2.5)
    assert stage.count_steps(steps_per_epoch=7) == 18
    assert TrainingStage(name="a", epochs=0.01).count_steps(7) == 1
    assert TrainingStage(name="a", epochs=2.5, steps=4).count_steps(7) == 4


def test_a_batch_is_shared_equally_or_refused_with_the_nearest_one() -> None:
    stage = TrainingStage(name="a", batch_size=12)
    assert [stage.share_batch(world) for world in (1, 2, 3, 12)] == [12, 6, 4, 1]
    says = "batch_size 12 for 8 workers; expected a multiple .* Give --batch-size 16, or another"
    with pytest.raises(UsageError, match=says):
        stage.share_batch(8)


def test_json_round_trip() -> None:
    stage = get_stage(
        "warm_up", model="tiny", permute_motions=True, augmentation=Augmentation(yaw=30.0)
    )
    assert TrainingStage.from_json(stage.to_json()) == stage
    with pytest.raises(StateError, match=r"a stage with fields \['momentum'\] added or missing"):
        TrainingStage.from_json({**stage.to_json(), "momentum": 0.9})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"task": "juggling"}, "unknown task 'juggling'; expected one of recognition"),
        ({"trains": ()}, r"trains \[\]; expected a part at least"),
        ({"steps": 0}, "steps 0; expected 1 or more"),
        ({"epochs": 0.0}, "epochs 0.0; expected more than 0"),
        ({"epochs": math.nan}, "epochs nan; expected more than 0"),
        ({"permute_motions": True, "batch_size": 1}, "one clip a batch; expected batch_size >= 2"),
    ],
)
def test_what_cannot_be_trained_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        TrainingStage(name="a", **wrong)
