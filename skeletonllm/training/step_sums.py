"""The sums of one step: losses, clips, tokens and wishes, exchanged among ranks in one vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skeletonllm.tasks.task import Example
from skeletonllm.training.agreement import sum_over_ranks

_HEAD = 3
"""Numbers of :class:`StepSums` before those of losses."""


class StepSums:
    """Sums of one step, of this rank and, once gathered, of all.

    Args:
        parts: Names of the parts of the mixture, the same on every rank.
        device: Where they are summed.
        save: Whether this rank wishes for a checkpoint.
    """

    def __init__(self, parts: Sequence[str], device: torch.device, *, save: bool) -> None:
        self.parts = tuple(parts)
        # Clips, the wish for a checkpoint, tokens; then loss and weight of all and of each part.
        self._sums = torch.zeros(_HEAD + 2 * (1 + len(parts)), dtype=torch.float64, device=device)
        self._sums[1] = float(save)

    def add(self, examples: Sequence[Example], losses: Tensor, tokens: int) -> None:
        """Count clips that went through the model.

        Args:
            examples: The clips.
            losses: Their weighted losses [B].
            tokens: That the language model read of them.
        """
        self._sums[0] += len(examples)
        self._sums[2] += tokens
        for example, loss in zip(examples, losses.double(), strict=True):
            places = [0] + [1 + n for n, part in enumerate(self.parts) if part == example.part]
            for place in places:
                self._sums[_HEAD + 2 * place] += loss
                self._sums[_HEAD + 1 + 2 * place] += example.weight

    def gather(self) -> None:
        """Sum over all ranks."""
        self._values = sum_over_ranks(self._sums).tolist()

    @property
    def clips(self) -> int:
        """Questions that went through the model."""
        return round(self._values[0])

    @property
    def save(self) -> bool:
        """Whether a rank wished for a checkpoint."""
        return self._values[1] > 0

    @property
    def tokens(self) -> int:
        """That the language model read."""
        return round(self._values[2])

    @property
    def weight(self) -> float:
        """Of all questions."""
        return float(self._values[_HEAD + 1])

    @property
    def loss(self) -> float:
        """Weighted mean."""
        return self._mean(0)

    @property
    def losses(self) -> dict[str, float]:
        """Weighted mean of each part that had a question."""
        numbered = enumerate(self.parts, 1)
        return {p: self._mean(n) for n, p in numbered if self._values[_HEAD + 1 + 2 * n] > 0}

    def _mean(self, place: int) -> float:
        loss, weight = self._values[_HEAD + 2 * place : _HEAD + 2 + 2 * place]
        return loss / weight if weight else 0.0
