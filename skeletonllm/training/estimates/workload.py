"""What a process of a run holds and does at once, as far as memory depends on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from skeletonllm.errors import UsageError

RENDERER, LORA = "renderer", "lora"
"""Parts that a stage may train and that a model without weights does not have by itself."""

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The knobs that memory depends on, of one process.

    Args:
        model: A name or a checkpoint, as :func:`skeletonllm.mllm.load_adapter` takes it. Of a
            checkpoint only the configuration is read, and the tokenizer if it is there.
        trains: Parts that learn: ``renderer``, ``lora`` or what the model's adapter names.
        micro_batch: Clips that go forward and backward at once.
        checkpoint_activations: Whether layers keep their inputs only, and compute again.
        num_frames: Frames shown of each clip.
        size: Side of a frame in pixels.
        foreground: Whether background patches are kept from the language model.
        lora_rank: Of the adapters, where ``lora`` learns.
        renderer: One of :data:`skeletonllm.draction.renderers.RENDERERS`.
        device: ``cuda`` or ``cpu``: where it will run, not where it is estimated.
        dtype: Of a checkpoint's frozen weights; what learns is float32.
        workers: Processes that train together.

    Raises:
        UsageError: A value that no run can have.
    """

    model: str
    trains: tuple[str, ...]
    micro_batch: int = 1
    checkpoint_activations: bool = False
    num_frames: int = 12
    size: int = 448
    foreground: bool = False
    lora_rank: int = 32
    renderer: str = "draction"
    device: str = "cuda"
    dtype: str = "bfloat16"
    workers: int = 1

    def __post_init__(self) -> None:
        for name in ("micro_batch", "num_frames", "size", "lora_rank", "workers"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} {getattr(self, name)}", expected="1 or more")
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype {self.dtype!r}", expected=f"one of {', '.join(DTYPES)}")

    @property
    def gpu(self) -> bool:
        """Whether it will run on a GPU."""
        return self.device.startswith("cuda")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "trains": list(self.trains)}
