"""The dry run: what a training run will take, from its configuration, before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from skeletonllm.mllm.adapter import Adapter
from skeletonllm.training.estimates.activations import Activations, Question, count_activations
from skeletonllm.training.estimates.drawn_clip import DrawnClip, draw_clip
from skeletonllm.training.estimates.meta_model import (
    build_without_weights,
    drop_bytes,
    name_parts,
)
from skeletonllm.training.estimates.step_times import read_step_seconds
from skeletonllm.training.estimates.workload import LORA, RENDERER, Workload

GB = 1e9
MOMENTS = 2
"""Of AdamW, for each trained parameter."""
HEADROOM = 0.9
"""Share of a device's memory to plan with. The rest is for what is not counted: the CUDA context,
work space of kernels, gradients of activations, and pieces that are too small to be of use."""


@dataclass(frozen=True)
class PartSize:
    """Parameters of a part of the model.

    Args:
        trained: Those that learn.
        frozen: Those that do not.
    """

    trained: int
    frozen: int


@dataclass(frozen=True)
class Tokens:
    """Tokens of a clip.

    Args:
        visual: That the vision tower makes.
        foreground: Of these, where a synthesized person is.
        text: Of prompt and answer, with the chat's own.
    """

    visual: int
    foreground: int
    text: int


@dataclass(frozen=True)
class Estimate:
    """What one process will hold, in bytes.

    Args:
        workload: What was asked about.
        parts: Parameters by part.
        weights: Of all parameters, each in its dtype.
        gradients: Of the trained ones; they are averaged over workers in small pieces.
        optimizer: AdamW's two moments.
        activations: Of the model.
        rendering: Of one clip: what the renderer keeps, and the pictures.
        tokens: Of a clip.
        memory: Of the device; None if it is not known.
        seconds: Of a step, if one was measured before.
    """

    workload: Workload
    parts: Mapping[str, PartSize]
    weights: int
    gradients: int
    optimizer: int
    activations: Activations
    rendering: int
    tokens: Tokens
    memory: int | None = None
    seconds: float | None = None

    @property
    def fixed(self) -> int:
        """Bytes that are held whatever the micro batch."""
        return self.weights + self.gradients + self.optimizer + self.activations.once

    @property
    def per_clip(self) -> int:
        """Bytes of each clip of a micro batch."""
        return self.activations.per_clip + self.activations.recomputed + self.rendering

    @property
    def total(self) -> int:
        """All of it, at the worst moment."""
        return self.fixed + self.workload.micro_batch * self.per_clip

    def largest_micro_batch(self, memory: int | None = None) -> int | None:
        """Clips that fit at once with :data:`HEADROOM`; 0 if none does, None if nothing is known.

        Args:
            memory: Of a device, in bytes; None takes that of this estimate.
        """
        memory = memory or self.memory
        return (
            None
            if memory is None
            else max(0, int((memory * HEADROOM - self.fixed) // self.per_clip))
        )

    def describe(self) -> dict[str, str]:
        """Rows of a table, for people."""
        knobs, rows = self.workload, {}
        for name, part in self.parts.items():
            rows[f"parameters of {name}"] = f"{part.trained:,} trained, {part.frozen:,} frozen"
        for name in ("weights", "gradients", "optimizer"):
            rows[name] = show_bytes(getattr(self, name))
        activations = self.activations.total(knobs.micro_batch)
        rendering = knobs.micro_batch * self.rendering
        rows |= {
            f"activations of {_clips(knobs.micro_batch)}": show_bytes(activations + rendering),
            "total": show_bytes(self.total) + self._beside_memory(),
            "tokens a clip": self._describe_tokens(),
            "time a step": f"{self.seconds:.2f} s, as measured before"
            if self.seconds
            else "not measured yet",
            "knobs": self._describe_knobs(),
        }
        return rows

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the totals."""
        totals = {name: getattr(self, name) for name in ("fixed", "per_clip", "total")}
        largest = {"largest_micro_batch": self.largest_micro_batch()}
        return {**asdict(self), "workload": self.workload.to_json(), **totals, **largest}

    def _beside_memory(self) -> str:
        if self.memory is None:
            return ""
        largest = self.largest_micro_batch()
        fits = f"a micro batch of {largest} fits" if largest else "not one clip fits"
        return f" of {show_bytes(self.memory)}; {fits}"

    def _describe_tokens(self) -> str:
        shown = self.tokens.foreground if self.workload.foreground else self.tokens.visual
        visual = f"{self.tokens.visual:,} visual ({self.tokens.foreground:,} of a foreground)"
        return f"{shown + self.tokens.text:,}: {visual}, {self.tokens.text:,} of text"

    def _describe_knobs(self) -> str:
        knobs = self.workload
        names = ["micro_batch", "checkpoint_activations", "foreground", "num_frames", "size"]
        names += ["lora_rank"] if LORA in knobs.trains else []
        return ", ".join(f"{name} {getattr(knobs, name)}" for name in names)


def estimate_run(
    workload: Workload, question: Question, *, memory: int | None = None, earlier: str | None = None
) -> Estimate:
    """What a run will take; no weight is loaded, and it takes some seconds.

    Args:
        workload: The knobs.
        question: As the run's task asks it.
        memory: Of the device, in bytes, for comparison.
        earlier: Output folder of a run, whose time a step is told if it was of the same sizes.

    Raises:
        UsageError: There is no such model or part.
        RenderError: The size is no multiple of the model's patch, or no renderer has the name.

    Example:
        >>> workload = Workload(model="tiny", trains=("projector",), num_frames=1, size=56)
        >>> estimate = estimate_run(workload, Question("<image> which?", "wave"))
        >>> estimate.tokens.visual, estimate.parts["projector"].frozen
        (16, 0)
    """
    adapter = build_without_weights(workload)
    clip = draw_clip(workload, adapter.patch)
    tokens = _count_tokens(adapter, question, clip)
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    drop_bytes(adapter, mode)
    activations = count_activations(
        adapter, mode, workload, question, patches=clip.patches, learns=clip.learns
    )
    trained = [p for p in adapter.parameters() if p.requires_grad]
    learned = sum(p.nbytes for p in trained) + (4 * clip.parameters if clip.learns else 0)
    return Estimate(
        workload=workload,
        parts=_measure_parts(adapter, clip),
        weights=sum(p.nbytes for p in adapter.parameters()) + 4 * clip.parameters,
        gradients=learned,
        optimizer=MOMENTS * learned,
        activations=activations,
        rendering=clip.saved + clip.pictures,
        tokens=tokens,
        memory=memory,
        seconds=None if earlier is None else read_step_seconds(earlier, workload),
    )


def measure_memory_of(device: str) -> int | None:
    """Bytes of a device's memory; None if it is not here.

    Args:
        device: ``cuda`` or ``cpu``.
    """
    if device.startswith("cuda"):
        here = torch.cuda.is_available()
        return int(torch.cuda.get_device_properties(device).total_memory) if here else None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def show_bytes(count: float) -> str:
    """Bytes in gigabytes or megabytes, of a thousand each."""
    return f"{count / GB:,.1f} GB" if count >= GB / 10 else f"{count / 1e6:,.1f} MB"


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _measure_parts(adapter: Adapter, clip: DrawnClip) -> dict[str, PartSize]:
    """Parameters by part; what no part holds is the head, and LoRA counts once."""
    sizes = {RENDERER: PartSize(*((clip.parameters, 0) if clip.learns else (0, clip.parameters)))}
    seen: set[int] = set()
    parts = name_parts(adapter)
    order = sorted(parts, key=lambda name: name != LORA)
    for name in order:
        sizes[name] = _measure_part(parts[name], seen)
    rest = _measure_part(adapter, seen)
    return {**sizes, "head": rest} if rest.frozen or rest.trained else sizes


def _measure_part(module: nn.Module, seen: set[int]) -> PartSize:
    new = [p for p in module.parameters() if id(p) not in seen]
    seen.update(map(id, new))
    trained = sum(p.numel() for p in new if p.requires_grad)
    return PartSize(trained, sum(p.numel() for p in new) - trained)


def _count_tokens(adapter: Adapter, question: Question, clip: DrawnClip) -> Tokens:
    visual = clip.patches.numel()
    asked = [question.prompt], [question.answer]
    every = torch.ones_like(clip.patches)
    text = adapter.count_tokens(*asked, every)[0] - visual
    return Tokens(visual, adapter.count_tokens(*asked, clip.patches)[0] - text, text)
