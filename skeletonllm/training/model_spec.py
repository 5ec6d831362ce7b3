"""A renderer and a model, built from a description in plain data that travels to workers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.renderers import Renderer, get_renderer
from skeletonllm.errors import StateError
from skeletonllm.mllm.adapter import Adapter, LoadOptions
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.mllm.lora import LoraOptions, add_lora
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
        formula: Of DrAction, see :class:`DrActionConfig`.
        camera: Of the renderer, likewise.
        dtype: Of the frozen weights: ``float32`` or ``bfloat16``.
        attention: How attention is computed, see :class:`LoadOptions`.
        system: System message of the chat; None for that of the model's family.
        lora: Options of :class:`skeletonllm.mllm.lora.LoraOptions`; None for no LoRA.
        drawn: All fields of :class:`DrActionConfig` of a renderer whose first weights were given;
            then ``parts``, ``formula`` and ``camera`` do not count.
    """

    source: str
    size: int
    texts: tuple[str, ...] = ()
    seed: int = 0
    renderer: str = "draction"
    parts: tuple[str, ...] = PARTS
    formula: str = "body"
    camera: Literal["fit", "sensor", "paper"] = "fit"
    dtype: str = "float32"
    attention: str = "sdpa"
    system: str | None = None
    lora: dict[str, Any] | None = None
    drawn: dict[str, Any] | None = None

    def build(self, device: torch.device | str) -> tuple[Renderer, Adapter]:
        """(renderer, model); a patch of the renderer is what one visual token sees.

        Raises:
            UsageError: There is no such checkpoint.
            RenderError: The size is no multiple of the model's patch, or no renderer has the name.
        """
        options = LoadOptions(
            device=device,
            dtype=getattr(torch, self.dtype),
            size=self.size,
            texts=self.texts,
            seed=self.seed,
            attention=self.attention,
        )
        adapter = load_adapter(self.source, options)
        if self.system is not None:
            adapter.system = self.system
        if self.lora is not None:
            add_lora(adapter, LoraOptions(**self.lora))
        return get_renderer(self.renderer, self.drawing(adapter.patch)).to(device), adapter

    def drawing(self, patch: int) -> DrActionConfig:
        """What the renderer looks like.

        Args:
            patch: Side in pixels of what one visual token of the model sees.
        """
        if self.drawn is not None:
            fields = {**self.drawn, "formats": tuple(self.drawn["formats"])}
            return DrActionConfig(**{**fields, "size": self.size, "patch": patch})
        return DrActionConfig(
            size=self.size,
            patch=patch,
            points_per_bone=POINTS_SMALL if self.size <= SMALL else None,
            seed=self.seed,
            formula=self.formula,
            camera=self.camera,
            motion="motion" in self.parts,
            halos="halos" in self.parts,
            sharp="sharp" in self.parts,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in a checkpoint."""
        return {**asdict(self), "texts": list(self.texts), "parts": list(self.parts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelSpec:
        """Inverse of :meth:`to_json`."""
        lists = {name: tuple(data[name]) for name in ("texts", "parts")}
        return cls(**{**data, **lists})


def check_fingerprint(adapter: Adapter, held: Collection[str], expected: str) -> None:
    """Refuse to combine trained parts with frozen ones of another model.

    Args:
        adapter: The model.
        held: Names of the parts that were trained.
        expected: What :func:`skeletonllm.mllm.identity.fingerprint` gave in training.

    Raises:
        StateError: The frozen weights, or the tokenizer, are not those of the training run.
    """
    own = fingerprint(adapter, held)
    if own != expected:
        raise StateError(
            f"what is not trained of the model has the fingerprint {own[:12]}",
            expected=f"{expected[:12]}, that of the training run",
            hint="Use the same checkpoint and the same versions of torch and transformers.",
        )
