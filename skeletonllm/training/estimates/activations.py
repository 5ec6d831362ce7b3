"""Activations of a model, counted: the adapter's own loss on tensors without bytes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.training.estimates.autocast import FLOAT32_ON_GPU, FakeRules
from skeletonllm.training.estimates.saved_bytes import SavedBytes, count_saved
from skeletonllm.training.estimates.workload import LORA, Workload


@dataclass(frozen=True)
class Question:
    """What a clip is asked; of a real task, since text takes memory too.

    Args:
        prompt: With an ``<image>`` for each frame.
        answer: The right one.
    """

    prompt: str
    answer: str


@dataclass(frozen=True)
class Activations:
    """Bytes that forward passes keep; exact for any number of clips with equal questions.

    Args:
        once: Whatever the number of clips, such as trained weights in low precision.
        per_clip: Of each clip more.
        recomputed: Of each clip, while the backward pass computes a layer again.
        by_part: Of one clip, ``once`` included, by part of the model.
    """

    once: int
    per_clip: int
    recomputed: int
    by_part: Mapping[str, int]

    def total(self, clips: int) -> int:
        """Bytes of so many clips, at the worst moment."""
        return self.once + clips * (self.per_clip + self.recomputed)


def count_activations(
    adapter: Adapter,
    mode: FakeTensorMode,
    workload: Workload,
    question: Question,
    *,
    patches: Tensor,
    learns: bool,
) -> Activations:
    """What the loss of a clip keeps, from one clip and from two.

    Args:
        adapter: Without weights, and its tensors of ``mode``.
        mode: That makes tensors without bytes.
        workload: The knobs.
        question: Asked of each clip.
        patches: Foreground of a clip, bool [1, T, h, w].
        learns: Whether the renderer does, so that a gradient flows to its pictures.

    Raises:
        UsageError: The loss depends on nothing that is trained.
    """

    def count(clips: int) -> SavedBytes:
        shape = (clips, workload.num_frames, 3, workload.size, workload.size)
        with mode:
            frames = torch.empty(shape, requires_grad=learns)
        foreground = patches.expand(clips, -1, -1, -1) if workload.foreground else None
        return _run_loss(adapter, workload.gpu, question, frames, foreground)

    recomputed = 0
    if workload.checkpoint_activations:
        recomputed = count(1).largest_layer
        adapter.checkpoint_activations(True)
    one, two = count(1), count(2)
    per_clip = two.total - one.total
    return Activations(one.total - per_clip, per_clip, recomputed, dict(one.by_part))


def _run_loss(
    adapter: Adapter, gpu: bool, question: Question, frames: Tensor, foreground: Tensor | None
) -> SavedBytes:
    """Bytes that the loss of some clips keeps."""
    clips = len(frames)
    low = any(p.dtype == torch.bfloat16 for p in adapter.parameters())
    parts = {name: part for name, part in adapter.parts().items() if name != LORA}
    with ExitStack() as stack:
        counted = stack.enter_context(count_saved(adapter, parts))
        stack.enter_context(torch.autocast("cpu", torch.bfloat16, enabled=low))
        stack.enter_context(FakeRules(FLOAT32_ON_GPU if low and gpu else frozenset()))
        asked = [question.prompt] * clips, [question.answer] * clips
        losses = adapter.losses(frames * 1, *asked, foreground)  # as a renderer's, no leaf
        if not losses.requires_grad:
            raise UsageError("the loss depends on nothing that is trained")
    return counted
