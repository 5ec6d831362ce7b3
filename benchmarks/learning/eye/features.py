"""What the frozen tower sees in pictures of clips: computed once, kept on disk, resumed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from benchmarks.learning.eye.arms import FRAMES, SIZE, Draw, compute_fingerprint, draw_motions
from benchmarks.learning.eye.corpus import Corpus, Index
from benchmarks.learning.eye.turned import make_version
from skeletonllm.mllm.small.tower import WIDTH

Features = npt.NDArray[np.float16]

BATCH = 4
"""Clips drawn at once; 32 pictures of 112 px keep the tower's layers in the cache."""
SAVED_EVERY = 200
"""Clips; a kill costs no more than these."""
RECIPE = "lite0-112-8"
"""Tower, size and frames; kept features of another recipe are never read."""


@dataclass
class Spent:
    """Seconds of work on clips."""

    clips: int = 0
    drawing: float = 0.0
    looking: float = 0.0

    def __str__(self) -> str:
        each = 1000 / max(self.clips, 1)
        drawing, looking = self.drawing * each, self.looking * each
        return f"{self.clips} clips, {drawing:.1f} ms to draw one, {looking:.1f} ms to look at it"


@dataclass(eq=False)
class Kept:
    """Features of some clips of a corpus.

    Args:
        file: Where they are kept.
        done: bool [N], of which clips.
        features: float16 [N, FRAMES, WIDTH], zeros where not done.
    """

    file: Path
    done: npt.NDArray[np.bool_]
    features: Features

    @classmethod
    def load(cls, file: Path, clips: int) -> Kept:
        """What is in a file, if it is there and of a corpus of so many clips.

        Args:
            file: An ``npz``.
            clips: Of the corpus, N.
        """
        done, features = np.zeros(clips, bool), np.zeros((clips, FRAMES, WIDTH), np.float16)
        if file.exists():
            with np.load(file) as stored:
                if len(stored["done"]) == clips:
                    done = stored["done"]
                    features[done] = stored["features"]
        return cls(file, done, features)

    def save(self) -> None:
        """Write all that is done; a kill meanwhile leaves the file as it was."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(f".{os.getpid()}")  # another process may save too
        with partial.open("wb") as out:
            np.savez(out, done=self.done, features=self.features[self.done])
        partial.rename(self.file)


@dataclass(eq=False)
class FeatureStore:
    """Features of renderers on a corpus, by renderer and version of the clips.

    Args:
        folder: Where they are kept.
        make_tower: Called when the first feature is computed.
        spent: Grows with the work.
    """

    folder: Path
    make_tower: Callable[[], nn.Module]
    spent: Spent = field(default_factory=Spent)

    @cached_property
    def tower(self) -> nn.Module:
        """Pictures [N, 3, H, W] to vectors [N, WIDTH]."""
        return self.make_tower()

    @cached_property
    def _black(self) -> Tensor:
        return torch.as_tensor(self.tower(torch.zeros(1, 3, SIZE, SIZE)))

    def name_renderer(self, name: str, draw: Draw, corpus: Corpus) -> str:
        """Name and fingerprint of a renderer on three training clips of a corpus.

        Args:
            name: Any.
            draw: The renderer.
            corpus: Its first, middle and last training clip are drawn.
        """
        some = corpus.train[[0, len(corpus.train) // 2, -1]]
        motions = [corpus.clips[i].motion for i in some]
        plain = re.sub(r"[^\w=.-]+", "_", name)
        return f"{plain}-{compute_fingerprint(draw, motions)}"

    def fetch(
        self, key: str, draw: Draw, corpus: Corpus, clips: Index, versions: range
    ) -> Features:
        """Features [clips, versions, FRAMES, WIDTH]; those that are not kept are computed.

        Args:
            key: From :meth:`name_renderer`.
            draw: The renderer.
            corpus: The corpus.
            clips: Indices into it; no other clip is drawn.
            versions: Of each clip, see :func:`make_version`.
        """
        return np.stack([self._fetch(key, draw, corpus, clips, v) for v in versions], 1)

    def _fetch(self, key: str, draw: Draw, corpus: Corpus, clips: Index, version: int) -> Features:
        file = self.folder / RECIPE / corpus.name / key / f"version-{version}.npz"
        kept = Kept.load(file, len(corpus))
        missing = clips[~kept.done[clips]]
        for start in range(0, len(missing), SAVED_EVERY):
            some = missing[start : start + SAVED_EVERY]
            for batch in _list_batches(some):
                kept.features[batch] = self._compute(draw, corpus, batch, version)
            kept.done[some] = True
            kept.save()
        return kept.features[clips]

    def _compute(self, draw: Draw, corpus: Corpus, batch: Index, version: int) -> Features:
        start = time.perf_counter()
        motions = [make_version(corpus.clips[i], version) for i in batch]
        pictures = draw_motions(draw, motions)
        drawn = time.perf_counter()
        features = self.look(pictures).to(torch.float16).numpy()
        self.spent.clips += len(batch)
        self.spent.drawing += drawn - start
        self.spent.looking += time.perf_counter() - drawn
        return features

    @torch.no_grad()
    def look(self, pictures: Tensor) -> Tensor:
        """Vectors [B, FRAMES, WIDTH] of pictures [B, FRAMES, 3, H, W], without gradient."""
        flat = pictures.flatten(0, 1)
        vectors = self.tower(flat) if flat.any() else self._black.expand(len(flat), -1)
        return vectors.view(*pictures.shape[:2], -1)


def _list_batches(clips: Index) -> Iterator[Index]:
    for start in range(0, len(clips), BATCH):
        yield clips[start : start + BATCH]
