"""A small temporal convolutional network on joints, which answers with the nearest class name.

It maps a motion to where the name of its class lies among the vectors of a sentence model, and
learns by a softmax over the cosines with the names of the seen classes. So it can be asked for any
class, seen or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skeletonllm.evaluation.baselines.baseline import Baseline, Fitted, Measured, Setting
from skeletonllm.evaluation.baselines.meanings import Array, Meanings, compare_directions
from skeletonllm.evaluation.baselines.paths import CHANNELS, trace_joints
from skeletonllm.motion import Motion
from skeletonllm.negatives.embeddings import WIDTH

EPOCHS = (5, 10, 20, 40)
"""To choose from. The longest sets the time that a choice takes: 40 were minutes on one core."""
HIDDEN = 48
DILATIONS = (1, 2, 4)
"""With a kernel of 5 the last layer sees 29 of the 32 frames; the means and maxima over time see
all."""
DROPOUT = 0.3
LEARNING_RATE, WEIGHT_DECAY, BATCH = 1e-3, 1e-2, 32
SHARPNESS = 20.0
"""Factor of the cosines in the loss: the sentence model was trained with the same one."""


class TemporalNetwork(nn.Module):
    """From channels over time [B, C, T] to vectors [B, E].

    Args:
        channels: C.
        width: E.
    """

    def __init__(self, channels: int = CHANNELS, width: int = WIDTH) -> None:
        super().__init__()
        self.first = nn.Conv1d(channels, HIDDEN, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(HIDDEN, HIDDEN, 5, padding=2 * dilation, dilation=dilation)
            for dilation in DILATIONS
        )
        # Of each clip alone: no statistics of a batch, so an answer hangs on no other clip.
        self.norms = nn.ModuleList(nn.GroupNorm(1, HIDDEN) for _ in DILATIONS)
        self.dropout = nn.Dropout(DROPOUT)
        self.last = nn.Linear(2 * HIDDEN, width)

    def forward(self, paths: Tensor) -> Tensor:
        """Vectors [B, E] of paths [B, C, T]."""
        state = self.first(paths)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            state = state + self.dropout(functional.relu(layer(norm(state))))
        told = torch.cat([state.mean(dim=-1), state.amax(dim=-1)], dim=-1)
        return cast(Tensor, self.last(self.dropout(told)))


@dataclass(frozen=True, eq=False)
class FittedNetwork(Fitted):
    """A trained network, and what it was trained to see names from.

    Args:
        weights: Of the network, by name.
        centre: Mean of each channel in training, [C, 1].
        unit: Its standard deviation, [C, 1]; infinite where all values are equal.
        middle: Mean vector of the learned names, [E].
        meanings: Vectors of names.
    """

    weights: Mapping[str, Tensor]
    centre: Array
    unit: Array
    middle: Array
    meanings: Meanings

    def score(self, values: Array, candidates: Sequence[str]) -> Array:
        """See :meth:`Fitted.score`: cosines of where a clip is mapped to and of the names."""
        network = TemporalNetwork(values.shape[1], len(self.middle))
        network.load_state_dict(dict(self.weights))
        network.eval()
        with torch.no_grad():
            told = network(_standardize(values, self.centre, self.unit)).double().numpy()
        return compare_directions(told, self.meanings.embed(candidates) - self.middle)

    def arrays(self) -> Mapping[str, Array]:
        """See :meth:`Fitted.arrays`."""
        weights = {f"weights.{name}": value.numpy() for name, value in self.weights.items()}
        return {**weights, "centre": self.centre, "unit": self.unit, "middle": self.middle}


class TemporalBaseline(Baseline):
    """See the module."""

    name = "tcn"
    version = "1"
    settings = EPOCHS
    seeds = (0, 1, 2)

    def measure(self, motion: Motion) -> Array:
        """Channels over time, see :func:`trace_joints`."""
        return trace_joints(motion).astype(np.float32)

    def fit(self, trained: Measured, settings: Sequence[Setting], seed: int) -> list[Fitted]:
        """See :meth:`Baseline.fit`: one training, which is looked at after each number of epochs.

        Args:
            trained: The clips.
            settings: Numbers of epochs.
            seed: Of the first weights, of dropout and of the order of the clips.
        """
        centre = trained.values.mean(axis=(0, 2), dtype=np.float64)[:, None]
        spread = trained.values.std(axis=(0, 2), dtype=np.float64)[:, None]
        unit = np.where(spread > 1e-6, spread, np.inf)
        seen = self.meanings.embed(trained.classes)
        middle = seen.mean(axis=0)
        names = functional.normalize(torch.tensor(seen - middle, dtype=torch.float32))
        paths, codes = _standardize(trained.values, centre, unit), torch.tensor(trained.codes)
        kept = _train(paths, codes, names, {int(epochs) for epochs in settings}, seed)
        return [
            FittedNetwork(kept[int(epochs)], centre, unit, middle, self.meanings)
            for epochs in settings
        ]


def _standardize(values: Array, centre: Array, unit: Array) -> Tensor:
    return torch.tensor((values - centre) / unit, dtype=torch.float32)


def _train(
    paths: Tensor, codes: Tensor, names: Tensor, looks: set[int], seed: int
) -> dict[int, dict[str, Tensor]]:
    """Weights after each number of epochs in ``looks``."""
    with torch.random.fork_rng():  # who calls goes on drawing as if nothing had been drawn
        torch.manual_seed(seed)
        network = TemporalNetwork(paths.shape[1], names.shape[1])
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        kept = {}
        for epoch in range(1, max(looks) + 1):
            for batch in torch.split(torch.randperm(len(paths)), BATCH):
                told = functional.normalize(network(paths[batch]))
                loss = functional.cross_entropy(SHARPNESS * told @ names.T, codes[batch])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            if epoch in looks:
                kept[epoch] = {k: v.detach().clone() for k, v in network.state_dict().items()}
        return kept
