"""Evaluate a trained renderer and model on clips of a release, spread over Ray."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import ray
import torch

from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol, view_unseen_classes, view_unseen_subjects
from skeletonllm.evaluation.predict import predict_answers
from skeletonllm.shards import load_topologies, read_index, read_sample
from skeletonllm.shards.stream import hash_release
from skeletonllm.shards.view import View
from skeletonllm.storage import write_json
from skeletonllm.tasks import Answer, Task, get_task
from skeletonllm.training import ModelSpec, TrainState, check_frozen, read_state

ON = ("held_out_classes", "held_out_subjects")
"""What training may have left out, to be tested."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """One evaluation.

    Args:
        release: Folder of a release.
        checkpoint: ``<output>/checkpoint`` of a training run.
        output: File to write, ``evaluation.json``.
        on: One of :data:`ON`, where neither a protocol nor classes are named.
        protocol: A published protocol; its test part is tested.
        classes: Candidates by name; all their clips are tested.
        workers: Ray tasks that share the clips.
        gpu: Whether each has a GPU.
        threads: Threads of torch in each Ray task.
    """

    release: str
    checkpoint: str
    output: str
    on: str = ON[0]
    protocol: str | None = None
    classes: tuple[str, ...] = ()
    workers: int = 1
    gpu: bool = False
    threads: int = 1


def evaluate_model(config: EvaluateConfig) -> dict[str, Any]:
    """What is written to ``config.output``: the scores of the task for each label namespace.

    Raises:
        UsageError: No clip to ask about, or a request that contradicts itself.
        StateError: No checkpoint, or one of another model.
    """
    state = read_state(config.checkpoint)
    task = get_task(state.stage.task)
    view = choose_test_view(config, state)
    rows = view.select(read_index(config.release))
    candidates = view.candidates(rows)
    task.check_candidates(candidates)
    predict = ray.remote(num_cpus=1, num_gpus=int(config.gpu))(predict_share)
    shares = ray.get([predict.remote(config, view, i) for i in range(config.workers)])
    given = {answer.clip_id: answer for share in shares for answer in share}
    if not given:
        found = f"no clip of the view can be asked about in task {task.name!r}"
        raise UsageError(found, where=config.release)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for row in rows.select(["clip_id", "label_namespace"]).to_pylist():
        if row["clip_id"] in given:
            answers[row["label_namespace"] or ""].append(given[row["clip_id"]])
    result = {
        "release": hash_release(config.release),
        "trained_on": state.owner["release"],
        "steps": state.step,
        "task": task.name,
        "judged": config.protocol or ("classes" if config.classes else config.on),
        "results": {
            name: _score(task, answers[name], candidates.get(name, ())) for name in sorted(answers)
        },
    }
    write_json(config.output, result)
    return result


def choose_test_view(config: EvaluateConfig, state: TrainState) -> View:
    """View of the clips to test: a protocol's, those of named classes, or what training left out.

    Args:
        config: The evaluation.
        state: The checkpoint, which says what training left out.
    """
    if config.protocol and config.classes:
        raise UsageError("a protocol and classes", hint="Name the one or the other.")
    if config.protocol:
        return get_protocol(config.protocol).test
    if config.classes:
        return View(labels=config.classes)
    trained = View(**{name: _tuple(value) for name, value in state.owner["view"].items()})
    if config.on == ON[0]:
        return view_unseen_classes(trained)
    return view_unseen_subjects(trained, config.release)


def predict_share(config: EvaluateConfig, view: View, share: int) -> list[Answer]:
    """Answers about every ``workers``-th clip from ``share`` on; runs in a Ray task.

    Args:
        config: The evaluation.
        view: The clips to test.
        share: 0 to ``workers - 1``.
    """
    torch.set_num_threads(config.threads)
    load_topologies(config.release)
    rows = view.select(read_index(config.release))
    candidates = view.candidates(rows)
    state = read_state(config.checkpoint)
    stage, task = state.stage, get_task(state.stage.task)
    spec = ModelSpec.from_json(state.owner["model"])
    renderer, adapter = spec.build("cuda" if config.gpu else "cpu")
    check_frozen(adapter, stage.trains, state.owner["frozen"])
    state.load_weights(renderer, adapter)
    own = rows.to_pylist()[share :: config.workers]
    samples = (read_sample(config.release, row) for row in own)
    asked = (task.example(sample, candidates) for sample in samples)
    examples = (example for example in asked if example is not None)
    return list(predict_answers(examples, task, renderer, adapter, num_frames=stage.num_frames))


def _score(task: Task, answers: list[Answer], candidates: tuple[str, ...]) -> dict[str, Any]:
    """What ``evaluation.json`` says of one label namespace."""
    scores = task.score(answers)
    summary = {"candidates": list(candidates), "summary": scores.summarize()}
    return {**summary, **scores.to_json()}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
