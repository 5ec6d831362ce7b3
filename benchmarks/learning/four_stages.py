"""The four stages in a row, scored after each of them on people whom training never saw.

    skeletonllm demo --output demo
    python -m benchmarks.learning.four_stages --release demo/releases/demo/0.1.0 --output four

A row is a seed and a stage; its columns are all three measures, each with its 95 % interval: how
often the class is named (recognition), how often YES and NO to hard negatives are right
(discrimination; the title says what the question alone would give), and what a clip's own motion
saves in telling its rationale, beside that of another clip (nats a token; 0 for a model that does
not look). The control trains the first two stages with motions exchanged within each batch. The
same command goes on with what is in `--output`.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from benchmarks.table import publish_table
from jobs.common import cluster
from jobs.demo import HELD_OUT_CLASSES, HELD_OUT_SUBJECTS
from jobs.train_flags import TrainFlags, make_configs
from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.train import TrainConfig, train_model
from skeletonllm.evaluation import view_unseen_subjects
from skeletonllm.shards import read_index, read_sample
from skeletonllm.storage import join
from skeletonllm.tasks import get_task
from skeletonllm.views.asked_views import OwnShare

STAGES = ("warm_up", "discriminate", "distill", "refine")
OF_CONTROL = STAGES[:2]
TASKS = ("recognition", "discrimination", "rationale")
NAMESPACE = "ntu"


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    release: str
    """The demo's release."""
    output: str
    """Folder for the runs; what is finished there is not done again."""
    seeds: int = 3
    """Runs of all stages."""
    first_seed: int = 0
    """Of them."""
    held_out_subjects: tuple[str, ...] = HELD_OUT_SUBJECTS
    """People whom training never sees."""
    control: bool = True
    """Train the first two stages with exchanged motions, too."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    with cluster():
        for row in _measure_all(flags):
            rows.append(row)
            print(row, flush=True)
    blind = f"YES/NO by the question alone: at most {score_blindly(flags):.1%}"
    publish_table(f"The four stages, scored on held-out people; {blind}", rows, flags.json)
    return 0


def score_blindly(flags: Flags) -> float:
    """How many YES/NO questions are answered right, at best, by who sees no picture.

    Some classes are often asked as a negative, and others never, so a class alone says something
    of the answer. At best: the likelier answer of each class, counted on these very questions.
    """
    task, trained = get_task("discrimination"), _make_configs(flags, 0, False)[0].view
    view = view_unseen_subjects(trained, flags.release)
    rows = view.select(read_index(flags.release))
    share = OwnShare(flags.release, trained, allow_all=True)
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.to_pylist():
        example = task.example(
            share.take(read_sample(flags.release, row))[0], view.candidates(rows)
        )
        for repeat in range(task.turns if example else 0):
            asked = replace(example, repeat=repeat)
            prompt = task.prompt(asked, num_frames=1, key=asked.key)
            answers[prompt][task.target(asked, key=asked.key)] += 1
    best = sum(max(counts.values()) for counts in answers.values())
    return best / sum(counts.total() for counts in answers.values())


def _measure_all(flags: Flags) -> Iterator[dict[str, Any]]:
    for seed in range(flags.first_seed, flags.first_seed + flags.seeds):
        for permute in (False, True) if flags.control else (False,):
            for config in _make_configs(flags, seed, permute):
                yield _train_and_score(config)


def _make_configs(flags: Flags, seed: int, permute: bool) -> list[TrainConfig]:
    """The runs of one chain, as `skeletonllm train --stages` makes them."""
    asked = TrainFlags(
        release=flags.release,
        output=join(flags.output, f"{seed}-exchanged" if permute else f"{seed}"),
        stages=OF_CONTROL if permute else STAGES,
        held_out_classes=HELD_OUT_CLASSES,
        held_out_subjects=flags.held_out_subjects,
        corpora=("ntu_rgbd",),
        allow_all_negatives=True,
        permute_motions=permute,
        seed=seed,
    )
    return make_configs(asked)


def _train_and_score(config: TrainConfig) -> dict[str, Any]:
    seconds = _train(config)
    scores = {task: _score(config, task) for task in TASKS}
    stage = config.stage
    return {
        "seed": stage.seed,
        "stage": stage.name,
        "motions": "exchanged" if stage.permute_motions else "their own",
        "recognition": _show_accuracy(scores["recognition"]),
        "YES/NO": _show_accuracy(scores["discrimination"]),
        "rationale, own motion": f"{scores['rationale']['loss']:.3f}",
        "another's": f"{scores['rationale']['loss_exchanged']:.3f}",
        "saves": _show_gain(scores["rationale"]),
        "seconds": seconds,
    }


def _train(config: TrainConfig) -> int:
    """Seconds that it took, from the first file to the last; of a finished run, those of then."""
    train_model(config)
    first, last = (Path(config.output, name) for name in ("plan.json", "manifest.json"))
    return round(last.stat().st_mtime - first.stat().st_mtime)


def _score(config: TrainConfig, task: str) -> dict[str, Any]:
    result = evaluate_model(
        EvaluateConfig(
            release=config.release,
            checkpoint=join(config.output, "checkpoint"),
            output=f"{config.output}-{task}",
            on="held_out_subjects",
            task=task,
        )
    )
    scores: dict[str, Any] = result["results"][NAMESPACE]
    return scores


def _show_accuracy(scores: dict[str, Any]) -> str:
    low, high = scores["interval95"]
    return f"{scores['top1']:.1%} ({low:.1%} to {high:.1%})"


def _show_gain(scores: dict[str, Any]) -> str:
    return f"{scores['gain']:.3f} +- {scores['gain_half_width95']:.3f}"


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
