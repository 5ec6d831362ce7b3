"""Qwen2.5-VL and Qwen3-VL behind the adapter contract: the classes of `transformers`.

A frame is a picture: ``<|vision_start|>`` + n ``<|image_pad|>`` + ``<|vision_end|>``, one for each
``<image>`` of a prompt. Not a video: there two frames share a patch, so half of the time
resolution would be gone before the tower sees it; a video has one grid of positions and no words
between its frames, where our prompts say ``Frame3:``; and Qwen3-VL writes seconds into it that a
clip sampled by count does not have. The price is that each frame is shown twice in its patch.
Nothing is resized: a frame whose sides are multiples of :attr:`QwenVLAdapter.patch` is what the
library's processor would keep, ``min_pixels`` and ``max_pixels`` aside.

The merger is the projector: it turns four patches into one token of the language model, as
InternVL's ``mlp1`` does, which the published recipe trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen3VLForConditionalGeneration

from skeletonllm.errors import UsageError
from skeletonllm.mllm.activations import cast_inputs
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.checkpoint import read_checkpoint
from skeletonllm.mllm.qwen_patches import PatchLayout
from skeletonllm.mllm.registry import get_family
from skeletonllm.mllm.sequence import DecoderInput, Visual
from skeletonllm.prompts.recognition import SYSTEM


class QwenVLAdapter(ChatAdapter):
    """What both generations share: patches, tokens, positions of three axes.

    Args:
        model: A model of the class that the subclass names.
        tokenizer: Its tokenizer; knows :attr:`special_tokens`.
        picture: Its ``preprocessor_config.json``.
        system: System message; empty for what the chat template then writes, "You are a helpful
            assistant." for Qwen2.5 and none for Qwen3.
        files: Texts of other files of its processor, by name; written with the model again.

    Raises:
        UsageError: The tokenizer lacks a special token.

    Example:
        >>> options = LoadOptions(device="cuda", dtype=torch.bfloat16)
        >>> adapter = load_family("Qwen/Qwen3-VL-8B-Instruct", options)  # doctest: +SKIP
    """

    special_tokens: ClassVar[tuple[str, ...]] = (
        "<|im_start|>",
        "<|im_end|>",
        "<|vision_start|>",
        "<|vision_end|>",
        "<|image_pad|>",
    )
    context_token: ClassVar[str] = "<|image_pad|>"
    mergers: ClassVar[tuple[str, ...]] = ("merger",)
    """Children of the vision tower that make tokens for the language model."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        picture: Mapping[str, Any],
        system: str = SYSTEM,
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(model, tokenizer, picture, system, files)
        vision = model.config.vision_config
        self.layout = PatchLayout(
            vision.patch_size, vision.spatial_merge_size, vision.temporal_patch_size
        )
        for module in _mergers(self.projector):
            cast_inputs(module)

    @property
    def patch(self) -> int:
        """Pixels a side that one visual token sees: a patch times the merge."""
        return self.layout.token

    def base_parts(self) -> Mapping[str, nn.Module]:
        """Vision tower (without mergers), language model, and the mergers as projector."""
        return {
            "vision_tower": self.vision_tower,
            "language_model": self.language_model,
            "projector": self.projector,
        }

    @property
    def language_model(self) -> nn.Module:
        """The decoder, without its head."""
        module: nn.Module = self.model.model.language_model
        return module

    @property
    def projector(self) -> nn.Module:
        """The mergers, under their names in the checkpoint."""
        return self._visual_part(merging=True)

    @property
    def vision_tower(self) -> nn.Module:
        """The vision transformer without its mergers, so that parts share no parameter."""
        return self._visual_part(merging=False)

    def _visual_part(self, *, merging: bool) -> nn.Module:
        children = self.model.model.visual.named_children()
        return nn.ModuleDict({n: m for n, m in children if (n in self.mergers) == merging})

    def see(self, frames: Tensor) -> Visual:
        """Visual tokens of frames [B, T, 3, H, W]; see :meth:`ChatAdapter.see`."""
        seen = self._look(frames)
        return Visual(_per_frame(seen.pooler_output, frames))

    def pixels(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """The library's ``pixel_values`` and ``image_grid_thw`` of frames [B, T, 3, H, W]."""
        pictures = self.normalize(frames).flatten(0, 1)
        return self.layout.cut(pictures), self._grids(len(pictures), self.layout.grid(frames))

    def placeholder(self, count: int) -> str:
        """The text that stands for one frame of ``count`` visual tokens."""
        return f"<|vision_start|>{self.context_token * count}<|vision_end|>"

    def positions(self, ids: Tensor, grid: tuple[int, int]) -> Tensor:
        """Rope positions [3, B, L] (time, height, width), by the library's own rule.

        Args:
            ids: Token ids [B, L], padded on the right.
            grid: Visual tokens of a frame, down and across.
        """
        known = ids.cpu()  # the library loops over pictures and reads numbers one by one
        visual = (known == self.context).int()
        pictures = int(visual.sum()) // (grid[0] * grid[1])
        found: Tensor = self.model.model.get_rope_index(
            known, mm_token_type_ids=visual, image_grid_thw=self._grids(pictures, grid)
        )[0]
        return found.to(ids.device)

    def _look(self, frames: Tensor) -> Any:
        patches, grids = self.pixels(frames)
        return self.model.model.get_image_features(patches, grids.to(frames.device))

    def _grids(self, count: int, grid: tuple[int, int]) -> Tensor:
        """Patches of each picture in time, down and across: [count, 3]."""
        merge = self.layout.merge
        return torch.tensor([[1, grid[0] * merge, grid[1] * merge]]).expand(count, 3).contiguous()


class Qwen25VLAdapter(QwenVLAdapter):
    """Qwen2.5-VL: patches of 14 pixels, attention in windows."""


class Qwen3VLAdapter(QwenVLAdapter):
    """Qwen3-VL: patches of 16 pixels; features of middle layers join the first decoder layers."""

    mergers: ClassVar[tuple[str, ...]] = ("merger", "deepstack_merger_list")

    def see(self, frames: Tensor) -> Visual:
        """Visual tokens and deepstack features; see :meth:`ChatAdapter.see`."""
        seen = self._look(frames)
        deep = tuple(_per_frame(each, frames) for each in seen.deepstack_features)
        return Visual(_per_frame(seen.pooler_output, frames), deep)

    def decode(self, tokens: DecoderInput) -> Any:
        """The decoder's output, deepstack features included; see :meth:`ChatAdapter.decode`.

        Args:
            tokens: What it reads.
        """
        return self.language_model(
            inputs_embeds=tokens.embeds,
            position_ids=tokens.positions,
            attention_mask=tokens.mask,
            past_key_values=tokens.cache,
            use_cache=tokens.use_cache,
            visual_pos_masks=tokens.visual if tokens.deep else None,
            deepstack_visual_embeds=list(tokens.deep) or None,
        )


CLASSES: dict[str, tuple[type[QwenVLAdapter], Any, str]] = {
    "qwen2_5_vl": (
        Qwen25VLAdapter,
        Qwen2_5_VLForConditionalGeneration,
        "Qwen/Qwen2.5-VL-7B-Instruct",
    ),
    "qwen3_vl": (Qwen3VLAdapter, Qwen3VLForConditionalGeneration, "Qwen/Qwen3-VL-8B-Instruct"),
}
"""Adapter, model class and a checkpoint of each ``model_type``."""


def load_family(source: str, options: LoadOptions) -> QwenVLAdapter:
    """What the registry calls: the checkpoint at ``source``, in evaluation mode.

    Args:
        source: A folder or repository; its ``config.json`` says which generation it is.
        options: Device, dtype and attention apply.

    Raises:
        UsageError: No such checkpoint, or none of Qwen-VL. The library would load any other one
            with random weights.
    """
    model_type = get_family(source).name
    if model_type not in CLASSES:
        raise UsageError(
            f"a checkpoint of model_type {model_type!r}",
            expected=f"one of {', '.join(CLASSES)}",
            where=source,
            hint="load_adapter loads any family.",
        )
    adapter, kind, like = CLASSES[model_type]
    found = read_checkpoint(kind, source, options, like=like)
    made = adapter(found.model, found.tokenizer, found.picture, files=found.files)
    return made.eval().to(options.device)


def _per_frame(features: Sequence[Tensor], frames: Tensor) -> Tensor:
    """One tensor [n, D] a picture, as [B, T, n, D]."""
    stacked = torch.stack(list(features))
    return stacked.view(*frames.shape[:2], *stacked.shape[1:])


def _mergers(projector: nn.Module) -> list[nn.Module]:
    """Each single merger in a projector."""
    lists = (m if isinstance(m, nn.ModuleList) else [m] for m in projector.children())
    return [merger for each in lists for merger in each]
