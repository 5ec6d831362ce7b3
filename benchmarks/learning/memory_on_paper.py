"""What the four stages take on large GPUs, by arithmetic.

    python -m benchmarks.learning.memory_on_paper
    python -m benchmarks.learning.memory_on_paper --model OpenGVLab/InternVL3-8B-hf --memory-gb 40

Activations are counted from the real model classes at their real widths, on tensors without bytes
(:mod:`skeletonllm.training.estimates`). Without ``--model`` the widths are those of the published
InternVL3-8B-hf, and text is counted by its length. The published recipe has two GPUs and two clips
a step, so one clip a GPU. What a GPU really took is for :mod:`benchmarks.learning.full_size`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tyro

from benchmarks.table import publish_table
from skeletonllm.endpoint.estimate import SHORT_ANSWER
from skeletonllm.endpoint.tokens import BYTES_A_TOKEN
from skeletonllm.prompts.discrimination import YES, build_discrimination_prompt
from skeletonllm.prompts.rationale import build_student_prompt
from skeletonllm.prompts.recognition import build_recognition_prompt
from skeletonllm.synthesis import ACTIONS
from skeletonllm.training.estimates import Estimate, Question, Workload, estimate_run
from skeletonllm.training.stages import STAGES, TrainingStage

INTERNVL3_8B: dict[str, Any] = {
    "model_type": "internvl",
    "image_token_id": 151667,
    "downsample_ratio": 0.5,
    "tie_word_embeddings": False,
    "text_config": {
        "model_type": "qwen2",
        "hidden_size": 3584,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "intermediate_size": 18944,
        "vocab_size": 151674,
        "tie_word_embeddings": False,
    },
    "vision_config": {
        "model_type": "internvl_vision",
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "image_size": [448, 448],
        "patch_size": [14, 14],
        "attention_bias": True,
    },
}
"""The numbers of its config.json that memory depends on."""

MILLION, GB = 1e6, 1e9


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    model: str | None = None
    """Folder or repository of a checkpoint, of which the config.json is read; None for the widths
    of InternVL3-8B-hf."""
    memory_gb: float = 80.0
    """Of each GPU."""
    num_frames: int = 12
    """Frames of each clip."""
    size: int = 448
    """Side of a frame in pixels."""
    json: str | None = None
    """File to write the table to."""


def main(flags: Flags) -> None:
    with _find_model(flags.model) as model:
        workload = Workload(
            model=model, trains=(), num_frames=flags.num_frames, size=flags.size, workers=8
        )
        rows = [measure_stage(stage, workload, flags.memory_gb) for stage in STAGES.values()]
    title = f"By arithmetic: {flags.num_frames} frames of {flags.size} px, GB a GPU"
    publish_table(title, rows, flags.json)


def measure_stage(stage: TrainingStage, workload: Workload, memory_gb: float) -> dict[str, Any]:
    """A row: what one GPU holds in a stage.

    Args:
        stage: Gives what is trained, and what is asked.
        workload: Model and sizes.
        memory_gb: Of the GPU.
    """
    question = ask(stage.task, workload.num_frames)
    plain = replace(workload, trains=stage.trains)
    again = replace(plain, checkpoint_activations=True)
    kept, less, least = (
        estimate_run(knobs, question, memory=int(memory_gb * GB))
        for knobs in (plain, again, replace(again, foreground=True))
    )
    trained = sum(part.trained for part in kept.parts.values())
    return {
        "stage": stage.name,
        "trained, M": f"{trained / MILLION:.1f}",
        "weights, gradients, AdamW": f"{kept.fixed / GB:.1f}",
        "tokens a clip": kept.tokens.visual + kept.tokens.text,
        "a clip": f"{kept.per_clip / GB:.1f}",
        "a clip, checkpointed": f"{less.per_clip / GB:.2f}",
        "... and foreground": f"{least.per_clip / GB:.2f}",
        "fit": _fit(kept),
        "fit, checkpointed": _fit(less),
        "... and with foreground": _fit(least),
        "one clip, as published": f"{(kept.fixed + kept.per_clip) / GB:.1f}",
    }


def ask(task: str, num_frames: int) -> Question:
    """A question of a task's usual length.

    Args:
        task: Name of the task of a stage.
        num_frames: Frames that are shown.
    """
    names = sorted(ACTIONS)
    if task == "discrimination":
        return Question(build_discrimination_prompt(names[0], num_frames=num_frames), YES)
    if task == "rationale":
        text = "x" * round(SHORT_ANSWER * BYTES_A_TOKEN)
        return Question(build_student_prompt(num_frames=num_frames), text)
    return Question(build_recognition_prompt(names, num_frames=num_frames, key=""), names[0])


def _fit(estimate: Estimate) -> str:
    return f"{estimate.largest_micro_batch()}"


@contextmanager
def _find_model(model: str | None) -> Iterator[str]:
    """The model's folder; of none, one with the published configuration."""
    with tempfile.TemporaryDirectory() as folder:
        if model is None:
            (Path(folder) / "config.json").write_text(json.dumps(INTERNVL3_8B))
        yield model or folder


if __name__ == "__main__":
    main(tyro.cli(Flags))
