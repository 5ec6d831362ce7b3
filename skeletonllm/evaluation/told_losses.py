"""How much a picture helps to tell a text: the loss of a clip's text with its own motion, and with
that of another clip. A model that learned to tell from the picture finds the second one harder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from statistics import fmean, stdev
from typing import Any

import torch
from torch import nn

from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.tasks.accuracy import Z_95
from skeletonllm.tasks.task import Example, Task
from skeletonllm.training.batches import choose_frames
from skeletonllm.training.precision import autocast


@dataclass(frozen=True)
class ToldLosses:
    """Mean loss of texts, in nats a token.

    Args:
        own: Of each clip's text with its motion.
        exchanged: Of the same texts, each with the motion of another clip.
    """

    own: tuple[float, ...]
    exchanged: tuple[float, ...]

    @property
    def gain(self) -> float:
        """What the right motion saves, in nats a token."""
        return fmean(self._gains())

    @property
    def half_width(self) -> float:
        """Half the 95 % interval of the gain, over clips."""
        gains = self._gains()
        return Z_95 * stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf

    def summarize(self) -> str:
        """Both losses, and what the right motion saves."""
        means = f"{fmean(self.own):.3f} with its motion, {fmean(self.exchanged):.3f} with another's"
        return f"{means}; it saves {self.gain:.3f} +- {self.half_width:.3f}"

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return {
            "clips": len(self.own),
            "loss": fmean(self.own),
            "loss_exchanged": fmean(self.exchanged),
            "gain": self.gain,
            "gain_half_width95": self.half_width,
        }

    def _gains(self) -> list[float]:
        return [e - o for o, e in zip(self.own, self.exchanged, strict=True)]


def measure_told_losses(
    examples: Iterable[Example],
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    *,
    num_frames: int,
    foreground: bool = False,
    batch_size: int = 16,
) -> ToldLosses:
    """Losses of all texts, with their own motions and with those of other clips.

    Args:
        examples: Clips with a text; the motions of neighbours of another label are exchanged.
        task: What is asked, and the text.
        renderer: DrAction, trained or not.
        adapter: The multimodal LLM.
        num_frames: Frames of each clip.
        foreground: As in :func:`skeletonllm.evaluation.predict.predict_answers`.
        batch_size: Clips rendered and read together.
    """
    listed = list(examples)
    measure = partial(
        _measure,
        task=task,
        renderer=renderer,
        adapter=adapter,
        num_frames=num_frames,
        foreground=foreground,
    )
    both = []
    for chosen in (listed, exchange_motions(listed)):
        losses: list[float] = []
        rest = iter(chosen)
        while batch := list(islice(rest, batch_size)):
            losses += measure(batch)
        both.append(tuple(losses))
    return ToldLosses(*both)


def exchange_motions(examples: Sequence[Example]) -> list[Example]:
    """Every example with the motion of the next one that has another label.

    Args:
        examples: In any order; where all have one label, the next one of all.
    """
    count = len(examples)
    exchanged = []
    for i, example in enumerate(examples):
        others = (examples[(i + step) % count] for step in range(1, count))
        giver = next((e for e in others if e.label != example.label), examples[(i + 1) % count])
        exchanged.append(replace(example, motion=giver.motion))
    return exchanged


@torch.no_grad()
def _measure(
    batch: Sequence[Example],
    *,
    task: Task,
    renderer: nn.Module,
    adapter: Adapter,
    num_frames: int,
    foreground: bool,
) -> list[float]:
    device = next(chain(adapter.parameters(), renderer.parameters())).device
    motions = MotionBatch.from_motions([example.motion for example in batch], device)
    rendering = renderer(motions, choose_frames(batch, num_frames).to(device))
    prompts = [task.prompt(e, num_frames=num_frames, key=e.key) for e in batch]
    targets = [task.target(e, key=e.key) for e in batch]
    patches = rendering.patches if foreground else None
    with autocast(adapter, device):
        losses: list[float] = adapter.losses(rendering.frames, prompts, targets, patches).tolist()
    return losses
