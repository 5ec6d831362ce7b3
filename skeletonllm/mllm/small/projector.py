"""The projector: what the tower saw of a clip, as a few visual tokens a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

WAVES = 8
"""Waves that tell a place in 0..1, half a period to 4 periods long: 16 frames stay apart."""


@dataclass(frozen=True, kw_only=True)
class ProjectorOptions:
    """Shape of a projector.

    Args:
        features: Numbers of a cell of the tower's map.
        width: Numbers it works with.
        hidden: Width of the language model.
        layers: Attention layers over all cells of all frames; 0 keeps cells apart.
        heads: Of each.
        dropout: While training.
    """

    features: int = 1280
    width: int = 256
    hidden: int = 576
    layers: int = 1
    heads: int = 4
    dropout: float = 0.1


class Projector(nn.Module):
    """Maps of frames to visual tokens; a frame's tokens know of the frames before and after.

    The language model is small and frozen, so what happens between frames (a hand goes up, then
    down) is put together here, and not left to it.

    Args:
        options: Its shape.
        scale: Root mean square of a visual token at the start: that of the language model's own
            embeddings, which its first layer is used to.

    Example:
        >>> projector = Projector(ProjectorOptions(), scale=0.1)
        >>> projector(torch.zeros(2, 8, 1280, 1, 1)).shape
        torch.Size([2, 8, 1, 576])
    """

    def __init__(self, options: ProjectorOptions, scale: float) -> None:
        super().__init__()
        width = options.width
        self.options = options
        self.reduce = nn.Sequential(
            nn.LayerNorm(options.features), nn.Linear(options.features, width)
        )
        self.place = nn.Linear(3 * WAVES, width)
        self.drop = nn.Dropout(options.dropout)
        self.mix = nn.ModuleList(_make_layer(options) for _ in range(options.layers))
        last = nn.Linear(width, options.hidden)
        nn.init.normal_(last.weight, std=scale / math.sqrt(width))
        nn.init.zeros_(last.bias)
        self.write = nn.Sequential(nn.LayerNorm(width), last)

    def forward(self, features: Tensor) -> Tensor:
        """Visual tokens [B, T, n, D] of maps [B, T, features, h, w]; n is h w, row by row."""
        hidden = self.reduce(features.flatten(3).transpose(2, 3))
        waves = _wave_places(features.shape[1], *features.shape[3:]).to(hidden)
        hidden = self.drop(nn.functional.gelu(hidden + self.place(waves)))
        flat = hidden.flatten(1, 2)
        for layer in self.mix:
            flat = layer(flat)
        tokens: Tensor = self.write(flat).view(*hidden.shape[:3], -1)
        return tokens


def _make_layer(options: ProjectorOptions) -> nn.Module:
    return nn.TransformerEncoderLayer(
        options.width,
        options.heads,
        2 * options.width,
        options.dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )


def _wave_places(frames: int, height: int, width: int) -> Tensor:
    """When and where each cell is, as waves, [T, h w, 3 WAVES]."""
    axes = [(torch.arange(count) + 0.5) / count for count in (frames, height, width)]
    places = torch.cartesian_prod(*axes).view(frames, height * width, 3)
    periods = torch.arange(1, WAVES // 2 + 1) * math.pi
    angles = places[..., None] * periods
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(2)
