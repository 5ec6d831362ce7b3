"""What the rest of the house knows of a multimodal LLM: it looks at frames and reads a prompt.

An adapter turns rendered frames into what its model expects, differentiably, so that the gradient
of the loss reaches the renderer. Everything a model family does its own way (normalization, image
tokens, chat format) stays behind this contract.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError


class Adapter(nn.Module, ABC):
    """A multimodal LLM that answers questions about rendered clips.

    Prompts hold one ``<image>`` for each frame; answers are plain text, and the adapter adds the
    model's own end of turn.
    """

    @property
    @abstractmethod
    def patch(self) -> int:
        """Pixels a side of the square that one visual token sees."""

    @property
    @abstractmethod
    def projector(self) -> nn.Module:
        """The layers between vision tower and language model."""

    @property
    @abstractmethod
    def language_model(self) -> nn.Module:
        """The text side, frozen in the published stages 1 and 2."""

    @property
    @abstractmethod
    def vision_tower(self) -> nn.Module:
        """The image side, frozen in every published stage."""

    @abstractmethod
    def loss(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        answers: Sequence[str],
        weights: Tensor | None = None,  # [B]
    ) -> Tensor:
        """Cross entropy of the answers given frames and prompts, a scalar.

        The mean over the tokens of an answer (its end of turn included; the prompt counts
        nothing), then the weighted mean over the batch. All weights zero give a loss of zero.
        """

    @abstractmethod
    def score(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
    ) -> list[Tensor]:
        """Log-likelihood of each candidate answer, one float32 tensor [C_i] a clip.

        The sum over the tokens of a candidate with its end of turn: the probability that the
        model says exactly this, so no length normalization is needed to compare answers.
        """


def train_only(parts: Sequence[nn.Module], *frozen: nn.Module) -> list[nn.Parameter]:
    """Freeze the modules ``frozen``, then unfreeze ``parts`` (which may lie inside them).

    Returns:
        The parameters that will be trained, each once.

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


def fingerprint(adapter: Adapter) -> str:
    """Hash of language model and vision tower: what a trained projector belongs to."""
    digest = hashlib.sha256()
    for part in (adapter.vision_tower, adapter.language_model):
        for name, weight in sorted(part.state_dict().items()):
            digest.update(f"{name}{tuple(weight.shape)}{weight.dtype}".encode())
            digest.update(weight.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _unique(parts: Sequence[nn.Module]) -> Iterator[nn.Parameter]:
    seen: set[int] = set()
    for parameter in (p for part in parts for p in part.parameters()):
        if id(parameter) not in seen:
            seen.add(id(parameter))
            yield parameter
