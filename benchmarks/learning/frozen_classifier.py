"""Clips with known answers, and a small vision transformer that learns to read them, then freezes.

What :mod:`benchmarks.learning.legibility` and its test share. The transformer is the InternVL
vision tower of `transformers`, with some 70 thousand weights from random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    """Motions and the number of the action each shows."""

    motions: tuple[Motion, ...]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.motions)

    def pick(self, indices: Sequence[int]) -> Clips:
        """Some of the clips."""
        return Clips(tuple(self.motions[i] for i in indices), self.labels[list(indices)])

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Clips]:
        """All clips once, in order, or shuffled by ``rng``."""
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        for first in range(0, len(self), size):
            yield self.pick(order[first : first + size].tolist())


def perform(
    actions: Sequence[str], subjects: Sequence[int], topologies: Sequence[Topology]
) -> Clips:
    """Every subject performs every action before every kind of sensor."""
    cast = [
        (label, action, subject, topology)
        for label, action in enumerate(actions)
        for subject in subjects
        for topology in topologies
    ]
    motions = tuple(
        synthesize(action, subject=subject, topology=topology, seed=seed, fps=15.0)
        for seed, (_, action, subject, topology) in enumerate(cast)
    )
    return Clips(motions, torch.tensor([row[0] for row in cast]))


def show(renderer: DrAction, clips: Clips, rng: np.random.Generator | None = None) -> Tensor:
    """Pictures [B, FRAMES, 3, H, W]: the middle of each quarter of a clip, or a random frame."""
    mode = "uniform" if rng is None else "jitter"
    at = [sample_frames(m.num_frames, FRAMES, mode, rng) for m in clips.motions]
    frames = torch.from_numpy(np.stack(at))
    return renderer(MotionBatch.from_motions(clips.motions), frames).frames


def vary(pictures: Tensor, random: torch.Generator) -> Tensor:
    """The usual augmentation, one draw a clip: size, place, and the gain of each channel.

    Without it a reader knows one size only, and its loss is flat noise a step away from it: no
    gradient could lead a camera home (a figure 2.7 times too far was never found again).
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


class Reader(nn.Module):
    """A vision transformer a frame; what it says of the frames in order decides the action.

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

    def freeze(self) -> Reader:
        """For good: no dropout, no gradient to its own weights."""
        return self.eval().requires_grad_(False)


@dataclass(frozen=True)
class Score:
    """How well pictures are read: share of clips, and mean cross entropy."""

    accuracy: float
    loss: float


@torch.no_grad()
def judge(reader: Reader, renderer: DrAction, clips: Clips) -> Score:
    """Read every clip once."""
    logits = torch.cat([reader(show(renderer, some)) for some in clips.batches(32)])
    right = (logits.argmax(1) == clips.labels).float().mean()
    return Score(float(right), float(F.cross_entropy(logits, clips.labels)))


def teach(reader: Reader, renderer: DrAction, clips: Clips, *, steps: int, seed: int = 0) -> Reader:
    """Train the reader on pictures of a fixed renderer, then freeze it."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=2e-3, weight_decay=0.05)
    random = torch.Generator().manual_seed(seed)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    reader.train()
    for batch in _forever(clips, rng, steps):
        with torch.no_grad():
            pictures = vary(show(renderer, batch, rng), random)
        optimizer.zero_grad()
        F.cross_entropy(reader(pictures), batch.labels).backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return reader.freeze()


def learn(
    renderer: DrAction, reader: Reader, clips: Clips, *, steps: int, rate: float, seed: int = 1
) -> None:
    """Train what is free in the renderer by the gradient of a frozen reader, and nothing else."""
    rng = np.random.default_rng(seed)
    free = [p for p in renderer.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(free, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=rate / 20)
    for batch in _forever(clips, rng, steps):
        optimizer.zero_grad()
        F.cross_entropy(reader(show(renderer, batch, rng)), batch.labels).backward()
        optimizer.step()
        schedule.step()


def _forever(clips: Clips, rng: np.random.Generator, steps: int, size: int = 24) -> Iterator[Clips]:
    done = 0
    while done < steps:
        for batch in clips.batches(size, rng):
            yield batch
            done += 1
            if done == steps:
                return
