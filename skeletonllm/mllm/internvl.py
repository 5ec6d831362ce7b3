"""InternVL 3 behind the adapter contract: the `transformers` classes, as InternVL3-8B-hf uses them.

A frame becomes ``<img>`` + n ``<IMG_CONTEXT>`` + ``</img>``; its normalization is the checkpoint's
own, and differentiable. No ``InternVLProcessor``: it wants pictures of bytes, and torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from torch import Tensor, nn
from transformers import InternVLForConditionalGeneration

from skeletonllm.errors import RenderError
from skeletonllm.mllm.activations import cast_inputs, hide_positions
from skeletonllm.mllm.adapter import LoadOptions
from skeletonllm.mllm.chat import ChatAdapter
from skeletonllm.mllm.checkpoint import read_checkpoint
from skeletonllm.mllm.sequence import Visual
from skeletonllm.prompts.recognition import SYSTEM

CONTEXT = "<IMG_CONTEXT>"
END_OF_TURN = "<|im_end|>"
SPECIAL_TOKENS = ("<|im_start|>", END_OF_TURN, "<img>", "</img>", CONTEXT)
"""What the tokenizer must know as single tokens (InternVL 3 on Qwen 2.5)."""


class InternVLAdapter(ChatAdapter):
    """Frames in, answers out; see :class:`ChatAdapter` for its arguments.

    Example:
        >>> adapter = load_internvl("OpenGVLab/InternVL3-8B-hf")  # doctest: +SKIP
        >>> losses = adapter.losses(rendering.frames, prompts, answers)  # doctest: +SKIP
    """

    special_tokens: ClassVar[tuple[str, ...]] = SPECIAL_TOKENS
    context_token: ClassVar[str] = CONTEXT
    end_token: ClassVar[str] = END_OF_TURN

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        picture: Mapping[str, Any],
        system: str = SYSTEM,
        files: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(model, tokenizer, picture, system, files)
        cast_inputs(self.projector)
        hide_positions(self.language_model)

    @property
    def patch(self) -> int:
        """Pixels a side that one visual token sees: a patch of the ViT times the pixel shuffle."""
        config = self.model.config
        return round(config.vision_config.patch_size[0] / config.downsample_ratio)

    def base_parts(self) -> Mapping[str, nn.Module]:
        """Vision tower, language model and projector."""
        return {
            "vision_tower": self.vision_tower,
            "language_model": self.language_model,
            "projector": self.projector,
        }

    @property
    def projector(self) -> nn.Module:
        """The ``multi_modal_projector``."""
        module: nn.Module = self.model.model.multi_modal_projector
        return module

    @property
    def language_model(self) -> nn.Module:
        """The Qwen 2.5 decoder."""
        module: nn.Module = self.model.model.language_model
        return module

    @property
    def vision_tower(self) -> nn.Module:
        """The InternViT."""
        module: nn.Module = self.model.model.vision_tower
        return module

    def see(self, frames: Tensor) -> Visual:
        """Visual tokens, [B, T, n, D], with n = H W / patch^2.

        Raises:
            RenderError: Frames that are not square: the pixel shuffle knows squares alone.
        """
        clips, shown, _, height, width = frames.shape
        if height != width:
            raise RenderError(f"frames of {height} x {width}", expected="squares")
        pictures = self.normalize(frames).flatten(0, 1)
        features: Tensor = self.model.model.get_image_features(pictures).pooler_output
        return Visual(features.view(clips, shown, *features.shape[1:]))

    def placeholder(self, count: int) -> str:
        """``<img>``, a token for each of ``count``, ``</img>``: as the library's processor."""
        return f"<img>{CONTEXT * count}</img>"


def load_internvl(
    source: str | Path, options: LoadOptions | None = None, *, system: str = SYSTEM
) -> InternVLAdapter:
    """A checkpoint, from a folder or a Hugging Face repository, in evaluation mode.

    Args:
        source: For example ``OpenGVLab/InternVL3-8B-hf``, or a folder with the same files.
        options: Device, dtype and attention; None for float32 on the CPU.
        system: System message; empty for none.

    Raises:
        UsageError: No such checkpoint, or not one of InternVL in the ``-hf`` layout.
    """
    options = options or LoadOptions()
    found = read_checkpoint(
        InternVLForConditionalGeneration, str(source), options, like="OpenGVLab/InternVL3-8B-hf"
    )
    adapter = InternVLAdapter(found.model, found.tokenizer, found.picture, system, found.files)
    return adapter.eval().to(options.device)


def load_family(source: str, options: LoadOptions) -> InternVLAdapter:
    """What the registry calls: the checkpoint at ``source``.

    Args:
        source: A folder or repository.
        options: Device, dtype and attention apply.

    Raises:
        UsageError: See :func:`load_internvl`.
    """
    return load_internvl(source, options)
