"""Evaluate a trained renderer and model on clips of a release, spread over Ray."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import ray
import torch

from pipelines.worker_warnings import WarningTally, run_collecting
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol, view_unseen_classes, view_unseen_subjects
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.evaluation.dependence import Dependence, find_trained
from skeletonllm.evaluation.hold_out import check_known
from skeletonllm.evaluation.predict import STAGE, predict_answers
from skeletonllm.evaluation.told_losses import measure_told_losses
from skeletonllm.evaluation.trained import get_trained_view, load_trained
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import write_json
from skeletonllm.tasks import Answer, Example, Task, get_task
from skeletonllm.training import TrainState, read_state
from skeletonllm.views.asked_views import OwnShare
from skeletonllm.views.view import View

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
        task: What is asked; None for the task that was trained last.
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
    task: str | None = None
    workers: int = 1
    gpu: bool = False
    threads: int = 1


def evaluate_model(config: EvaluateConfig) -> dict[str, Any]:
    """What is written to ``config.output``: the scores of the task for each label namespace.

    Of a task whose answers are free text, it is how much the right motion helps to tell the text.
    Clips that have no answer, such as damaged ones, count nowhere and stand under ``unanswered``.

    Raises:
        UsageError: No clip to ask about, none with an answer, or a request that contradicts itself.
        StateError: No checkpoint, or one of another model.
    """
    state = read_state(config.checkpoint)
    task = get_task(config.task or state.stage.task)
    view = choose_test_view(config, state)
    view = replace(view, having=task.having)
    index = read_index(config.release)
    rows, candidates = view.select(index), list_candidates(view, index)
    task.check_candidates(candidates)
    shares = _predict_shares(config, view)
    given: dict[str, list[Answer]] = defaultdict(list)
    for answer in (answer for answers, _, _ in shares for answer in answers):
        given[answer.clip_id].append(answer)
    told = {name: scores for _, _, of_share in shares for name, scores in of_share.items()}
    failed = sorted((r for _, rejects, _ in shares for r in rejects), key=lambda r: r.message)
    if not given and not told:
        reason = f"; the first: {failed[0].message}" if failed else ""
        found = f"no clip has an answer in task {task.name!r}{reason}"
        raise UsageError(found, where=config.release)
    answers: dict[str, list[Answer]] = defaultdict(list)
    for row in rows.select(["clip_id", "label_namespace"]).to_pylist():
        if row["clip_id"] in given:
            answers[row["label_namespace"] or ""] += given[row["clip_id"]]
    related = Dependence.of(rows, find_trained(index, get_trained_view(state)))
    own = {n: _score(task, answers[n], candidates.get(n, ()), related) for n in sorted(answers)}
    result = {
        "release": read_manifest(config.release).identity.sha256,
        "trained_on": state.owner["release"],
        "steps": state.step,
        "task": task.name,
        "judged": config.protocol or ("classes" if config.classes else config.on),
        "results": {**own, **told},
        **({"unanswered": [reject.to_row() for reject in failed]} if failed else {}),
    }
    write_json(config.output, result)
    return result


Share = tuple[list[Answer], list[Reject], dict[str, dict[str, Any]]]
"""Answers of one Ray task, the clips that have none, and by namespace how texts are told."""


def _predict_shares(config: EvaluateConfig, view: View) -> list[Share]:
    """What all Ray tasks give; what their workers warned of is logged."""
    run = ray.remote(num_cpus=1, num_gpus=int(config.gpu))(run_collecting)
    running = [run.remote(predict_share, config, view, i) for i in range(config.workers)]
    tally = WarningTally("evaluate", "share")
    shares: list[Share] = []
    for number, (share, warned) in enumerate(ray.get(running)):
        tally.add(number, warned)
        shares.append(share)
    tally.log()
    return shares


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
        check_known(read_index(config.release), "label", config.classes)
        return View(labels=config.classes)
    trained = get_trained_view(state)
    if config.on == ON[0]:
        return view_unseen_classes(trained)
    return view_unseen_subjects(trained, config.release)


def predict_share(config: EvaluateConfig, view: View, share: int) -> Share:
    """Answers about every ``workers``-th clip from ``share`` on; runs in a Ray task.

    Args:
        config: The evaluation.
        view: The clips to test.
        share: 0 to ``workers - 1``.

    Returns:
        Answers, the clips that have none, and how texts are told. Texts are told by the first
        share alone: each is compared with the motions of others.
    """
    torch.set_num_threads(config.threads)
    state = read_state(config.checkpoint)
    task = get_task(config.task or state.stage.task)
    renderer, adapter = load_trained(state, "cuda" if config.gpu else "cpu")
    index = read_index(config.release)
    rows, candidates = view.select(index), list_candidates(view, index)
    own = rows.to_pylist() if task.free_text else rows.to_pylist()[share :: config.workers]
    failed: list[Reject] = []
    examples = _read_examples(
        config.release,
        own,
        task=task,
        candidates=candidates,
        trained=get_trained_view(state),
        failed=failed,
    )
    shown: dict[str, Any] = {
        "num_frames": state.stage.num_frames,
        "foreground": state.stage.foreground,
    }
    if not task.free_text:
        answers = predict_answers(examples, task, renderer, adapter, failed=failed, **shown)
        return list(answers), failed, {}
    told: dict[str, dict[str, Any]] = {}
    by_namespace: dict[str, list[Example]] = defaultdict(list)
    for example in examples if share == 0 else ():
        by_namespace[example.namespace].append(example)
    for name, listed in by_namespace.items():
        losses = measure_told_losses(listed, task, renderer, adapter, **shown)
        told[name] = {"candidates": [], "summary": losses.summarize(), **losses.to_json()}
    return [], failed, told


def _read_examples(
    release: str,
    rows: list[dict[str, Any]],
    *,
    task: Task,
    candidates: dict[str, tuple[str, ...]],
    trained: View,
    failed: list[Reject],
) -> Iterator[Example]:
    """What the task asks of each row, every turn; a damaged sample is one more of ``failed``."""
    # Hard negatives are those of the classes that were trained: mined where training may look.
    ranked = "negatives" in task.needs
    share = OwnShare(release, trained, allow_all=True) if ranked else None
    for row in rows:
        example: Example | None = None
        with isolate_clip(ClipName(row["clip_id"], row["shard"]), STAGE, failed):
            sample = read_sample(release, row)
            if share is not None:
                sample = replace(sample, negatives=share.take(sample)[0].negatives)
            example = task.example(sample, candidates)
        if example is not None:
            yield from (replace(example, repeat=repeat) for repeat in range(task.turns))


def _score(
    task: Task, answers: list[Answer], candidates: tuple[str, ...], related: Dependence
) -> dict[str, Any]:
    """What ``evaluation.json`` says of one label namespace."""
    scores = task.score(answers)
    summary = {"candidates": list(candidates), "summary": scores.summarize()}
    return {**summary, **scores.to_json(), **related.score(answers)}
