"""What an evaluation is: clips, checkpoint, question, conditions; and its plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pyarrow as pa

from skeletonllm.errors import UsageError
from skeletonllm.evaluation import (
    get_protocol,
    view_unseen_classes,
    view_unseen_subjects,
)
from skeletonllm.evaluation.hold_out import check_known, view_other_corpora
from skeletonllm.evaluation.responses.conditions import parse_condition
from skeletonllm.evaluation.responses.exchange import EXCHANGED
from skeletonllm.evaluation.responses.responder import STAGE
from skeletonllm.evaluation.responses.response import OWN
from skeletonllm.evaluation.trained import get_trained_view
from skeletonllm.evaluation.zero_shot import generalize
from skeletonllm.shards import read_index
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import Plan, Unit, join, sha256_of
from skeletonllm.tasks import Task, get_task
from skeletonllm.training import TrainState
from skeletonllm.views.view import View

VERSION = "1"
ON = ("held_out_classes", "held_out_subjects", "training", "other_corpora")
"""What is tested where no protocol and no classes are named: classes or subjects that training
left out, the clips of training themselves (whose confusions make hard negatives), or corpora that
it never saw, whose skeletons may be of another format."""
MOST_CLIPS = 64
"""Clips of one unit: what a killed worker can lose."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """One evaluation.

    Args:
        release: Folder of a release.
        checkpoint: ``<output>/checkpoint`` of a training run.
        output: Folder to write.
        on: One of :data:`ON`, where neither a protocol nor classes are named.
        protocol: A published protocol; its test part is tested.
        generalized: Of a zero-shot protocol: test and offer seen classes as well.
        classes: Candidates by name; all their clips are tested.
        task: What is asked; None for the task that was trained last.
        conditions: In what ways the motions that are shown differ from the clips, beside ``own``.
        writes: Whether the model also writes its answers.
        max_tokens: Longest text that it writes.
        workers: Ray tasks that run at once.
        gpu: Whether each has a GPU.
        threads: Threads of torch in each Ray task.
    """

    release: str
    checkpoint: str
    output: str
    on: str = ON[0]
    protocol: str | None = None
    generalized: bool = False
    classes: tuple[str, ...] = ()
    task: str | None = None
    conditions: tuple[str, ...] = ()
    writes: bool = False
    max_tokens: int = 128
    workers: int = 1
    gpu: bool = False
    threads: int = 1

    def get_task(self, state: TrainState) -> Task:
        """The task that is asked.

        Args:
            state: The checkpoint, which says what was trained last.
        """
        return get_task(self.task or state.stage.task)

    def list_conditions(self, task: Task) -> tuple[str, ...]:
        """Names of all conditions, each once: ``own``, of free text ``exchanged``, and the asked.

        Args:
            task: What is asked.
        """
        always = (OWN, EXCHANGED) if task.free_text else (OWN,)
        asked = (parse_condition(text).name for text in self.conditions)
        return tuple(dict.fromkeys((*always, *asked)))

    @property
    def judged(self) -> str:
        """What is tested, for people."""
        name = self.protocol or ("classes" if self.classes else self.on)
        return f"{name}, generalized" if self.generalized else name


def choose_test_view(config: EvaluateConfig, state: TrainState) -> View:
    """View of the clips to test: a protocol's, those of named classes, or what training left out.

    Args:
        config: The evaluation.
        state: The checkpoint, which says what training left out.

    Raises:
        UsageError: A request that contradicts itself, or that nothing here can answer.
    """
    if config.protocol and config.classes:
        raise UsageError("a protocol and classes", hint="Name the one or the other.")
    if config.generalized and not config.protocol:
        raise UsageError("--generalized without --protocol", hint="Name a zero-shot protocol.")
    if config.protocol:
        protocol = get_protocol(config.protocol)
        return generalize(protocol) if config.generalized else protocol.test
    if config.classes:
        check_known(read_index(config.release), "label", config.classes)
        return View(labels=config.classes)
    trained = get_trained_view(state)
    if config.on not in ON:
        raise UsageError(f"--on {config.on}", expected=f"one of {', '.join(ON)}")
    views = {
        "held_out_classes": lambda: view_unseen_classes(trained),
        "held_out_subjects": lambda: view_unseen_subjects(trained, config.release),
        "training": lambda: trained,
        "other_corpora": lambda: view_other_corpora(trained, config.release),
    }
    return views[config.on]()


def make_plan(config: EvaluateConfig, state: TrainState, view: View, rows: pa.Table) -> Plan:
    """What the stage will do; it names contents and no paths, so folders may move.

    Args:
        config: The evaluation.
        state: Its checkpoint.
        view: The clips to test, as the task asks about them.
        rows: These clips.
    """
    task = config.get_task(state)
    conditions = config.list_conditions(task)
    weights = {
        name: sha256_of(join(config.checkpoint, name))[0]
        for name in ("state.json", "weights.safetensors")
    }
    settings = {
        "release": read_manifest(config.release).identity.sha256,
        "checkpoint": weights,
        "task": task.version,
        "view": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(view).items()},
        "conditions": list(conditions),
        "writes": config.max_tokens if config.writes else 0,
    }
    clips = rows["clip_id"].to_pylist()
    count = -(-len(clips) // MOST_CLIPS)
    # Every n-th clip, not a stretch: neighbours are of one class, and of much the same length.
    cut = [tuple(clips[at::count]) for at in range(count)] * len(conditions)
    return Plan(STAGE, VERSION, settings, tuple(Unit(i, ids) for i, ids in enumerate(cut)))
