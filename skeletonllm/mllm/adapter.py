"""The contract of a multimodal LLM: it sees frames, reads a prompt, gives losses, scores or words.

An adapter turns rendered frames into what its model expects, differentiably, so that the gradient
of the loss reaches the renderer. What a model family does its own way (normalization, image
tokens, chat format) stays behind this contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.activations import checkpoint_layers
from skeletonllm.mllm.generation import CLIPS_AT_ONCE, MAX_TOKENS, Piece


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a model is loaded; a family uses what applies to it.

    Args:
        device: Where the weights go.
        dtype: Of a checkpoint's frozen weights; bfloat16 for published models on a GPU. What is
            trained is made float32 by the trainer.
        size: Side of a frame in pixels, for a model that is made and not loaded.
        texts: What the tokenizer of such a model knows as whole words.
        seed: Of the weights of such a model.
        attention: ``sdpa``, ``flash_attention_2`` (a GPU and its package) or ``eager``.
    """

    device: torch.device | str = "cpu"
    dtype: torch.dtype = torch.float32
    size: int = 56
    texts: tuple[str, ...] = ()
    seed: int = 0
    attention: str = "sdpa"


class Adapter(nn.Module, ABC):
    """A multimodal LLM that answers questions about rendered clips.

    Prompts hold one ``<image>`` for each frame; answers are plain text, and the adapter adds the
    model's own end of turn.
    """

    auto_class: ClassVar[str] = "AutoModelForImageTextToText"
    """The class of `transformers` that reads a saved model."""

    @property
    @abstractmethod
    def patch(self) -> int:
        """Pixels a side of the square that one visual token sees."""

    @abstractmethod
    def base_parts(self) -> Mapping[str, nn.Module]:
        """The parts of the model as it was loaded: vision_tower, language_model, projector."""

    def parts(self) -> Mapping[str, nn.Module]:
        """The modules that a stage may train, by name: those of the base, and ``lora`` once added.

        A name has no dot, and is not ``renderer``. No weight is in two of them.
        """
        lora = getattr(self, "lora", None)
        return dict(self.base_parts()) | ({} if lora is None else {"lora": lora})

    @abstractmethod
    def losses(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        answers: Sequence[str],
        patches: Tensor | None = None,  # bool [B, T, h, w]
    ) -> Tensor:  # [B]
        """Cross entropy of each answer given its frames and its prompt, float32 [B].

        The mean over the tokens of an answer, its end of turn included; the prompt counts nothing.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            answers: The right answer to each.
            patches: Where the rendering has foreground, one for each visual token of a frame.
                Background never reaches the language model. None shows every token.
        """

    def word_losses(self, frames: Tensor, answers: Sequence[str]) -> Tensor:  # noqa: ARG002
        """How unlike the words of each answer the visual tokens are, float32 [B].

        Args:
            frames: As in :meth:`losses`.
            answers: The right answer to each.

        Raises:
            UsageError: The visual tokens of this model are no words.
        """
        raise UsageError(
            f"objective words, for {type(self).__name__}",
            expected="a model whose visual tokens are words, such as small",
            hint="Train with --objective answers.",
        )

    @abstractmethod
    def score_candidates(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
        patches: Tensor | None = None,  # bool [B, T, h, w]
    ) -> list[Tensor]:
        """Log-likelihood of each candidate answer, one float32 tensor [C_i] a clip.

        The sum over the tokens of a candidate with its end of turn: the probability that the
        model says exactly this, so no length normalization is needed to compare answers.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            candidates: The answers to compare, for each clip.
            patches: As in :meth:`losses`.
        """

    @abstractmethod
    def tell(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        patches: Tensor | None = None,  # bool [B, T, h, w]
        *,
        max_tokens: int = MAX_TOKENS,
    ) -> Iterator[tuple[Piece, ...]]:
        """Answers in the model's own words, a piece of each at a time, until all have ended.

        Each token is the likeliest after all before it (greedy decoding).

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            patches: As in :meth:`losses`.
            max_tokens: Tokens of an answer, its end of turn included; then it is cut.
        """

    def generate(
        self,
        frames: Tensor,
        prompts: Sequence[str],
        patches: Tensor | None = None,
        *,
        max_tokens: int = MAX_TOKENS,
    ) -> list[str]:
        """The whole answer to each prompt; see :meth:`tell`.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            patches: As in :meth:`losses`.
            max_tokens: Tokens of an answer, its end of turn included; then it is cut.
        """
        answers: list[str] = []
        for at in range(0, max(len(frames), len(prompts)), CLIPS_AT_ONCE):
            few = slice(at, at + CLIPS_AT_ONCE)
            shown = None if patches is None else patches[few]
            steps = self.tell(frames[few], prompts[few], shown, max_tokens=max_tokens)
            answers += ["".join(p.text for p in row) for row in zip(*steps, strict=True)]
        return answers

    def stream(
        self,
        frames: Tensor,
        prompt: str,
        patches: Tensor | None = None,
        *,
        max_tokens: int = MAX_TOKENS,
    ) -> Iterator[str]:
        """The answer about one clip as it comes, in whole characters; joined it is `generate`'s.

        Args:
            frames: Rendered frames of one clip [1, T, 3, H, W] in 0..1.
            prompt: What is asked.
            patches: As in :meth:`losses`.
            max_tokens: Tokens of the answer, its end of turn included; then it is cut.
        """
        for (piece,) in self.tell(frames, [prompt], patches, max_tokens=max_tokens):
            if piece.text:
                yield piece.text

    @abstractmethod
    def count_tokens(
        self,
        prompts: Sequence[str],
        answers: Sequence[str] | None = None,
        patches: Tensor | None = None,  # bool [B, T, h, w]
        frames_shown: Tensor | None = None,  # [B, T, 3, H, W]
    ) -> list[int]:
        """Tokens of each clip that reach the language model: text and visual tokens.

        Args:
            prompts: One a clip.
            answers: One a clip; None counts the prompts alone.
            patches: As in :meth:`losses`.
            frames_shown: The frames; only their shape is read. Needed where ``patches`` is None.
        """

    @abstractmethod
    def count_answer_tokens(self, answers: Sequence[str]) -> list[int]:
        """Tokens of each answer, its end of turn included."""

    @abstractmethod
    def save_pretrained(self, folder: Path) -> None:
        """Write what the library's ``from_pretrained`` and our ``load_adapter`` read.

        Args:
            folder: Folder to write.
        """

    def checkpoint_activations(self, on: bool) -> None:
        """Recompute the activations of vision tower and language model in the backward pass.

        Each layer then keeps its input alone, for a third more arithmetic. It works in ``eval()``
        mode too, which `transformers` alone does not.

        Args:
            on: Recompute, or keep all as usual.

        Raises:
            UsageError: A tower has no layer that `transformers` can recompute.
        """
        for name in ("vision_tower", "language_model"):
            if not checkpoint_layers(self.parts()[name], on) and on:
                raise UsageError(
                    f"{name} has no layer whose activations can be recomputed",
                    expected="layers that are a GradientCheckpointingLayer of transformers",
                    hint="Train without gradient checkpointing, with a smaller micro batch.",
                )


def train_only(parts: Sequence[nn.Module], *frozen: nn.Module) -> list[nn.Parameter]:
    """The parameters of ``parts``, each once, after freezing all others.

    Args:
        parts: Modules to train; they may lie inside the frozen ones.
        frozen: Modules to freeze first.

    Raises:
        UsageError: Nothing is left to train.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
        >>> len(train_only([net[1]], net))
        2
    """
    for module in frozen:
        module.requires_grad_(False)
    for module in parts:
        module.requires_grad_(True)
    trained = list(_unique(parts))
    if not trained:
        raise UsageError("no parameter is left to train", hint="Name a part that has weights.")
    return trained


def _unique(parts: Sequence[nn.Module]) -> Iterator[nn.Parameter]:
    listed: set[int] = set()
    for parameter in (p for part in parts for p in part.parameters()):
        if id(parameter) not in listed:
            listed.add(id(parameter))
            yield parameter
