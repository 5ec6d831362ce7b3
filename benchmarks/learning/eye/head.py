"""The small head that reads actions from what the tower saw; all that is trained of a fixed arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.learning.eye.corpus import Index
from benchmarks.learning.eye.features import Features


@dataclass(frozen=True)
class Recipe:
    """How a head is made and trained.

    Args:
        width: Numbers a frame is reduced to.
        dropout: Share of them that is hidden at a time.
        epochs: Times each clip is seen, each time in one version drawn at random. Velocity sticks
            on the folds of UTD-MHAD: 12 epochs 67 %, 40 epochs 70 %, 80 epochs 72 % for twice
            the time.
        batch: Clips a step.
        rate: Of AdamW at the start of its cosine.
        decay: Of the weights.
        smoothing: Of the labels.
    """

    width: int = 96
    dropout: float = 0.3
    epochs: int = 40
    batch: int = 32
    rate: float = 2e-3
    decay: float = 0.05
    smoothing: float = 0.1


class Head(nn.Module):
    """A layer over each frame, and one over all frames in order.

    Args:
        frames: Frames a clip.
        features: Numbers a frame.
        classes: Actions.
        recipe: Width and dropout.
    """

    def __init__(self, frames: int, features: int, classes: int, recipe: Recipe) -> None:
        super().__init__()
        self.frame = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, recipe.width),
            nn.GELU(),
            nn.Dropout(recipe.dropout),
        )
        self.clip = nn.Linear(frames * recipe.width, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Logits [B, classes] of features [B, frames, features]."""
        logits: Tensor = self.clip(self.frame(features).flatten(1))
        return logits


def train_head(features: Features, labels: Index, classes: int, seed: int, recipe: Recipe) -> Head:
    """A head that was trained on features, in eval mode.

    Args:
        features: [N, versions, frames, features] of the training clips.
        labels: int64 [N], in 0..classes-1.
        classes: Actions.
        seed: Of the first weights, the order, the versions and the dropout.
        recipe: How.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        frames, width = features.shape[2:]
        head = Head(frames, width, classes, recipe).train()
        optimizer = torch.optim.AdamW(
            head.parameters(), lr=recipe.rate, weight_decay=recipe.decay, fused=True
        )
        steps = recipe.epochs * -(-len(labels) // recipe.batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for clips, versions in _list_steps(len(labels), features.shape[1], recipe, rng):
            batch = torch.from_numpy(features[clips, versions]).float()
            logits, wanted = head(batch), torch.from_numpy(labels[clips])
            optimizer.zero_grad()
            F.cross_entropy(logits, wanted, label_smoothing=recipe.smoothing).backward()
            optimizer.step()
            schedule.step()
    return head.eval()


def _list_steps(
    clips: int, versions: int, recipe: Recipe, rng: np.random.Generator
) -> list[tuple[Index, Index]]:
    """Clips and their versions of every step."""
    steps = []
    for _ in range(recipe.epochs):
        order, shown = rng.permutation(clips), rng.integers(versions, size=clips)
        parts = range(0, clips, recipe.batch)
        steps += [(order[i : i + recipe.batch], shown[i : i + recipe.batch]) for i in parts]
    return steps


@torch.no_grad()
def predict(head: Head, features: Features) -> Index:
    """The likeliest action of each clip, int64 [N].

    Args:
        head: Trained.
        features: [N, frames, features].
    """
    chosen: Index = head(torch.from_numpy(features).float()).argmax(1).numpy()
    return chosen


def exchange_labels(labels: Index, seed: int = 0) -> Index:
    """Each clip's label goes to another clip, always the same one: none keeps its own.

    To a head it is the same whether the label or the motion is another clip's.

    Args:
        labels: int64 [N].
        seed: Of the order in which they are handed on.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    exchanged = labels.copy()
    exchanged[order] = labels[np.roll(order, 1)]
    return exchanged
