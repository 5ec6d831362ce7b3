"""A renderer that learns through the frozen tower, from heads that have not seen the clip.

A head knows the clips that it was trained on by heart, so its gradient says little of what a new
person needs. So heads are cross-fitted: the training clips are divided by person or camera, each
part has a head that was trained on all other parts, and the renderer follows the head that has
never seen the clip. Heads are trained anew before each epoch, on pictures of the renderer as it was
and is, so that neither spoils the other; the head that scores the learnt picture is a new one, as
for every renderer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.learning.eye.arms import FRAMES
from benchmarks.learning.eye.corpus import PROTOCOLS, Corpus, Index
from benchmarks.learning.eye.features import Features
from benchmarks.learning.eye.head import Head, Recipe, train_head
from benchmarks.learning.eye.turned import make_version
from skeletonllm.draction import DrAction, sample_frames
from skeletonllm.motion_batch import MotionBatch

NETWORKS = (".nfm.", ".base.", ".memory.", ".features")
"""In names of parameters that are many small numbers; all others are of about one."""


@dataclass(frozen=True)
class Learning:
    """How a renderer learns.

    Args:
        draws: Clips that are drawn, about; a larger corpus needs fewer epochs.
        epochs: Times each clip is drawn at most, each time turned by another angle; at least two.
        batch: Clips a step.
        rate: Of colours, opacities, lengths and angles, at the start of its cosine.
        network_rate: Of networks.
        trainable: Patterns of names, see :meth:`skeletonllm.draction.DrAction.set_trainable`.
        crossed: Whether heads have not seen the clips that they teach; else one head that was
            trained on all of them teaches, to show what that does.
        kept: Epochs of features that heads are trained on, the newest ones.
        head: Of the cross-fitted heads.
    """

    draws: int = 2150
    epochs: int = 5
    batch: int = 8
    rate: float = 3e-2
    network_rate: float = 3e-3
    trainable: tuple[str, ...] = ("*",)
    crossed: bool = True
    kept: int = 3
    head: Recipe = field(default_factory=lambda: Recipe(epochs=20))

    def count_epochs(self, clips: int) -> int:
        """Epochs over so many clips."""
        return max(2, min(self.epochs, round(self.draws / clips)))

    def describe(self) -> str:
        """All of it, as text that names a run."""
        return repr(asdict(self))


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learned from.

    Args:
        corpus: The corpus.
        clips: Indices of the clips to learn from.
        first: [clips, versions, FRAMES, WIDTH], what the tower sees before learning.
        tower: Frozen, differentiable.
        seed: Of order, angles and heads.
    """

    corpus: Corpus
    clips: Index
    first: Features
    tower: nn.Module
    seed: int


def learn_renderer(renderer: DrAction, lesson: Lesson, learning: Learning) -> DrAction:
    """Train the renderer; it is changed, frozen and returned.

    Args:
        renderer: Untrained.
        lesson: What from.
        learning: How.
    """
    parts, rng = divide_clips(lesson.corpus, lesson.clips), np.random.default_rng(lesson.seed)
    if not learning.crossed:
        parts[:] = 0
    renderer.set_trainable(*learning.trainable)
    if renderer.view is not None and PROTOCOLS[lesson.corpus.name][1] == "camera":
        # It would turn to where the cameras of the training part look alike, and lose the others.
        renderer.view.requires_grad_(requires_grad=False)
    optimizer = torch.optim.Adam(group_parameters(renderer, learning))
    epochs = learning.count_epochs(len(lesson.clips))
    steps = epochs * -(-len(lesson.clips) // learning.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    seen, versions = [lesson.first], 1 + rng.permutation(epochs * 64)[:epochs]
    for epoch in range(epochs):
        heads = train_heads(np.concatenate(seen[-learning.kept :], 1), lesson, parts, learning.head)
        fresh = np.empty_like(lesson.first[:, :1])
        for start in range(0, len(order := rng.permutation(len(parts))), learning.batch):
            some = order[start : start + learning.batch]
            vectors = see_clips(renderer, lesson, some, int(versions[epoch]))
            logits = torch.cat(
                [heads[parts[i]](v[None]) for i, v in zip(some, vectors, strict=True)]
            )
            optimizer.zero_grad()
            wanted = torch.from_numpy(lesson.corpus.labels[lesson.clips[some]])
            F.cross_entropy(logits, wanted).backward()
            optimizer.step()
            schedule.step()
            fresh[some, 0] = vectors.detach().numpy()
        seen.append(fresh)
    return renderer.requires_grad_(False).eval()


def divide_clips(corpus: Corpus, clips: Index) -> Index:
    """The part of each clip, int64 [clips]: by camera or person, whichever the protocol's test is.

    Args:
        corpus: The corpus.
        clips: Indices into it; of one camera only, they are divided by person.
    """
    groups = [corpus.groups[i] for i in clips]
    if len(set(groups)) == 1:
        groups = [str(corpus.clips[i].subject) for i in clips]
    names = sorted(set(groups))
    return np.array([names.index(group) for group in groups], np.int64)


def train_heads(features: Features, lesson: Lesson, parts: Index, recipe: Recipe) -> list[Head]:
    """A frozen head for each part, trained on the clips of all other parts, or of the only one.

    Args:
        features: [clips, versions, FRAMES, WIDTH].
        lesson: Names the clips.
        parts: int64 [clips].
        recipe: Of the heads.
    """
    labels, classes = lesson.corpus.labels[lesson.clips], len(lesson.corpus.classes)
    others = [parts != part for part in range(parts.max() + 1)]
    if len(others) == 1:  # nobody else to learn from
        others = [parts == 0]
    heads = (train_head(features[o], labels[o], classes, lesson.seed, recipe) for o in others)
    return [head.requires_grad_(False) for head in heads]


def see_clips(renderer: DrAction, lesson: Lesson, some: Index, version: int) -> Tensor:
    """Vectors [B, FRAMES, WIDTH] of clips, with gradients to the renderer.

    Args:
        renderer: Draws them.
        lesson: Names the clips.
        some: Which of its clips.
        version: How they are turned, see :func:`benchmarks.learning.eye.turned.make_version`.
    """
    clips = (lesson.corpus.clips[i] for i in lesson.clips[some])
    motions = [make_version(clip, version) for clip in clips]
    at = np.stack([sample_frames(motion.num_frames, FRAMES) for motion in motions])
    pictures = renderer(MotionBatch.from_motions(motions), torch.from_numpy(at)).frames
    vectors: Tensor = lesson.tower(pictures.flatten(0, 1))
    return vectors.view(len(motions), FRAMES, -1)


def group_parameters(renderer: DrAction, learning: Learning) -> list[dict[str, object]]:
    """The trainable parameters with the rate of each.

    Args:
        renderer: Whose parameters.
        learning: Names the rates.
    """
    free = [(name, p) for name, p in renderer.named_parameters() if p.requires_grad]
    networks = [p for name, p in free if any(word in name for word in NETWORKS)]
    others = [p for name, p in free if not any(word in name for word in NETWORKS)]
    groups = [(others, learning.rate), (networks, learning.network_rate)]
    return [{"params": some, "lr": rate} for some, rate in groups if some]
