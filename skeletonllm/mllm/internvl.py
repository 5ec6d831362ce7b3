"""InternVL 3 behind the adapter contract: the `transformers` classes, as InternVL3-8B-hf uses them.

A frame becomes ``<img>`` + n ``<IMG_CONTEXT>`` + ``</img>``; its normalization is the checkpoint's
own, and differentiable. No ``InternVLProcessor``: it needs torchvision, and pictures on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, InternVLForConditionalGeneration
from transformers.image_processing_base import ImageProcessingMixin

from skeletonllm.errors import RenderError, UsageError
from skeletonllm.mllm.adapter import Adapter, LoadOptions
from skeletonllm.mllm.likelihood import pad_tokens, sum_log_likelihood, weighted_mean
from skeletonllm.prompts.recognition import IMAGE, SYSTEM

CONTEXT = "<IMG_CONTEXT>"
END_OF_TURN = "<|im_end|>"
SPECIAL_TOKENS = ("<|im_start|>", END_OF_TURN, "<img>", "</img>", CONTEXT)
"""What the tokenizer must know as single tokens (InternVL 3 on Qwen 2.5)."""

CLIPS_AT_ONCE = 8
"""Clips scored together. Each candidate takes a copy of the prompt's keys and values, so memory
grows with clips times candidates; fewer clips would leave a GPU idle between short batches."""

Ids = list[int]


class InternVLAdapter(Adapter):
    """Frames in, answers out.

    Args:
        model: An ``InternVLForConditionalGeneration``.
        tokenizer: Its tokenizer; knows :data:`SPECIAL_TOKENS`.
        mean: Mean of each channel that the vision tower was trained with.
        std: Standard deviation of each channel, likewise.
        system: System message; empty for none.

    Raises:
        UsageError: The tokenizer lacks a special token.

    Example:
        >>> adapter = load_internvl("OpenGVLab/InternVL3-8B-hf")  # doctest: +SKIP
        >>> loss = adapter.loss(rendering.frames, prompts, answers)  # doctest: +SKIP
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        mean: Sequence[float],
        std: Sequence[float],
        system: str = SYSTEM,
    ) -> None:
        super().__init__()
        self.model, self.tokenizer, self.system = model, tokenizer, system
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)
        known = tokenizer.get_vocab()
        missing = [token for token in SPECIAL_TOKENS if token not in known]
        if missing:
            raise UsageError(f"the tokenizer lacks {missing}", hint="Is it InternVL 3's own?")
        self._context, self._end = known[CONTEXT], known[END_OF_TURN]

    @property
    def patch(self) -> int:
        """Pixels a side that one visual token sees: a patch of the ViT times the pixel shuffle."""
        config = self.model.config
        return round(config.vision_config.patch_size[0] / config.downsample_ratio)

    def parts(self) -> Mapping[str, nn.Module]:
        """Vision tower, language model and projector.

        The order is part of :func:`skeletonllm.mllm.adapter.hash_frozen_parts`.
        """
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

    def normalize(self, frames: Tensor) -> Tensor:
        """Frames in 0..1 as the vision tower saw pictures in its own training."""
        return (frames - self.mean) / self.std

    def image_features(self, frames: Tensor) -> Tensor:
        """Visual tokens, [B, T, n, D], with n = H W / patch^2.

        Raises:
            RenderError: Frames that do not divide into whole visual tokens.
        """
        clips, shown, _, height, width = frames.shape
        if height != width or height % self.patch:
            size = f"a square of a multiple of {self.patch} pixels"
            raise RenderError(f"frames of {height} x {width}", expected=size)
        pictures = self.normalize(frames).flatten(0, 1)
        features: Tensor = self.model.model.get_image_features(pictures).pooler_output
        return features.view(clips, shown, *features.shape[1:])

    def loss(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        answers: Sequence[str],
        weights: Tensor | None = None,
    ) -> Tensor:
        """Cross entropy of the answers, a scalar; see :meth:`Adapter.loss`.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            answers: The right answer to each.
            weights: Of the clips [B]; None counts all alike.
        """
        images = self.image_features(frames)
        asked, answered = self._prompt_ids(prompts, images), self._answer_ids(answers)
        # Padding stands on the right of a causal model: no real token sees it, no mask is needed.
        ids = pad_tokens(
            [a + b for a, b in zip(asked, answered, strict=True)], self._end, images.device
        )
        hidden = self._run_decoder(inputs_embeds=self._embed(ids, images)).last_hidden_state
        rows = zip(hidden, asked, answered, strict=True)
        before = [row[len(a) - 1 :][: len(b)] for row, a, b in rows]
        likelihood = sum_log_likelihood(self.model.lm_head, before, answered)
        lengths = likelihood.new_tensor([len(answer) for answer in answered])
        return weighted_mean(-likelihood / lengths, weights)

    @torch.no_grad()
    def score_candidates(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
    ) -> list[Tensor]:
        """Log-likelihoods, a tensor [C_i] a clip; see :meth:`Adapter.score_candidates`.

        A clip is seen once and its prompt read once, however many candidates there are.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            candidates: The answers to compare, for each clip.
        """
        images = self.image_features(frames)
        asked = self._prompt_ids(prompts, images)
        scores: dict[int, Tensor] = {}
        by_length = sorted(range(len(asked)), key=lambda i: len(asked[i]))
        for chunk in _group_by_length(by_length, asked):
            answers = [self._answer_ids(candidates[i]) for i in chunk]
            likelihoods = self._score_same_length(images[chunk], [asked[i] for i in chunk], answers)
            scores.update(zip(chunk, likelihoods, strict=True))
        return [scores[i] for i in range(len(asked))]

    def _score_same_length(
        self, images: Tensor, asked: list[Ids], answered: list[list[Ids]]
    ) -> list[Tensor]:
        """Scores of clips whose prompts have one length: one cache, copied to each candidate."""
        prompt = self._run_decoder(
            inputs_embeds=self._embed(pad_tokens(asked, self._end, images.device), images),
            use_cache=True,
        )
        counts = [len(answers) for answers in answered]
        rows = torch.arange(len(asked)).repeat_interleave(torch.tensor(counts)).to(images.device)
        answers = [answer for each in answered for answer in each]
        cache = prompt.past_key_values
        cache.batch_select_indices(rows)
        ids = pad_tokens(answers, self._end, images.device)
        tail = self._run_decoder(inputs_embeds=self._embed(ids), past_key_values=cache)
        hidden = torch.cat([prompt.last_hidden_state[rows, -1:], tail.last_hidden_state], dim=1)
        before = [hidden[i, : len(answer)] for i, answer in enumerate(answers)]
        return list(torch.split(sum_log_likelihood(self.model.lm_head, before, answers), counts))

    def _run_decoder(self, **inputs: Any) -> Any:
        return self.language_model(**inputs)

    def _embed(self, ids: Tensor, images: Tensor | None = None) -> Tensor:
        """Token embeddings [B, L, D], with the visual tokens in their places."""
        embedded: Tensor = self.language_model.get_input_embeddings()(ids)  # type: ignore[operator]
        if images is None:
            return embedded
        here = (ids == self._context).unsqueeze(-1)
        return embedded.masked_scatter(here, images.to(embedded.dtype))

    def _prompt_ids(self, prompts: Sequence[str], images: Tensor) -> list[Ids]:
        """Token ids up to the point where the assistant speaks."""
        shown, each = images.shape[1:3]
        picture = f"<img>{CONTEXT * each}</img>"
        for prompt in prompts:
            if prompt.count(IMAGE) != shown or CONTEXT in prompt:
                found = f"a prompt with {prompt.count(IMAGE)} {IMAGE} for {shown} frames"
                raise UsageError(found, expected="one for each frame", where=prompt[:60])
        system = f"<|im_start|>system\n{self.system}{END_OF_TURN}\n" if self.system else ""
        return [
            self._ids(
                f"{system}<|im_start|>user\n{prompt.replace(IMAGE, picture)}{END_OF_TURN}\n"
                "<|im_start|>assistant\n"
            )
            for prompt in prompts
        ]

    def _answer_ids(self, answers: Sequence[str]) -> list[Ids]:
        return [[*self._ids(answer), self._end] for answer in answers]

    def _ids(self, text: str) -> Ids:
        ids: Ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def _group_by_length(order: Sequence[int], asked: Sequence[Ids]) -> list[list[int]]:
    """``order`` cut into runs of equally long prompts, at most :data:`CLIPS_AT_ONCE` each."""
    chunks: list[list[int]] = []
    for i in order:
        full = not chunks or len(chunks[-1]) == CLIPS_AT_ONCE
        if full or len(asked[chunks[-1][0]]) != len(asked[i]):
            chunks.append([])
        chunks[-1].append(i)
    return chunks


def load_internvl(
    source: str | Path,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    system: str = SYSTEM,
) -> InternVLAdapter:
    """A checkpoint, from a folder or a Hugging Face repository.

    Args:
        source: For example ``OpenGVLab/InternVL3-8B-hf``, or a folder with the same files.
        device: Where the weights go.
        dtype: Of the weights; bfloat16 for the published models on a GPU.
        system: System message; empty for none.

    Raises:
        UsageError: No such checkpoint, or not one of InternVL in the ``-hf`` layout.
    """
    where = str(source)
    try:
        tokenizer = AutoTokenizer.from_pretrained(where)
        picture, _ = ImageProcessingMixin.get_image_processor_dict(where)
        model = InternVLForConditionalGeneration.from_pretrained(where, dtype=dtype)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"no InternVL checkpoint ({type(error).__name__})",
            where=where,
            hint="Give a folder or repository in the -hf layout, as OpenGVLab/InternVL3-8B-hf.",
        ) from error
    adapter = InternVLAdapter(
        model, tokenizer, picture["image_mean"], picture["image_std"], system=system
    )
    return adapter.eval().to(device)


def load_family(source: str, options: LoadOptions) -> InternVLAdapter:
    """What the registry calls: the checkpoint at ``source``.

    Args:
        source: A folder or repository.
        options: Device and dtype apply.

    Raises:
        UsageError: See :func:`load_internvl`.
    """
    return load_internvl(source, device=options.device, dtype=options.dtype)
