"""A renderer and a model, built from a description in plain data that travels to workers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import torch

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.renderers import Renderer, get_renderer
from skeletonllm.errors import StateError
from skeletonllm.mllm.adapter import Adapter, LoadOptions, hash_frozen_parts
from skeletonllm.mllm.registry import load_adapter

SMALL, POINTS_SMALL = 112, 4
"""Up to this size in pixels a bone is a few pixels long: four Gaussians leave no gap on it, and
more would only cost time. From there on the renderer's own number is needed."""


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """What a model and its renderer are made of, as plain data.

    Args:
        source: A name or a checkpoint, as :func:`skeletonllm.mllm.load_adapter` takes it.
        size: Side of a frame in pixels.
        texts: What the tiny model's tokenizer knows as whole words.
        seed: Of the tiny model's weights and of the renderer's first ones.
        renderer: One of :data:`skeletonllm.draction.renderers.RENDERERS`.
        parts: Which of :data:`skeletonllm.draction.config.PARTS` its picture has.
    """

    source: str
    size: int
    texts: tuple[str, ...] = ()
    seed: int = 0
    renderer: str = "draction"
    parts: tuple[str, ...] = PARTS

    def build(self, device: torch.device | str) -> tuple[Renderer, Adapter]:
        """(renderer, model); a patch of the renderer is what one visual token sees.

        Raises:
            UsageError: There is no such checkpoint.
            RenderError: The size is no multiple of the model's patch, or no renderer has the name.
        """
        gpu = torch.device(device).type == "cuda"
        options = LoadOptions(
            device=device,
            dtype=torch.bfloat16 if gpu else torch.float32,
            size=self.size,
            texts=self.texts,
            seed=self.seed,
        )
        adapter = load_adapter(self.source, options)
        config = DrActionConfig(
            size=self.size,
            patch=adapter.patch,
            points_per_bone=POINTS_SMALL if self.size <= SMALL else None,
            seed=self.seed,
            motion="motion" in self.parts,
            halos="halos" in self.parts,
            sharp="sharp" in self.parts,
        )
        return get_renderer(self.renderer, config).to(device), adapter

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in a checkpoint."""
        return {**asdict(self), "texts": list(self.texts), "parts": list(self.parts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelSpec:
        """Inverse of :meth:`to_json`; one from before the parts is of a picture without."""
        parts = tuple(data.get("parts", ()))
        return cls(**{**data, "texts": tuple(data["texts"]), "parts": parts})


def check_frozen(adapter: Adapter, trained: Collection[str], expected: str) -> None:
    """Refuse to combine trained parts with frozen ones of another model.

    Args:
        adapter: The model.
        trained: Names of the parts that were trained.
        expected: What :func:`skeletonllm.mllm.hash_frozen_parts` gave in training.

    Raises:
        StateError: The frozen weights are not those of the training run.
    """
    own = hash_frozen_parts(adapter, trained)
    if own != expected:
        raise StateError(
            f"the frozen parts of the model have hash {own[:12]}",
            expected=f"{expected[:12]}, that of the training run",
            hint="Use the same checkpoint and the same versions of torch and transformers.",
        )
