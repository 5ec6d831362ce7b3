"""What a frozen tower saw behind a fixed renderer: once for each draw of a clip, and kept.

Where neither the picture nor the tower learns, epochs differ in what was drawn of a clip alone (its
frames, its augmentation). A stage whose draws are counted comes back to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from torch import Tensor

from skeletonllm.draction.renderers import Renderer
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.mllm.small.feature_cache import FeatureCache, FeatureKey, hash_module
from skeletonllm.tasks.task import Example
from skeletonllm.training.stages import RENDERER, TrainingStage

Draw = Callable[[Sequence[Example], Tensor], Any]
"""Renders examples at frames [B, T]: a :class:`Rendering`."""
TOWER = "vision_tower"


class KeptFeatures:
    """Features of examples, from a cache or from a look.

    Args:
        cache: Where they are kept.
        renderer: What draws; it must not learn.
        adapter: Its ``look`` sees pictures, and it takes features in the place of frames.

    Example:
        >>> kept = KeptFeatures(cache, renderer, adapter)  # doctest: +SKIP
        >>> features = kept.fetch(examples, frames, draw)  # doctest: +SKIP
    """

    def __init__(self, cache: FeatureCache, renderer: Renderer, adapter: Adapter) -> None:
        self.cache, self.adapter = cache, adapter
        self._tower = hash_module(adapter.parts()[TOWER])
        drawn = f"{type(renderer).__name__} {asdict(renderer.config)} {hash_module(renderer)}"
        self._renderer = hashlib.sha256(drawn.encode()).hexdigest()

    def fetch(self, examples: Sequence[Example], frames: Tensor, draw: Draw) -> Tensor:
        """Features [B, T, C, h, w] on the adapter's device.

        Args:
            examples: Already augmented.
            frames: Indices of the frames that are shown, int64 [B, T].
            draw: Renders those that are not kept yet.
        """
        rows = frames.tolist()
        keys = [self._key(example, row) for example, row in zip(examples, rows, strict=True)]

        def look(missing: list[int]) -> Tensor:
            rendering = draw([examples[i] for i in missing], frames[missing])
            seen: Tensor = self.adapter.look(rendering.frames)  # type: ignore[operator]
            return seen

        return self.cache.fetch(keys, look).to(frames.device)

    def _key(self, example: Example, frames: Sequence[int]) -> FeatureKey:
        # The augmented motion itself: what was left out of an augmentation depends on more than
        # its numbers, such as the classes that no text may name.
        return FeatureKey(
            motion=example.motion.sha256,
            renderer=self._renderer,
            tower=self._tower,
            frames=tuple(frames),
        )


def keeps_features(stage: TrainingStage, renderer: Renderer, adapter: Adapter) -> bool:
    """Whether epochs of a stage see the same features again.

    Args:
        stage: Counts its draws, shows all tokens and exchanges no motions.
        renderer: Nothing of it learns.
        adapter: Takes features in the place of frames, and its tower does not learn.
    """
    fixed = RENDERER not in stage.trains or not any(True for _ in renderer.parameters())
    plain = not stage.foreground and not stage.permute_motions
    seen = hasattr(adapter, "look") and TOWER not in stage.trains
    return stage.draws is not None and fixed and plain and seen
