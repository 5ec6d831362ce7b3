"""That it learns, from the picture, and that a resumed run is the same run."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.errors import StateError, UsageError
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.tasks import AccuracyScores, Example, get_task
from skeletonllm.training import (
    SaveClock,
    TrainingStage,
    TrainState,
    get_stage,
    train_stage,
)

from .conftest import ListBatches, build, make

SHORT = get_stage("warm_up", model="tiny", steps=6, batch_size=4, num_frames=2)


def run(
    stage: TrainingStage, examples: list[Example], **options: Any
) -> tuple[list[dict[str, Any]], list[TrainState]]:
    reports: list[dict[str, Any]] = []
    states: list[TrainState] = []
    resume = options.get("resume")
    stream = ListBatches(examples, stage.batch_size, resume.stream["start"] if resume else 0)
    trainer = make(stage, *build(), steps=stage.steps)
    train_stage(trainer, stream, report=reports.append, save=states.append, **options)
    return reports, states


def learn(stage: TrainingStage, examples: list[Example], held_out: list[Example]) -> AccuracyScores:
    """Accuracy on clips of other subjects after training."""
    renderer, adapter = build()
    trainer = make(stage, renderer, adapter, steps=stage.steps)
    stream = ListBatches(examples, stage.batch_size)
    train_stage(trainer, stream, report=lambda _: None, save=lambda _: None)
    task = get_task(stage.task)
    answers = predict_answers(held_out, task, renderer, adapter, num_frames=stage.num_frames)
    return task.score(list(answers))


def test_it_learns_and_it_learns_from_the_picture(
    examples: list[Example], held_out: list[Example]
) -> None:
    """The same seeds with exchanged motions stay at chance: the prompt gives nothing away."""
    recipe = {"steps": 100, "batch_size": 6, "num_frames": 3}
    seen = learn(get_stage("warm_up", model="tiny", **recipe), examples, held_out)
    control = get_stage("warm_up", model="tiny", permute_motions=True, **recipe)
    permuted = learn(control, examples, held_out)
    assert seen.top1 >= 0.9
    assert permuted.low <= permuted.chance
    assert permuted.high < seen.low


def test_a_resumed_run_is_the_same_run(examples: list[Example], tmp_path: Path) -> None:
    whole, states = run(SHORT, examples, clock=SaveClock(every_steps=2))
    assert [state.step for state in states] == [2, 4, 6]
    assert [report["step"] for report in whole] == [1, 2, 3, 4, 5, 6]
    states[1].belongs_to(release="r").write(tmp_path)
    saved = TrainState.read(tmp_path)
    assert saved.owner == {"release": "r"}
    rest, (last,) = run(SHORT, examples, resume=saved)
    assert rest == whole[4:]
    assert last.stream == states[2].stream
    for ours, theirs in ((last.weights, states[2].weights), (last.training, states[2].training)):
        assert ours.keys() == theirs.keys()
        assert all(ours[name].equal(theirs[name]) for name in ours)


def test_a_finished_stage_asks_for_no_more(examples: list[Example]) -> None:
    _, (done,) = run(SHORT, examples)
    assert run(SHORT, examples, resume=done) == ([], [])


def test_another_stage_is_not_resumed(examples: list[Example]) -> None:
    first = get_stage("warm_up", model="tiny", steps=1, batch_size=4)
    _, (state,) = run(first, examples)
    says = r"trained otherwise: steps was 1, is 2; lr was 0.01, is 0.1. Resume with the same flags"
    with pytest.raises(StateError, match=says):
        run(replace(first, steps=2, lr=0.1), examples, resume=state)


def test_a_stream_that_ends_early_is_said(examples: list[Example]) -> None:
    class Ends(ListBatches):
        def __iter__(self):
            return islice(super().__iter__(), 1)

    trainer = make(SHORT, *build(), steps=6)
    with pytest.raises(UsageError, match="the stream ended at step 1; expected 6 steps"):
        train_stage(trainer, Ends(examples, 4), report=lambda _: None, save=lambda _: None)


def test_what_earlier_stages_trained_is_saved_with_what_this_one_trains(
    examples: list[Example],
) -> None:
    stage = replace(SHORT, steps=1, trains=("renderer",))
    _, (state,) = run(stage, examples, held=("projector",))
    assert state.held == ("projector",)
    assert {name.split(".")[0] for name in state.weights} == {"renderer", "projector"}


def test_a_checkpoint_is_due_after_steps_or_minutes() -> None:
    seconds = [0.0]
    clock = SaveClock(every_steps=4, every_minutes=1, now=lambda: seconds[0])
    due = []
    for done in range(1, 9):
        seconds[0] += 25
        due.append(clock.is_due(done))
    assert due == [False, False, True, True, False, True, False, True]
    assert not any(SaveClock().is_due(done) for done in range(1, 9))


def test_a_save_that_takes_longer_than_its_minutes_is_not_due_at_each_step(
    examples: list[Example],
) -> None:
    seconds = [0.0]
    saved: list[int] = []

    def report(_: dict[str, Any]) -> None:
        seconds[0] += 25

    def save(state: TrainState) -> None:
        saved.append(state.step)
        seconds[0] += 1000

    clock = SaveClock(every_minutes=1, now=lambda: seconds[0])
    trainer = make(SHORT, *build(), steps=6)
    stream = ListBatches(examples, SHORT.batch_size)
    train_stage(trainer, stream, report=report, save=save, clock=clock)
    assert saved == [4, 6]
