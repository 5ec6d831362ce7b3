"""The contract of a multimodal LLM: it sees frames, reads a prompt, and gives a loss or scores.

An adapter turns rendered frames into what its model expects, differentiably, so that the gradient
of the loss reaches the renderer. What a model family does its own way (normalization, image
tokens, chat format) stays behind this contract.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skeletonllm.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a model is loaded; a family uses what applies to it.

    Args:
        device: Where the weights go.
        dtype: Of a checkpoint's weights; bfloat16 for published models on a GPU.
        size: Side of a frame in pixels, for a model that is made and not loaded.
        texts: What the tokenizer of such a model knows as whole words.
        seed: Of the weights of such a model.
    """

    device: torch.device | str = "cpu"
    dtype: torch.dtype = torch.float32
    size: int = 56
    texts: tuple[str, ...] = ()
    seed: int = 0


class Adapter(nn.Module, ABC):
    """A multimodal LLM that answers questions about rendered clips.

    Prompts hold one ``<image>`` for each frame; answers are plain text, and the adapter adds the
    model's own end of turn.
    """

    @property
    @abstractmethod
    def patch(self) -> int:
        """Pixels a side of the square that one visual token sees."""

    @abstractmethod
    def parts(self) -> Mapping[str, nn.Module]:
        """The modules that a stage may train, by name, such as ``projector``.

        Together they hold every weight that a checkpoint of a training run must fit to. A name
        has no dot, and is not ``renderer``.
        """

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

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            answers: The right answer to each.
            weights: Of the clips [B]; None counts all alike.
        """

    @abstractmethod
    def score_candidates(
        self,
        frames: Tensor,  # [B, T, 3, H, W] in 0..1
        prompts: Sequence[str],
        candidates: Sequence[Sequence[str]],
    ) -> list[Tensor]:
        """Log-likelihood of each candidate answer, one float32 tensor [C_i] a clip.

        The sum over the tokens of a candidate with its end of turn: the probability that the
        model says exactly this, so no length normalization is needed to compare answers.

        Args:
            frames: Rendered frames [B, T, 3, H, W] in 0..1.
            prompts: One a clip.
            candidates: The answers to compare, for each clip.
        """


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


def hash_frozen_parts(adapter: Adapter, trained: Collection[str]) -> str:
    """SHA-256 of the weights that are not trained, in hex: what a trained part belongs to.

    Args:
        adapter: The model.
        trained: Names of its parts that are trained; others, such as ``renderer``, are ignored.
    """
    digest = hashlib.sha256()
    for part in (module for name, module in adapter.parts().items() if name not in trained):
        for name, weight in sorted(part.state_dict().items()):
            digest.update(f"{name}{tuple(weight.shape)}{weight.dtype}".encode())
            digest.update(weight.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _unique(parts: Sequence[nn.Module]) -> Iterator[nn.Parameter]:
    listed: set[int] = set()
    for parameter in (p for part in parts for p in part.parameters()):
        if id(parameter) not in listed:
            listed.add(id(parameter))
            yield parameter
