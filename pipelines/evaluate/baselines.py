"""Evaluate a baseline on a protocol of a release: chosen and learned in training, then one test.

A baseline takes a minute or a few, so it runs in this process, and what was killed begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from schemas import PREDICTION
from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.evaluation import Protocol, get_protocol
from skeletonllm.evaluation.baselines.baseline import Baseline, Fitted, Measured
from skeletonllm.evaluation.baselines.choosing import Choice, choose_setting
from skeletonllm.evaluation.baselines.meanings import TEXTS, Array, Meanings
from skeletonllm.evaluation.baselines.registry import get_baseline
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.evaluation.scores.controls import shuffle_names
from skeletonllm.evaluation.scores.dependence import Dependence, find_trained
from skeletonllm.evaluation.selection import split_training_part
from skeletonllm.negatives.embeddings import find_embedder
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.shards import read_index, read_sample
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import Plan, claim, finish, join, read_json, write_json, write_table
from skeletonllm.storage.layout import PREDICTIONS, table_file
from skeletonllm.tasks import Answer
from skeletonllm.tasks.accuracy import score_accuracy

STAGE = "baseline"
EVALUATION = "evaluation.json"
SEED = 0
"""Of the folds, and of the fits on them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BaselineConfig:
    """One baseline on one protocol.

    Args:
        name: Of :data:`skeletonllm.evaluation.baselines.registry.BASELINES`.
        release: Folder of a release.
        protocol: A published protocol.
        output: Folder to write.
        texts: What classes are known by, one of
            :data:`skeletonllm.evaluation.baselines.meanings.TEXTS`.
        threads: Of torch.
    """

    name: str
    release: str
    protocol: str
    output: str
    texts: str = TEXTS[0]
    threads: int = 1


def evaluate_baseline(config: BaselineConfig) -> dict[str, Any]:
    """What is written to ``evaluation.json``; ``predictions.parquet`` lies beside it.

    A finished folder is read, not made again.

    Raises:
        UsageError: An unknown name, a protocol without clips here, or too few to choose on.
        OutputMismatch: The folder is of another configuration.
    """
    torch.set_num_threads(config.threads)
    protocol = get_protocol(config.protocol)
    baseline = _make_baseline(config, protocol)
    plan = Plan(STAGE, baseline.version, _describe_config(config, baseline), ())
    if not claim(config.output, plan):
        finish(config.output, plan, lambda: _run(config, protocol, baseline))
    result: dict[str, Any] = read_json(join(config.output, EVALUATION))
    return result


def _make_baseline(config: BaselineConfig, protocol: Protocol) -> Baseline:
    (namespace,) = protocol.train.namespaces or ("",)
    meanings = Meanings(namespace, config.texts, find_embedder())
    baseline = get_baseline(config.name)(meanings, unseen=bool(protocol.train.unseen))
    if config.texts != TEXTS[0] and not baseline.reads_names:
        raise UsageError(
            f"--texts {config.texts} for {config.name} of known classes",
            expected="names: it tells known classes by their number",
        )
    return baseline


def _describe_config(config: BaselineConfig, baseline: Baseline) -> dict[str, Any]:
    """All that the output depends on, beside the version of the baseline."""
    return {
        "baseline": config.name,
        "release": read_manifest(config.release).identity.sha256,
        "protocol": config.protocol,
        "texts": config.texts if baseline.reads_names else None,
        "texts_sha256": baseline.meanings.sha256,
        "embedder": baseline.meanings.embedder if baseline.reads_names else None,
        "settings": list(baseline.settings),
        "seeds": [SEED, *baseline.seeds],
    }


def _run(config: BaselineConfig, protocol: Protocol, baseline: Baseline) -> dict[str, Any]:
    """Writes the two files; gives the counts of the manifest."""
    index = read_index(config.release)
    failed: list[Reject] = []
    trained = _measure(config.release, protocol.train.select(index), baseline, failed)
    log.info("%s: %d training clips measured", baseline.name, len(trained.rows))
    folds = split_training_part(protocol.train, trained.rows, SEED)
    choice = choose_setting(baseline, trained, folds, SEED)
    log.info("%s: chose %s on %d folds", baseline.name, choice.setting, choice.folds)
    fits = [baseline.fit(trained, [choice.setting], seed)[0] for seed in baseline.seeds]
    # Only now is the test part looked at, once: nothing above may depend on it.
    untrained = len(failed)
    tested = _measure(config.release, protocol.test.select(index), baseline, failed)
    ((namespace, candidates),) = list_candidates(protocol.test, index).items()
    scored = [choice.sharpness * fit.score(tested.values, candidates) for fit in fits]
    write_table(
        join(config.output, table_file(PREDICTIONS)),
        _tabulate(tested, namespace, candidates, scored[0]),
    )
    related = Dependence.of(tested.rows, find_trained(index, protocol.train))
    results = _score(tested, candidates, scored, related)
    if len(fits) > 1:
        results["by_seed"]["seeds"] = list(baseline.seeds)
    write_json(
        join(config.output, EVALUATION),
        {
            **_describe_config(config, baseline),
            "version": baseline.version,
            "judged": config.protocol,
            "trained": _describe_training(trained, choice, fits),
            "results": {namespace: results},
            "left_out_of_training": [reject.to_row() for reject in failed[:untrained]],
            "unanswered": [reject.to_row() for reject in failed[untrained:]],
        },
    )
    counts = {"trained": len(trained.rows), "tested": len(tested.rows)}
    return {**counts, "left_out": untrained, "unanswered": len(failed) - untrained}


def _measure(release: str, rows: pa.Table, baseline: Baseline, failed: list[Reject]) -> Measured:
    """What the baseline looks at in each clip; one that fails is a row of ``failed``."""
    values: list[Array] = []
    kept, before = [], len(failed)
    for at, row in enumerate(rows.to_pylist()):
        with isolate_clip(ClipName(row["clip_id"], row["shard"]), STAGE, failed):
            values.append(baseline.measure(read_sample(release, row).clip.motion))
            kept.append(at)
    if not values:
        raise UsageError(f"no clip can be measured; the first: {failed[before].message}")
    return Measured(rows.take(kept), np.stack(values))


def _describe_training(trained: Measured, choice: Choice, fits: Sequence[Fitted]) -> dict[str, Any]:
    return {
        "clips": len(trained.rows),
        "classes": list(trained.classes),
        "chosen": choice.to_json(),
        "sha256": [fit.sha256 for fit in fits],
    }


def _tabulate(
    tested: Measured, namespace: str, candidates: Sequence[str], scores: Array
) -> pa.Table:
    """Rows of :data:`schemas.PREDICTION`."""
    columns = {
        "clip_id": tested.rows["clip_id"].to_pylist(),
        "label_namespace": [namespace] * len(tested.rows),
        "label": tested.labels,
        "candidates": [list(candidates)] * len(tested.rows),
        "scores": scores.tolist(),
    }
    table = pa.table(columns, schema=PREDICTION.arrow)
    if faults := PREDICTION.faults(table):
        raise SchemaError("; ".join(faults), where="predictions")
    return table


def _score(
    tested: Measured, candidates: Sequence[str], scored: Sequence[Array], related: Dependence
) -> dict[str, Any]:
    """As a model's evaluation is scored, with the control of shuffled names."""
    answers = [_answer(tested, candidates, scores) for scores in scored]
    scores = score_accuracy(answers[0])
    found = {
        "candidates": list(candidates),
        "summary": scores.summarize(),
        **scores.to_json(),
        **related.score(answers[0]),
    }
    shuffled = shuffle_names(answers[0], candidates)
    found["remarks"].append(shuffled.summarize())
    found["shuffled_names"] = shuffled.to_json()
    if len(answers) > 1:
        top1 = [score_accuracy(own).top1 for own in answers]
        found["by_seed"] = {"top1": top1, "mean": float(np.mean(top1))}
        told = ", ".join(f"{share:.1%}" for share in top1)
        found["remarks"].append(f"of {len(top1)} seeds: {told}; the first is told of above")
    return found


def _answer(tested: Measured, candidates: Sequence[str], scores: Array) -> list[Answer]:
    named = zip(tested.rows["clip_id"].to_pylist(), tested.labels, scores, strict=True)
    return [
        Answer(clip, label, candidates[int(own.argmax())], len(candidates))
        for clip, label, own in named
    ]
