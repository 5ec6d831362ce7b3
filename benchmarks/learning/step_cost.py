"""What training steps cost: seconds, of these the renderer's, and memory of the GPU."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import nn

from skeletonllm.tasks import Example
from skeletonllm.training import Trainer


@dataclass(frozen=True)
class StepCost:
    """What one step takes.

    Args:
        clips: Of the step.
        tokens: Of a clip, that the language model read.
        seconds: Median of the measured steps.
        rendering: Median seconds of the renderer's forward pass in them.
        peak: Most bytes of tensors on the GPU in any step; None on a CPU.
    """

    clips: int
    tokens: int
    seconds: float
    rendering: float
    peak: int | None


def measure_steps(trainer: Trainer, examples: Sequence[Example], steps: int) -> StepCost:
    """What a step takes, the median of some; the peak is that of all.

    Args:
        trainer: The stage at work, that has made no step yet.
        examples: Of each step; all go through the model at once.
        steps: Measured, after one to warm up.
    """
    gpu = trainer.device.type == "cuda"
    if gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with watch_rendering(trainer.renderer, gpu) as drawn:
        tokens = trainer.train_step(examples, 0).tokens
        seconds = [time_step(trainer, examples, 1 + step) for step in range(steps)]
        peak = torch.cuda.max_memory_allocated() if gpu else None
    clips = len(examples)
    return StepCost(clips, tokens // clips, median(seconds), median(drawn[1:]), peak)


def time_step(trainer: Trainer, examples: Sequence[Example], step: int) -> float:
    """Seconds of a step, to the end of all that it asked of the GPU.

    Args:
        trainer: The stage at work.
        examples: Of the step.
        step: 0-based.
    """
    started = time.perf_counter()
    trainer.train_step(examples, step)
    if trainer.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


@contextmanager
def watch_rendering(renderer: nn.Module, gpu: bool) -> Iterator[list[float]]:
    """Seconds of each forward pass of a renderer; on a GPU by its clock, known after the block.

    Args:
        renderer: Has two hooks more while the block runs.
        gpu: Whether it draws on a GPU.
    """
    marks: list[Any] = []
    seconds: list[float] = []

    def mark(*_: Any) -> None:
        if gpu:
            marks.append(torch.cuda.Event(enable_timing=True))  # type: ignore[no-untyped-call]
            marks[-1].record()
        else:
            marks.append(time.perf_counter())

    hooks = renderer.register_forward_pre_hook(mark), renderer.register_forward_hook(mark)
    try:
        yield seconds
    finally:
        for hook in hooks:
            hook.remove()
    if gpu:
        torch.cuda.synchronize()
    pairs = zip(marks[::2], marks[1::2], strict=True)
    seconds += [a.elapsed_time(b) / 1e3 if gpu else b - a for a, b in pairs]
