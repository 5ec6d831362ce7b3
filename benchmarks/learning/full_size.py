"""One training step of each stage at full size, on one GPU: memory and time, beside the dry run.

    python -m benchmarks.learning.full_size --json full_size.json
    python -m benchmarks.learning.full_size --model tiny --device cpu --num-frames 2 --size 56

The trainer's own step, on synthesized clips. The model has the real classes and widths, and weights
that are random: they cost what trained ones do, and say nothing. Each row begins after one step to
warm up; its peak is what the GPU held in any of its steps, and the estimate is the dry run's
(:mod:`skeletonllm.training.estimates`). What is out of memory becomes a row that says so. `draw ms`
is the renderer's forward pass within the step, and `share` what it is of the step.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from torch import nn

from benchmarks.learning.memory_on_paper import ask
from benchmarks.learning.random_model import CONFIGS, make_adapter
from benchmarks.learning.step_cost import StepCost, measure_steps
from benchmarks.table import publish_table, save_table
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.lora import add_lora, get_lora
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.tasks import Example
from skeletonllm.training import ModelSpec, Trainer, TrainingStage, get_stage
from skeletonllm.training.estimates import Estimate, Question, Workload, estimate_run
from skeletonllm.training.estimates.drawn_clip import ACTION
from skeletonllm.training.estimates.out_of_memory import is_out_of_memory
from skeletonllm.training.stages import LORA, STAGES

KNOBS: dict[str, dict[str, Any]] = {
    "none": {},
    "checkpointed": {"checkpoint_activations": True},
    "foreground": {"checkpoint_activations": True, "foreground": True},
}
"""What is turned for memory, by name: each turns what the one before does, and one thing more.
Fields of :class:`Workload`."""

OUT_OF_MEMORY = "out of memory"
CUBLAS_SIGN = "CUBLAS_STATUS_ALLOC_FAILED"
"""Its work space is not taken from torch, and so lacks in a plain RuntimeError."""
MILLION, GB = 1e6, 1e9


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    model: Literal["internvl3_8b", "qwen2_5_vl_7b", "tiny"] = "internvl3_8b"
    """Whose widths the random model has."""
    device: str = "cuda"
    """``cpu`` measures no memory."""
    stages: tuple[str, ...] = tuple(STAGES)
    """Which stages, in the order of the paper."""
    knobs: tuple[str, ...] = tuple(KNOBS)
    """What is turned for memory."""
    clips: tuple[int, ...] = (1, 2)
    """Clips of a step; all go through the model at once."""
    num_frames: int = 12
    """Frames of each clip."""
    size: int = 448
    """Side of a frame in pixels."""
    steps: int = 3
    """Measured, after one to warm up."""
    json: str | None = None
    """File for the table; written anew after each row."""


def main(flags: Flags) -> int:
    on = torch.cuda.get_device_name() if flags.device.startswith("cuda") else flags.device
    title = f"A step of {flags.model}, {flags.num_frames} x {flags.size} px, on {on}"
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(CONFIGS[flags.model]))
        for row in make_rows(folder, flags):
            rows.append(row)
            print(row, flush=True)
            save_table(title, rows, flags.json)
    publish_table(title, rows, flags.json)
    return 0


def make_rows(folder: str, flags: Flags) -> Iterator[dict[str, Any]]:
    """A row for each stage, knob and number of clips; the model is made once.

    Args:
        folder: Holds the config.json.
        flags: Of the benchmark.
    """
    started = time.perf_counter()
    adapter = make_adapter(folder, flags.device)
    drawing = ModelSpec(source=folder, size=flags.size).drawing(adapter.patch)
    renderer = get_renderer("draction", drawing).to(flags.device)
    print(f"The model was made in {time.perf_counter() - started:.1f} s", flush=True)
    for name in (name for name in STAGES if name in flags.stages):
        stage = get_stage(name, num_frames=flags.num_frames, size=flags.size)
        if LORA in stage.trains and get_lora(adapter) is None:
            add_lora(adapter)
        for knobs in flags.knobs:
            foreground = KNOBS[knobs].get("foreground", False)
            bench = Bench(replace(stage, foreground=foreground), knobs, renderer, adapter)
            estimate = bench.estimate(folder, flags.device)
            for clips in flags.clips:
                yield bench.make_row(clips, flags.steps, estimate)


def make_examples(stage: TrainingStage, count: int) -> list[Example]:
    """Clips of one action, with what the stage's task needs, in the lengths of memory_on_paper.

    Args:
        stage: Gives task and frames.
        count: How many.
    """
    names = tuple(sorted(ACTIONS))
    told = ask("rationale", stage.num_frames).answer
    texts = {"rationale": (told,), "discrimination": tuple(n for n in names if n != ACTION)[:5]}
    return [
        Example(
            f"synthesized/{seed}",
            synthesize(ACTION, seed=seed),
            ACTION,
            names,
            texts=texts.get(stage.task, ()),
        )
        for seed in range(count)
    ]


@dataclass(frozen=True, eq=False)
class Bench:
    """A stage with its knobs, ready to be measured.

    Args:
        stage: What is trained.
        knobs: A name in :data:`KNOBS`.
        renderer: DrAction, where the model is.
        adapter: The model; has LoRA if the stage trains it.
    """

    stage: TrainingStage
    knobs: str
    renderer: nn.Module
    adapter: Adapter

    def estimate(self, folder: str, device: str) -> Estimate:
        """The dry run of one clip.

        Args:
            folder: Holds the config.json.
            device: Where it will run.
        """
        trainer = self.make_trainer()
        [example] = make_examples(self.stage, 1)
        key = example.draw_key(self.stage.seed)
        prompt = trainer.task.prompt(example, num_frames=self.stage.num_frames, key=key)
        workload = Workload(
            model=folder,
            trains=self.stage.trains,
            num_frames=self.stage.num_frames,
            size=self.stage.size,
            device=device,
            **KNOBS[self.knobs],
        )
        return estimate_run(workload, Question(prompt, trainer.task.target(example, key=key)))

    def make_trainer(self) -> Trainer:
        """A new trainer, with the knobs turned; it freezes what the stage does not train."""
        on = KNOBS[self.knobs].get("checkpoint_activations", False)
        self.adapter.checkpoint_activations(on)
        return Trainer(self.stage, self.renderer, self.adapter, steps=100)

    def make_row(self, clips: int, steps: int, estimate: Estimate) -> dict[str, Any]:
        """A row: what a step takes and what was foretold.

        Args:
            clips: Of a step.
            steps: Measured.
            estimate: Of the dry run, for any number of clips.
        """
        workload = replace(estimate.workload, micro_batch=clips)
        foretold = replace(estimate, workload=workload).total
        row = {"stage": self.stage.name, "knobs": self.knobs, "clips": clips}
        row |= count_parameters(self.make_trainer())
        try:
            return row | describe_steps(self.measure(clips, steps), foretold)
        except RuntimeError as error:
            if not is_out_of_memory(error) and CUBLAS_SIGN not in str(error):
                raise
        # Outside of the clause: there the error holds the frames, and they hold the tensors.
        return row | describe_steps(None, foretold)

    def measure(self, clips: int, steps: int) -> StepCost:
        """What the steps of a new trainer take; memory of earlier rows is let go first.

        Args:
            clips: Of a step.
            steps: Measured, after one to warm up.
        """
        for parameter in (*self.renderer.parameters(), *self.adapter.parameters()):
            parameter.grad = None
        gc.collect()
        return measure_steps(self.make_trainer(), make_examples(self.stage, clips), steps)


def count_parameters(trainer: Trainer) -> dict[str, str]:
    """Cells: millions of parameters that learn, and of those that do not."""
    models = trainer.renderer, trainer.adapter
    whole = sum(p.numel() for model in models for p in model.parameters())
    trained = sum(p.numel() for p in trainer.parameters)
    return {
        "learn M": f"{trained / MILLION:.1f}",
        "frozen M": f"{(whole - trained) / MILLION:,.1f}",
    }


def describe_steps(cost: StepCost | None, foretold: int) -> dict[str, Any]:
    """Cells: what was measured, and beside it the bytes that were foretold.

    Args:
        cost: None where memory ran out.
        foretold: Bytes, by the dry run.
    """
    peak = cost.peak if cost else None
    return {
        "tokens": cost.tokens if cost else "",
        "peak GB": OUT_OF_MEMORY if cost is None else f"{peak / GB:.2f}" if peak else "",
        "estimate": f"{foretold / GB:.2f}",
        "estimate / peak": f"{foretold / peak:.3f}" if peak else "",
        "s a step": f"{cost.seconds:.3f}" if cost else "",
        "clips a s": f"{cost.clips / cost.seconds:.2f}" if cost else "",
        "draw ms": f"{cost.rendering * 1e3:.1f}" if cost else "",
        "share": f"{cost.rendering / cost.seconds:.1%}" if cost else "",
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
