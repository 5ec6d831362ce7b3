"""What a head reads of one arm on one corpus; each run is kept, and never done twice."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.learning.eye.arms import Arm, Draw
from benchmarks.learning.eye.comparison import Right
from benchmarks.learning.eye.corpus import Corpus, Index
from benchmarks.learning.eye.features import RECIPE, Features, FeatureStore
from benchmarks.learning.eye.folds import Split
from benchmarks.learning.eye.head import Recipe, exchange_labels, predict, train_head
from benchmarks.learning.eye.learning import Learning, Lesson, learn_renderer
from skeletonllm.draction import DrAction, load_renderer, save_renderer


@dataclass(frozen=True)
class Plan:
    """How renderers are scored.

    Args:
        work: Folder of everything that is kept.
        seeds: Of the heads.
        views: Turned versions of each training clip, beside itself.
        recipe: Of the heads.
        learning: Of renderers that learn.
    """

    work: Path
    seeds: tuple[int, ...] = (0, 1, 2)
    views: int = 4
    recipe: Recipe = field(default_factory=Recipe)
    learning: Learning = field(default_factory=Learning)

    @property
    def tag(self) -> str:
        """What a kept run depends on beside arm, corpus, split and seed, as 8 digits."""
        text = json.dumps([RECIPE, self.views, asdict(self.recipe)])
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def read_arm(
    arm: Arm, corpus: Corpus, splits: Sequence[Split], store: FeatureStore, plan: Plan
) -> Right:
    """Whether each scored clip of all splits is read right, bool [seeds, clips].

    Args:
        arm: Its renderer is made anew; unless it learns, it is the same for all splits.
        corpus: The corpus.
        splits: Their scored clips follow each other.
        store: Keeps the features.
        plan: How.
    """
    pictures = Pictures(arm.draws, arm.make(), corpus, store)
    if arm.learns:
        of_splits = [read_learned_split(pictures, split, plan) for split in splits]
    else:
        of_splits = [read_split(pictures, split, plan, exchanged=arm.exchanged) for split in splits]
    return np.concatenate(of_splits, 1)


@dataclass(eq=False)
class Pictures:
    """Pictures of a corpus by one renderer, as the tower sees them.

    Args:
        name: Under which features and runs are kept, together with the renderer's fingerprint.
        draw: The renderer, fixed or learnt.
        corpus: The corpus.
        store: Keeps the features.
    """

    name: str
    draw: Draw
    corpus: Corpus
    store: FeatureStore

    @cached_property
    def key(self) -> str:
        """Name and fingerprint."""
        return self.store.name_renderer(self.name, self.draw, self.corpus)

    def fetch(self, clips: Index, versions: int) -> Features:
        """Features [clips, versions, frames, features] of the first versions of some clips.

        Args:
            clips: Indices into the corpus.
            versions: How many; 1 is the clips themselves.
        """
        return self.store.fetch(self.key, self.draw, self.corpus, clips, range(versions))


def read_split(pictures: Pictures, split: Split, plan: Plan, *, exchanged: bool = False) -> Right:
    """Whether each scored clip of a split is read right, bool [seeds, clips].

    A renderer that learnt from the split's training clips is scored by this too: its fingerprint
    is its own.

    Args:
        pictures: Of any renderer.
        split: Who is trained on, who is scored.
        plan: How.
        exchanged: Whether the training clips show the motions of others.
    """
    corpus = pictures.corpus
    folder = plan.work / "runs" / corpus.name / (pictures.key + "-exchanged" * exchanged)
    files = {s: folder / f"{split.name}, seed {s}, {plan.tag}.json" for s in plan.seeds}
    ids = [corpus.clips[i].clip_id for i in split.scored]
    missing = [seed for seed, file in files.items() if not _is_kept(file, ids)]
    if missing:
        training = pictures.fetch(split.train, 1 + plan.views)
        scored = pictures.fetch(split.scored, 1)[:, 0]
        labels, wanted = corpus.labels[split.train], corpus.labels[split.scored]
        labels = exchange_labels(labels) if exchanged else labels
        for seed in missing:
            head = train_head(training, labels, len(corpus.classes), seed, plan.recipe)
            right = (predict(head, scored) == wanted).tolist()
            _keep(files[seed], pictures.key, dict(zip(ids, right, strict=True)))
    return np.array([_read(file) for file in files.values()])


def read_learned_split(untrained: Pictures, split: Split, plan: Plan) -> Right:
    """The same for a renderer that learns from the split, a new one for each seed.

    Args:
        untrained: Its pictures before.
        split: Who is trained on, who is scored.
        plan: How.
    """
    rows = []
    for seed in plan.seeds:
        renderer = _load_learned(untrained, split, plan, seed)
        name = f"{untrained.name} learned {split.name} seed {seed}"
        learned = Pictures(name, renderer, untrained.corpus, untrained.store)
        rows.append(read_split(learned, split, replace(plan, seeds=(seed,))))
    return np.concatenate(rows)


def _load_learned(untrained: Pictures, split: Split, plan: Plan, seed: int) -> DrAction:
    """The renderer that a seed learns from a split; kept, and never learned twice."""
    tag = hashlib.sha256(f"{plan.learning.describe()} {plan.tag}".encode()).hexdigest()[:8]
    folder = plan.work / "renderers" / untrained.corpus.name / untrained.key
    file = folder / f"{split.name}, seed {seed}, {tag}.safetensors"
    if not file.exists():
        first = untrained.fetch(split.train, 1 + plan.views)
        store, corpus = untrained.store, untrained.corpus
        lesson = Lesson(corpus, split.train, first, store.tower, seed)
        learned = learn_renderer(copy.deepcopy(untrained.draw), lesson, plan.learning)
        folder.mkdir(parents=True, exist_ok=True)
        save_renderer(learned, file.with_suffix(".partial"))
        file.with_suffix(".partial").rename(file)
    return load_renderer(file).requires_grad_(requires_grad=False).eval()


def _keep(file: Path, renderer: str, right: dict[str, bool]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps({"renderer": renderer, "right": right}, indent=1) + "\n")
    partial.rename(file)


def _is_kept(file: Path, ids: Sequence[str]) -> bool:
    return file.exists() and list(json.loads(file.read_text())["right"]) == list(ids)


def _read(file: Path) -> npt.NDArray[np.bool_]:
    return np.array(list(json.loads(file.read_text())["right"].values()), bool)
