"""A new task is one class and one line: training and evaluation take it as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from skeletonllm.clip import Clip
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import StateError, UsageError
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.mllm import tiny_internvl
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.shards import Sample
from skeletonllm.tasks import TASKS, Answer, Example, Task, get_task
from skeletonllm.training import Trainer, TrainState, choose_frames, get_stage

YES_NO = ("no", "yes")


@dataclass(frozen=True)
class Counts:
    right: int

    def summarize(self) -> str:
        return f"{self.right} right"

    def to_json(self) -> dict[str, Any]:
        return {"right": self.right}


class Guessing(Task):
    """Is this the clip's caption? The key draws a right or a wrong one."""

    name = "guessing"
    version = "guessing/1"

    def example(self, sample: Sample, candidates: object) -> Example | None:
        clip, texts = sample.clip, tuple(c.text for c in sample.clip.captions)
        return Example(clip.clip_id, clip.motion, "", (), sample.weight, texts) if texts else None

    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        caption = example.texts[0] if self._is_true(example, key) else "nothing"
        return "<image>" * num_frames + f"Is this: {caption}?"

    def target(self, example: Example, *, key: str) -> str:
        return YES_NO[self._is_true(example, key)]

    def candidates(self, example: Example) -> tuple[str, ...]:
        return YES_NO if example.texts else ()

    def score(self, answers: Sequence[Answer]) -> Counts:
        return Counts(sum(answer.target == answer.prediction for answer in answers))

    @staticmethod
    def _is_true(example: Example, key: str) -> bool:
        return key in (example.key, replace(example, epoch=1).draw_key(0))


def test_an_unknown_task_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown task 'guessing'; expected one of recognition"):
        get_task("guessing")


def test_every_task_is_registered_under_its_name() -> None:
    assert all(task.name == name and task.version for name, task in TASKS.items())
    versions = {task.version for task in TASKS.values()}
    assert len(versions) == len(TASKS)


def test_a_task_of_ones_own_trains_and_is_scored(
    monkeypatch: pytest.MonkeyPatch, tmp_path, clip_of: Callable[..., Clip], stick_man
) -> None:
    monkeypatch.setitem(TASKS, "guessing", Guessing())
    task = get_task("guessing")
    clip = clip_of(stick_man().motion(), None, "a man stands")
    example = task.example(Sample(clip), {})
    assert example is not None
    assert task.example(Sample(clip_of(stick_man().motion())), {}) is None
    adapter = tiny_internvl(("a man stands", *YES_NO))
    renderer = DrAction(DrActionConfig(size=56, patch=adapter.patch, points_per_bone=1))
    stage = get_stage("warm_up", model="tiny", batch_size=1, num_frames=1, task="guessing")
    trainer = Trainer(stage, renderer, adapter, steps=1)
    asked = [example, replace(example, epoch=1)]
    losses = trainer.compute_losses(asked)
    prompts = ["<image>Is this: nothing?", "<image>Is this: a man stands?"]
    assert losses.equal(adapter.losses(_shown(trainer, asked), prompts, ["no", "yes"]))
    (answer,) = predict_answers([example], task, renderer, adapter, num_frames=1)
    assert (answer.target, answer.num_candidates) == (task.target(example, key=example.key), 2)
    assert task.score([answer]).to_json() == {"right": int(answer.prediction == answer.target)}
    TrainState.of(1, trainer, {}).write(tmp_path)
    assert TrainState.read(tmp_path).stage.task == "guessing"
    monkeypatch.setattr(Guessing, "version", "guessing/2")
    with pytest.raises(StateError, match="prompt 'guessing/1'; expected 'guessing/2'"):
        TrainState.read(tmp_path)


def test_free_text_cannot_be_predicted_by_choice(stick_man) -> None:
    example = Example("toy/0", stick_man().motion(), "", ())
    with pytest.raises(UsageError, match="toy/0: task 'guessing' has no candidates; expected ans"):
        next(
            predict_answers(
                [example], Guessing(), torch.nn.Linear(1, 1), torch.nn.Linear(1, 1), num_frames=1
            )
        )


def _shown(trainer: Trainer, examples: Sequence[Example]) -> torch.Tensor:
    """The frames that the trainer shows of them."""
    frames = choose_frames(examples, 1, trainer.stage.seed)
    return trainer.renderer(MotionBatch.from_motions([e.motion for e in examples]), frames).frames
