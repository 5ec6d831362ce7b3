from __future__ import annotations

import math

import pytest

from skeletonllm.errors import StateError, UsageError
from skeletonllm.training import TINY_RECIPE, WARM_UP, TrainingStage, get_stage


def test_the_published_warm_up() -> None:
    assert WARM_UP.trains == ("renderer", "projector")
    published = (WARM_UP.lr, WARM_UP.weight_decay, WARM_UP.warmup_ratio)
    assert published == (2e-5, 0.05, 0.03)
    assert (WARM_UP.num_frames, WARM_UP.size) == (12, 448)


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    stage = TrainingStage(name="a", steps=100, warmup_ratio=0.1)
    assert [stage.rate(step) for step in (0, 4, 9, 10)] == [0.1, 0.5, 1.0, 1.0]
    assert stage.rate(55) == pytest.approx(0.5)
    assert stage.rate(99) == pytest.approx(0.5 * (1 + math.cos(math.pi * 89 / 90)))
    assert all(stage.rate(s) > stage.rate(s + 1) for s in range(10, 99))


def test_flags_come_before_recipes() -> None:
    assert get_stage("warm_up") == WARM_UP
    assert get_stage("warm_up", tiny=True).lr == TINY_RECIPE["lr"]
    mine = get_stage("warm_up", tiny=True, lr=None, steps=7)
    assert (mine.steps, mine.size) == (7, TINY_RECIPE["size"])


def test_json_round_trip() -> None:
    stage = get_stage("warm_up", tiny=True, permute_motions=True)
    assert TrainingStage.from_json(stage.to_json()) == stage
    with pytest.raises(StateError, match=r"a stage with fields \['momentum'\] added or missing"):
        TrainingStage.from_json({**stage.to_json(), "momentum": 0.9})
    before_tasks = {name: value for name, value in stage.to_json().items() if name != "task"}
    assert TrainingStage.from_json(before_tasks) == stage


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"task": "juggling"}, "unknown task 'juggling'; expected one of recognition"),
        ({"trains": ()}, r"trains \[\]; expected a part at least"),
        ({"steps": 0}, "steps 0; expected 1 or more"),
        ({"permute_motions": True, "batch_size": 1}, "one clip a batch; expected batch_size >= 2"),
    ],
)
def test_what_cannot_be_trained_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        TrainingStage(name="a", **wrong)


def test_an_unknown_stage_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown stage 'stage1'; expected one of warm_up"):
        get_stage("stage1")
