"""Judge a trained renderer and model on clips of a release, spread over Ray."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray
import torch

from pipelines.models import ModelSpec, check_frozen
from pipelines.views import unseen_classes, unseen_subjects
from skeletonllm.errors import StateError, UsageError
from skeletonllm.evaluation import Answer, get_protocol, score
from skeletonllm.evaluation.judge import judge
from skeletonllm.shards import load_topologies, read_index, read_sample
from skeletonllm.shards.stream import identity
from skeletonllm.shards.view import View
from skeletonllm.storage import join, list_files, read_bytes, write_json
from skeletonllm.training import TrainState, ask

ON = ("held_out_classes", "held_out_subjects")
"""What training left out, and may be judged on."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """One evaluation.

    Args:
        release: Folder of a release.
        checkpoint: ``<output>/checkpoint`` of a training run.
        output: File to write, ``evaluation.json``.
        on: One of :data:`ON`, where neither a protocol nor classes are named.
        protocol: A published protocol; its test part is judged.
        classes: Candidates by name; all their clips are judged.
        workers: Ray tasks that share the clips.
        gpu: Whether each has a GPU.
        threads: Threads of torch a task.
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


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Judge every clip of the view; write and return the result, one score a label namespace.

    Raises:
        UsageError: Nothing to judge, or a request that contradicts itself.
        StateError: No checkpoint, or one of another model.
    """
    state = read_state(config.checkpoint)
    view = test_view(config, state)
    rows = view.select(read_index(config.release))
    candidates = _choices(view, rows)
    task = ray.remote(num_cpus=1, num_gpus=int(config.gpu))(judge_share)
    shares = ray.get([task.remote(config, view, i) for i in range(config.workers)])
    given = {answer.clip_id: answer for share in shares for answer in share}
    answers: dict[str, list[Answer]] = {namespace: [] for namespace in candidates}
    for row in rows.select(["clip_id", "label_namespace"]).to_pylist():
        answers[row["label_namespace"]].append(given[row["clip_id"]])
    result = {
        "release": identity(config.release),
        "trained_on": state.owner["release"],
        "steps": state.step,
        "judged": config.protocol or ("classes" if config.classes else config.on),
        "results": {
            name: {"candidates": list(classes), **score(answers[name], len(classes)).to_json()}
            for name, classes in candidates.items()
        },
    }
    write_json(config.output, result)
    return result


def test_view(config: EvaluateConfig, state: TrainState) -> View:
    """Which clips are judged: a protocol's, those of named classes, or what training left out."""
    if config.protocol and config.classes:
        raise UsageError("a protocol and classes", hint="Name the one or the other.")
    if config.protocol:
        return get_protocol(config.protocol).test
    if config.classes:
        return View(labels=config.classes)
    trained = View(**{name: _tuple(value) for name, value in state.owner["view"].items()})
    if config.on == ON[0]:
        return unseen_classes(trained)
    return unseen_subjects(trained, config.release)


def judge_share(config: EvaluateConfig, view: View, share: int) -> list[Answer]:
    """Judge every ``workers``-th clip from ``share`` on; runs in a Ray task."""
    torch.set_num_threads(config.threads)
    load_topologies(config.release)
    rows = view.select(read_index(config.release))
    candidates = view.candidates(rows)
    state = read_state(config.checkpoint)
    spec = ModelSpec.from_json(state.owner["model"])
    renderer, adapter = spec.build("cuda" if config.gpu else "cpu")
    check_frozen(adapter, state.owner["frozen"])
    state.load_weights(renderer, adapter)
    mine = rows.to_pylist()[share :: config.workers]
    examples = (ask(read_sample(config.release, row), candidates) for row in mine)
    return list(judge(examples, renderer, adapter, num_frames=state.stage.num_frames))


def read_state(url: str) -> TrainState:
    """A checkpoint from any URL.

    Raises:
        StateError: There is none.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in list_files(url):
            (Path(folder) / Path(name).name).write_bytes(read_bytes(join(url, name)))
        try:
            return TrainState.read(Path(folder))
        except StateError as error:
            error.where = url
            raise


def _choices(view: View, rows: pa.Table) -> dict[str, tuple[str, ...]]:
    candidates = view.candidates(rows)
    lonely = [name for name, classes in candidates.items() if len(classes) < 2]
    if lonely:
        raise UsageError(
            f"one class only to choose from in {lonely}: {[candidates[n] for n in lonely]}",
            expected="two or more",
            hint="Name more --classes.",
        )
    return candidates


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
