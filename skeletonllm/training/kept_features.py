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
        stage: Says what is drawn of a clip.
        renderer: What draws; it must not learn.
        adapter: Its ``look`` sees pictures, and it takes features in the place of frames.
        source: Hash of the release, as clips of two releases may share an id.

    Example:
        >>> kept = KeptFeatures(cache, stage, renderer, adapter, "")  # doctest: +SKIP
        >>> features = kept.fetch(examples, frames, draw)  # doctest: +SKIP
    """

    def __init__(
        self,
        cache: FeatureCache,
        stage: TrainingStage,
        renderer: Renderer,
        adapter: Adapter,
        source: str,
    ) -> None:
        self.cache, self.stage, self.adapter = cache, stage, adapter
        self._source, self._tower = source, hash_module(adapter.parts()[TOWER])
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
        stage, draws = self.stage, self.stage.draws
        assert draws is not None
        drawn = f"{stage.seed}/{example.epoch % draws}/{example.repeat}"
        return FeatureKey(
            clip_id=f"{self._source}/{example.key}",
            renderer=self._renderer,
            tower=self._tower,
            frames=tuple(frames),
            draw=f"{drawn} {stage.augmentation.describe()}" if stage.augmentation.is_on else "",
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
