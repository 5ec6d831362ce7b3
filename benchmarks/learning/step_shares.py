"""Where the time of a training step goes: data, rendering, vision, language.

    python -m benchmarks.learning.step_shares --release demo/releases/demo/0.1.0

The whole warm-up step of the trainer, cut at its two borders: the backward pass stops at the visual
tokens and at the pictures, and goes on from there, so each share holds its own half of it. Seconds
are those of the processor, in one thread. `random 128M` is an InternVL of the usual widths whose
weights are random; of a language model that is trained the arithmetic is the same.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch
import tyro
from torch import Tensor
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    Qwen2Config,
)

from benchmarks.table import publish_table
from skeletonllm.mllm import InternVLAdapter, LoadOptions, load_adapter, tiny_internvl
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks import Example, get_task
from skeletonllm.training import ExampleStream, ModelSpec, Trainer, get_stage
from skeletonllm.views.view import View

RANDOM = "random 128M"
SHARES = ("data", "rendering", "vision", "language", "optimizer")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    release: str
    """A release with labels, such as the demo's."""
    models: tuple[str, ...] = (RANDOM,)
    """`tiny`, `small`, or a random InternVL of 128 million weights."""
    clips: int = 4
    """Of a step."""
    frames: int = 8
    """Of a clip."""
    size: int = 112
    """Side of a frame in pixels."""
    steps: int = 5
    """Measured, after one to warm up."""
    json: str | None = None
    """File for the table."""


class Meter:
    """Processor seconds by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Count the block."""
        started = time.process_time()
        yield
        self.spent[name] += time.process_time() - started


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    rows = [row for model in flags.models for row in [measure_model(model, flags)]]
    title = f"Shares of a warm-up step of {flags.clips} clips, {flags.frames} x {flags.size} px"
    publish_table(title, rows, flags.json)
    return 0


def measure_model(name: str, flags: Flags) -> dict[str, Any]:
    """A row: seconds of a step and the share of each part.

    Args:
        name: One of the flag's models.
        flags: Of the benchmark.
    """
    stream = Stream(flags.release, View(), batch_size=flags.clips, seed=0)
    adapter = make_adapter(name, flags.size, stream)
    stage = get_stage("warm_up", model="tiny", num_frames=flags.frames, size=flags.size)
    spec = ModelSpec(source="tiny", size=flags.size)
    renderer = type(spec.build("cpu")[0])(spec.drawing(adapter.patch))
    trainer = Trainer(replace(stage, batch_size=flags.clips), renderer, adapter, steps=100)
    batches = iter(ExampleStream(stream, get_task("recognition")))
    measured = [measure_step(trainer, batches, step) for step in range(1 + flags.steps)][1:]
    total = median(sum(step.values()) for step in measured)
    shares = {s: median(step[s] / sum(step.values()) for step in measured) for s in SHARES}
    weights = sum(p.numel() for p in adapter.parameters())
    row = {"model": name, "weights, M": round(weights / 1e6, 1), "s a step": f"{total:.2f}"}
    ours = shares["data"] + shares["rendering"]
    return row | {s: f"{share:.1%}" for s, share in shares.items()} | {"ours": f"{ours:.1%}"}


def measure_step(
    trainer: Trainer, batches: Iterator[Sequence[Example]], step: int
) -> dict[str, float]:
    """Seconds of one step by what they were spent on.

    Args:
        trainer: The stage at work.
        batches: Of examples.
        step: 0-based.
    """
    meter = Meter()
    with meter.time("data"):
        batch = next(batches)
    with cut_in_three(trainer, meter):
        started = time.process_time()
        trainer.train_step(batch, step)
        whole = time.process_time() - started
    inside = sum(meter.spent[name] for name in ("rendering", "vision", "language"))
    meter.spent["optimizer"] = whole - inside
    return dict(meter.spent)


@contextmanager
def cut_in_three(trainer: Trainer, meter: Meter) -> Iterator[None]:
    """Let the trainer's losses run backward piece by piece, each piece timed.

    Args:
        trainer: Whose `compute_losses` and `see` are replaced while the block runs.
        meter: Counts.
    """
    plain_see, plain_render = trainer.adapter.see, trainer.renderer.forward
    pieces: dict[str, tuple[Tensor, Tensor]] = {}

    def render(*given: Any) -> Any:
        with meter.time("rendering"):
            drawn = plain_render(*given)
        leaf = drawn.frames.detach().requires_grad_()
        pieces["rendering"] = drawn.frames, leaf
        return replace(drawn, frames=leaf)

    def see(frames: Tensor) -> Any:
        with meter.time("vision"):
            seen = plain_see(frames)
        leaf = seen.tokens.detach().requires_grad_()
        pieces["vision"] = seen.tokens, leaf
        return replace(seen, tokens=leaf)

    plain = trainer.compute_losses

    def compute(examples: Sequence[Example]) -> Tensor:
        before, started = _sum_cut(meter), time.process_time()
        losses = plain(examples)
        spent = time.process_time() - started
        meter.spent["language"] += spent - (_sum_cut(meter) - before)
        weights = losses.new_tensor([example.weight for example in examples])
        with meter.time("language"):
            (losses * weights).sum().backward()
        for name in ("vision", "rendering"):
            made, leaf = pieces[name]
            with meter.time(name):
                made.backward(leaf.grad)
        return losses.detach()

    trainer.adapter.see, trainer.renderer.forward = see, render  # type: ignore[method-assign]
    trainer.compute_losses = compute  # type: ignore[method-assign]
    try:
        yield
    finally:
        trainer.adapter.see, trainer.renderer.forward = plain_see, plain_render
        del trainer.compute_losses


def _sum_cut(meter: Meter) -> float:
    return meter.spent["rendering"] + meter.spent["vision"]


def make_adapter(name: str, size: int, stream: Stream) -> Adapter:
    """The model of a row.

    Args:
        name: One of the flag's models.
        size: Side of a frame.
        stream: Whose class names a tiny tokenizer knows.
    """
    texts = tuple(name for names in stream.candidates.values() for name in names)
    if name != RANDOM:
        return load_adapter(name, LoadOptions(size=size, texts=texts))
    tiny = tiny_internvl(texts, size=size)
    small = tiny.model.config
    vision = InternVLVisionConfig(
        hidden_size=384,
        intermediate_size=1536,
        num_hidden_layers=12,
        num_attention_heads=6,
        image_size=[size, size],
        patch_size=[14, 14],
    )
    text = Qwen2Config(
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        num_key_value_heads=4,
        vocab_size=small.text_config.vocab_size,
        eos_token_id=small.text_config.eos_token_id,
        pad_token_id=small.text_config.pad_token_id,
        bos_token_id=None,
    )
    config = InternVLConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=small.image_token_id,
        image_seq_length=(size // 28) ** 2,
    )
    torch.manual_seed(0)
    model = InternVLForConditionalGeneration(config)
    return InternVLAdapter(model, tiny.tokenizer, tiny.picture, system="").eval()


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
