"""Judge a trained renderer and model on clips of a release, spread over Ray."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray
import torch

from pipelines.models import ModelSpec, check_frozen
from pipelines.views import unseen_classes, unseen_subjects
from pipelines.worker_warnings import WarningTally, run_collecting
from skeletonllm.errors import StateError, UsageError
from skeletonllm.evaluation import Answer, get_protocol, score
from skeletonllm.evaluation.predict import STAGE, judge
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.stream import identify_release
from skeletonllm.shards.view import View
from skeletonllm.storage import join, list_files, read_bytes, write_json
from skeletonllm.training import Example, TrainState, ask

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

    Clips that have no answer, such as damaged ones, count nowhere and stand under ``unanswered``.

    Raises:
        UsageError: Nothing to judge, no clip with an answer, or a request that contradicts itself.
        StateError: No checkpoint, or one of another model.
    """
    state = read_state(config.checkpoint)
    view = test_view(config, state)
    rows = view.select(read_index(config.release))
    candidates = _choices(view, rows)
    shares = _judge(config, view)
    given = {answer.clip_id: answer for answers, _ in shares for answer in answers}
    failed = sorted((r for _, rejects in shares for r in rejects), key=lambda r: r.message)
    if not given:
        raise UsageError(f"no clip has an answer; the first: {failed[0].message}")
    answers: dict[str, list[Answer]] = {namespace: [] for namespace in candidates}
    for row in rows.select(["clip_id", "label_namespace"]).to_pylist():
        if row["clip_id"] in given:
            answers[row["label_namespace"]].append(given[row["clip_id"]])
    result = {
        "release": identify_release(config.release),
        "trained_on": state.owner["release"],
        "steps": state.step,
        "judged": config.protocol or ("classes" if config.classes else config.on),
        "results": {
            name: {"candidates": list(classes), **score(answers[name], len(classes)).to_json()}
            for name, classes in candidates.items()
            if answers[name]
        },
        **({"unanswered": [reject.to_row() for reject in failed]} if failed else {}),
    }
    write_json(config.output, result)
    return result


Share = tuple[list[Answer], list[Reject]]
"""Answers of one task, and the clips that have none."""


def _judge(config: EvaluateConfig, view: View) -> list[Share]:
    """The answers of all tasks; what their workers warned of is logged."""
    task = ray.remote(num_cpus=1, num_gpus=int(config.gpu))(run_collecting)
    shares = [task.remote(judge_share, config, view, i) for i in range(config.workers)]
    tally = WarningTally("evaluate", "share")
    judged: list[Share] = []
    for number, (share, warned) in enumerate(ray.get(shares)):
        tally.add(number, warned)
        judged.append(share)
    tally.log()
    return judged


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


def judge_share(config: EvaluateConfig, view: View, share: int) -> Share:
    """Judge every ``workers``-th clip from ``share`` on; runs in a Ray task.

    Args:
        config: The evaluation.
        view: What is judged.
        share: Which clips.

    Returns:
        Answers, and the clips that have none.
    """
    torch.set_num_threads(config.threads)
    rows = view.select(read_index(config.release))
    candidates = view.candidates(rows)
    state = read_state(config.checkpoint)
    spec = ModelSpec.from_json(state.owner["model"])
    renderer, adapter = spec.build("cuda" if config.gpu else "cpu")
    check_frozen(adapter, state.owner["frozen"])
    state.load_weights(renderer, adapter)
    mine = rows.to_pylist()[share :: config.workers]
    failed: list[Reject] = []
    examples = _examples(config.release, mine, candidates, failed)
    frames = state.stage.num_frames
    return list(judge(examples, renderer, adapter, num_frames=frames, failed=failed)), failed


def _examples(
    release: str,
    rows: list[dict[str, Any]],
    candidates: dict[str, tuple[str, ...]],
    failed: list[Reject],
) -> Iterator[Example]:
    """The question of each row; a damaged sample is one more of ``failed``."""
    for row in rows:
        asked: list[Example] = []
        with isolate_clip(ClipName(row["clip_id"], row["shard"]), STAGE, failed):
            asked.append(ask(read_sample(release, row), candidates))
        yield from asked


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
