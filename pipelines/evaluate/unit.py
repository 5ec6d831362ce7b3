"""What a Ray task of an evaluation does: ask about some clips in one condition, write the answers.

The model is loaded once a worker process, and stays for the units that follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch

from pipelines.evaluate.config import EvaluateConfig, choose_test_view
from skeletonllm.clip_folders import write_rejects
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.evaluation.responses.conditions import parse_condition
from skeletonllm.evaluation.responses.exchange import EXCHANGED, choose_givers
from skeletonllm.evaluation.responses.responder import STAGE, Asked, Manner, Responder
from skeletonllm.evaluation.responses.response import responses_to_table
from skeletonllm.evaluation.trained import get_trained_view, load_trained
from skeletonllm.motion import Motion
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.codec import Sample
from skeletonllm.storage import Unit, join, write_table
from skeletonllm.storage.layout import PARTS
from skeletonllm.tasks import Example, Task
from skeletonllm.training import read_state
from skeletonllm.views.asked_views import OwnShare
from skeletonllm.views.questions import Questions


def respond_unit(unit: Unit, condition: str, *, config: EvaluateConfig) -> None:
    """Write the responses of one unit, and the clips that have none.

    Args:
        unit: Names of clips.
        condition: In what the motions that are shown differ from theirs.
        config: The evaluation.
    """
    desk = _open_desk(config)
    failed: list[Reject] = []
    asked = desk.ask(unit.inputs, condition, failed)
    responses = list(desk.responder.respond(asked, condition, failed))
    write_rejects(config.output, unit, failed)
    write_table(join(config.output, PARTS, f"{unit.part}.parquet"), responses_to_table(responses))


@dataclass(frozen=True, eq=False)
class Desk:
    """All that the units of an evaluation share in one process.

    Args:
        release: Folder of the release.
        task: What is asked.
        responder: Renderer and model.
        camera: Of the renderer.
        rows: The index of the tested clips, by clip.
        candidates: Namespace -> classes to choose from.
        givers: Clip -> whose motion it is shown with where motions are exchanged.
        share: What training may know of negatives; None where the task needs none.
        questions: About the clips; None where the task needs none.
    """

    release: str
    task: Task
    responder: Responder
    camera: str
    rows: Mapping[str, Mapping[str, Any]]
    candidates: Mapping[str, tuple[str, ...]]
    givers: Mapping[str, str]
    share: OwnShare | None
    questions: Questions | None

    def ask(self, clips: tuple[str, ...], condition: str, failed: list[Reject]) -> Iterator[Asked]:
        """The questions about clips, every turn, each with what is shown.

        Args:
            clips: Their names.
            condition: In what that differs from the clips.
            failed: Grows by the clips that cannot be read or changed so.
        """
        for clip in clips:
            found: list[Asked] = []
            row = self.rows[clip]
            with isolate_clip(ClipName(clip, row["shard"]), STAGE, failed):
                example = self._ask_once(clip)
                if example is not None:
                    shown = self._show(example, condition)
                    turns = (replace(example, repeat=turn) for turn in self._turns(example))
                    found = [Asked(turn, shown) for turn in turns]
            yield from found

    def _turns(self, example: Example) -> range:
        return range(self.task.count_turns(example))

    def _ask_once(self, clip: str) -> Example | None:
        sample = self._read(clip)
        if self.share is not None:
            sample = replace(sample, negatives=self.share.take(sample)[0].negatives)
        if self.questions is not None:
            sample = replace(sample, questions=self.questions.of(clip))
        return self.task.example(sample, self.candidates)

    def _read(self, clip: str) -> Sample:
        return read_sample(self.release, dict(self.rows[clip]))

    def _show(self, example: Example, condition: str) -> Motion:
        if condition == EXCHANGED:
            giver = self.givers.get(example.key)
            if giver is None:
                raise UsageError(
                    "no clip of another class and the same skeleton to exchange motions with",
                    where=example.key,
                )
            return self._read(giver).motion
        how = parse_condition(condition)
        if not how.is_shown_by(self.camera, example.motion.space):
            raise UsageError(
                f"condition {condition}: camera {self.camera!r} goes to the front of a person in "
                "world space, and undoes the turn",
                where=example.key,
                hint="Train with another --camera, or leave the condition out.",
            )
        return how.apply(example.motion, example.key) if how.shows_own else example.motion


@lru_cache(maxsize=1)
def _open_desk(config: EvaluateConfig) -> Desk:
    torch.set_num_threads(config.threads)
    state = read_state(config.checkpoint)
    task = config.get_task(state)
    view = task.choose_view(choose_test_view(config, state))
    index = read_index(config.release)
    rows = view.select(index).to_pylist()
    renderer, adapter = load_trained(state, "cuda" if config.gpu else "cpu")
    manner = Manner(
        num_frames=state.stage.num_frames,
        foreground=state.stage.foreground,
        writes=config.writes,
        max_tokens=config.max_tokens,
    )
    # Hard negatives are those of the classes that were trained: mined where training may look.
    ranked = "negatives" in task.needs
    trained = get_trained_view(state)
    return Desk(
        config.release,
        task,
        Responder(task, renderer, adapter, manner, config.checkpoint),
        str(state.owner["model"]["camera"]),
        {row["clip_id"]: row for row in rows},
        list_candidates(view, index),
        choose_givers(rows),
        OwnShare(config.release, trained, allow_all=True) if ranked else None,
        Questions.open(config.release) if "questions" in task.needs else None,
    )
