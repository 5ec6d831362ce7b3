"""Labelled clips, and a small vision transformer that learns to classify them, then is frozen.

What :mod:`benchmarks.learning.legibility` and its test share. The transformer is the InternVL
vision tower of `transformers`, with some 70 thousand weights from random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import InternVLVisionConfig, InternVLVisionModel

from skeletonllm.draction import DrAction, sample_frames
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import Topology

MEAN, STD = 0.1, 0.2
"""Of pictures that are mostly black; close enough for a tower that learns from nothing."""
FRAMES = 4
"""Pictures a clip."""


@dataclass(frozen=True, eq=False)
class Clips:
    """Motions, and the index of the action that each shows."""

    motions: tuple[Motion, ...]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.motions)

    def pick(self, indices: Sequence[int]) -> Clips:
        """The clips of these indices."""
        return Clips(tuple(self.motions[i] for i in indices), self.labels[list(indices)])

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Clips]:
        """All clips once, in order, or shuffled by ``rng``."""
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        for first in range(0, len(self), size):
            yield self.pick(order[first : first + size].tolist())


def synthesize_clips(
    actions: Sequence[str], subjects: Sequence[int], topologies: Sequence[Topology]
) -> Clips:
    """A clip of each action by each subject before each kind of sensor."""
    castings = [
        (label, action, subject, topology)
        for label, action in enumerate(actions)
        for subject in subjects
        for topology in topologies
    ]
    motions = tuple(
        synthesize(action, subject=subject, topology=topology, seed=seed, fps=15.0)
        for seed, (_, action, subject, topology) in enumerate(castings)
    )
    return Clips(motions, torch.tensor([row[0] for row in castings]))


def draw_clips(renderer: DrAction, clips: Clips, rng: np.random.Generator | None = None) -> Tensor:
    """Pictures [B, FRAMES, 3, H, W]: the middle of each quarter of a clip, or a random frame."""
    mode: Literal["uniform", "jitter"] = "uniform" if rng is None else "jitter"
    at = [sample_frames(m.num_frames, FRAMES, mode, rng) for m in clips.motions]
    frames = torch.from_numpy(np.stack(at))
    return renderer(MotionBatch.from_motions(clips.motions), frames).frames


def augment_pictures(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Pictures after the usual augmentation, one a clip: size, place, and gain of each channel.

    Without it a classifier knows one size only, and its loss is flat noise a step away from it: no
    gradient could bring a camera back (one 2.7 times too far away never came back).
    """
    clips = len(pictures)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(clips, *shape, generator=random)

    zoom = draw(0.8, 2.0, 1, 1)  # how much more than the picture is seen
    grid = F.affine_grid(
        torch.cat([zoom * torch.eye(2), draw(-0.1, 0.1, 2, 1) * zoom], -1),
        [clips, 3, *pictures.shape[-2:]],
        align_corners=False,
    )
    moved = F.grid_sample(pictures.flatten(1, 2), grid, align_corners=False).view_as(pictures)
    return (moved * draw(0.4, 1.2, 1, 1, 1, 1) * draw(0.7, 1.2, 1, 3, 1, 1)).clamp(0.0, 1.0)


class Classifier(nn.Module):
    """A vision transformer of each frame, and a linear layer over all frames in order.

    Args:
        actions: How many there are to tell apart.
        size: Height and width of a frame.
        width: Of the transformer.
    """

    def __init__(self, actions: int, size: int = 56, width: int = 64) -> None:
        super().__init__()
        config = InternVLVisionConfig(
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=[size, size],
            patch_size=[7, 7],
            layer_scale_init_value=1.0,
        )
        self.tower = InternVLVisionModel(config)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(FRAMES * width, actions)
        nn.init.normal_(self.tower.embeddings.position_embeddings, std=0.5)

    def forward(self, frames: Tensor) -> Tensor:  # [B, FRAMES, 3, H, W] -> [B, actions]
        """Logits of the actions."""
        tokens = self.tower((frames.flatten(0, 1) - MEAN) / STD).last_hidden_state
        scores: Tensor = self.head(self.norm(tokens.mean(1)).view(len(frames), -1))
        return scores

    def freeze(self) -> Classifier:
        """The same classifier without dropout and without gradients to its weights."""
        return self.eval().requires_grad_(False)


@dataclass(frozen=True)
class Score:
    """How well pictures are classified: share of clips, and mean cross entropy."""

    accuracy: float
    loss: float


@torch.no_grad()
def score_classifier(classifier: Classifier, renderer: DrAction, clips: Clips) -> Score:
    """Accuracy and loss over all clips, each drawn once."""
    logits = torch.cat([classifier(draw_clips(renderer, some)) for some in clips.batches(32)])
    right = (logits.argmax(1) == clips.labels).float().mean()
    return Score(float(right), float(F.cross_entropy(logits, clips.labels)))


def train_classifier(
    classifier: Classifier, renderer: DrAction, clips: Clips, *, steps: int, seed: int = 0
) -> Classifier:
    """Train the classifier on pictures of a fixed renderer, then freeze it."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=2e-3, weight_decay=0.05)
    random = torch.Generator().manual_seed(seed)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    classifier.train()
    for batch in _cycle_batches(clips, rng, steps):
        with torch.no_grad():
            pictures = augment_pictures(draw_clips(renderer, batch, rng), random)
        optimizer.zero_grad()
        F.cross_entropy(classifier(pictures), batch.labels).backward()
        nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return classifier.freeze()


def train_renderer(
    renderer: DrAction,
    classifier: Classifier,
    clips: Clips,
    *,
    steps: int,
    rate: float,
    seed: int = 1,
) -> None:
    """Train what is trainable in the renderer by the gradient of a frozen classifier alone."""
    rng = np.random.default_rng(seed)
    trainable = [p for p in renderer.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=rate / 20)
    for batch in _cycle_batches(clips, rng, steps):
        optimizer.zero_grad()
        F.cross_entropy(classifier(draw_clips(renderer, batch, rng)), batch.labels).backward()
        optimizer.step()
        schedule.step()


def _cycle_batches(
    clips: Clips, rng: np.random.Generator, steps: int, size: int = 24
) -> Iterator[Clips]:
    done = 0
    while done < steps:
        for batch in clips.batches(size, rng):
            yield batch
            done += 1
            if done == steps:
                return
