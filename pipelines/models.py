"""Build what is trained from a description that travels: a renderer, and a model that looks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from skeletonllm.defaults import TINY
from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.renderers import Renderer, get_renderer
from skeletonllm.errors import StateError
from skeletonllm.mllm import InternVLAdapter, fingerprint, load_internvl, tiny_internvl


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """What a model and its renderer are made of, as plain data.

    Args:
        source: :data:`TINY`, or the folder or repository of an InternVL checkpoint.
        size: Side of a frame in pixels.
        texts: What the tiny model's tokenizer knows as whole words.
        seed: Of the tiny model's weights and of the renderer's first ones.
        renderer: One of :data:`skeletonllm.draction.renderers.RENDERERS`.
    """

    source: str
    size: int
    texts: tuple[str, ...] = ()
    seed: int = 0
    renderer: str = "draction"

    def build(self, device: torch.device | str) -> tuple[Renderer, InternVLAdapter]:
        """A renderer whose patches are the model's visual tokens, and the model.

        Raises:
            UsageError: There is no such checkpoint.
            RenderError: The size is no multiple of the model's patch, or no renderer has the name.
        """
        if self.source == TINY:
            adapter = tiny_internvl(self.texts, size=self.size, seed=self.seed).to(device)
        else:
            gpu = torch.device(device).type == "cuda"
            dtype = torch.bfloat16 if gpu else torch.float32
            adapter = load_internvl(self.source, device=device, dtype=dtype)
        config = DrActionConfig(
            size=self.size,
            patch=adapter.patch,
            points_per_bone=POINTS_SMALL if self.size <= SMALL else DrActionConfig.points_per_bone,
            seed=self.seed,
        )
        return get_renderer(self.renderer, config).to(device), adapter

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in a checkpoint."""
        return {**asdict(self), "texts": list(self.texts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelSpec:
        """Inverse of :meth:`to_json`."""
        return cls(**{**data, "texts": tuple(data["texts"])})


SMALL, POINTS_SMALL = 112, 4
"""Up to this size a bone is a few pixels long: four Gaussians on it leave no gap."""


def check_frozen(adapter: InternVLAdapter, expected: str) -> None:
    """Refuse to combine a trained projector with another language model or vision tower.

    Raises:
        StateError: The frozen weights are not those of the training run.
    """
    found = fingerprint(adapter)
    if found != expected:
        raise StateError(
            f"the frozen model has fingerprint {found[:12]}",
            expected=f"{expected[:12]}, that of the training run",
            hint="Use the same checkpoint and the same versions of torch and transformers.",
        )
