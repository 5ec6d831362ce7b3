"""What a frozen tower saw of clips behind a fixed renderer: computed once, kept on disk.

A file for each motion and choice of frames. Nothing is ever overwritten by something else: the name
of a file is a hash of all that its content depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

Look = Callable[[list[int]], Tensor]
"""Features [n, T, C, h, w] of those of a batch's clips whose numbers are given."""


@dataclass(frozen=True, kw_only=True)
class FeatureKey:
    """All that the features of a clip depend on.

    Args:
        motion: Hash of the motion that was drawn, as an augmentation left it.
        renderer: Hash of the renderer's configuration and weights, its size included.
        tower: Hash of the tower's weights, see :func:`hash_module`.
        frames: Indices of the frames that were drawn.
    """

    motion: str
    renderer: str
    tower: str
    frames: tuple[int, ...]

    @property
    def name(self) -> str:
        """SHA-256 of all fields, in hex."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()


@dataclass(eq=False)
class FeatureCache:
    """Features on disk, as float16; several processes may share a folder.

    Float16 keeps what EfficientNet says (0 to 6 after its last ReLU6, or means of it) to 3 digits:
    20 kB a clip of 8 frames, a token each.

    Args:
        folder: Made when the first features are put.
        found: How many were found so far.
        computed: How many were not.

    Example:
        >>> cache = FeatureCache(Path("features"))  # doctest: +SKIP
        >>> features = cache.fetch(keys, lambda some: adapter.look(render(some)))  # doctest: +SKIP
        >>> losses = adapter.losses(features, prompts, answers)  # doctest: +SKIP
    """

    folder: Path
    found: int = 0
    computed: int = 0

    def get(self, key: FeatureKey) -> Tensor | None:
        """Features [T, C, h, w] in float32, or None where nothing is kept."""
        try:
            return torch.from_numpy(np.load(self._place(key))).float()
        except FileNotFoundError:
            return None

    def put(self, key: FeatureKey, features: Tensor) -> None:
        """Keep features; a kill meanwhile leaves no broken file behind.

        Args:
            key: All that they depend on.
            features: [T, C, h, w].
        """
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_suffix(f".{os.getpid()}")  # another process may put the same
        with partial.open("wb") as out:
            np.save(out, features.detach().cpu().to(torch.float16).numpy())
        partial.rename(place)

    def fetch(self, keys: Sequence[FeatureKey], look: Look) -> Tensor:
        """Features [B, T, C, h, w] of a batch; what is not kept is computed, in one call.

        All are as they come from the disk, so that a first run equals a second.

        Args:
            keys: One a clip.
            look: Called with the numbers of the clips that are missing, if any.
        """
        missing = [i for i, key in enumerate(keys) if not self._place(key).exists()]
        if missing:
            with torch.no_grad():
                computed = look(missing)
            for i, features in zip(missing, computed, strict=True):
                self.put(keys[i], features)
        self.computed += len(missing)
        self.found += len(keys) - len(missing)
        return torch.stack([self._read(key) for key in keys])

    def _read(self, key: FeatureKey) -> Tensor:
        features = self.get(key)
        assert features is not None  # it was there, or put, a moment ago
        return features

    def _place(self, key: FeatureKey) -> Path:
        return self.folder / key.name[:2] / f"{key.name}.npy"


def hash_module(module: nn.Module) -> str:
    """SHA-256 of a module's weights and buffers, by name, in hex.

    Args:
        module: A tower, or a renderer; its configuration is not hashed.
    """
    digest = hashlib.sha256()
    for name, weight in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(weight.shape)}{weight.dtype}".encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
