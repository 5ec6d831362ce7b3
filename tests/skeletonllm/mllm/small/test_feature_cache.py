"""Features on disk: computed once, told apart by all that they depend on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from skeletonllm.mllm.small.feature_cache import FeatureCache, FeatureKey, hash_module

KEY = FeatureKey(motion="a", renderer="sticks", tower="lite0", frames=(0, 4))
KEYS = [KEY, replace(KEY, motion="b"), replace(KEY, frames=(1, 5))]


def make_features(numbers: list[int]) -> Tensor:
    return torch.tensor(numbers).view(-1, 1, 1, 1, 1).expand(-1, 2, 3, 1, 1) / 3


def test_only_what_is_missing_is_computed(tmp_path: Path) -> None:
    cache, asked = FeatureCache(tmp_path), []

    def look(numbers: list[int]) -> Tensor:
        asked.append(numbers)
        return make_features(numbers)

    cache.fetch(KEYS[1:2], look)
    first = cache.fetch(KEYS, lambda some: look([n + 5 for n in some]))
    again = FeatureCache(tmp_path).fetch(KEYS, look)
    assert asked == [[0], [5, 7]]
    assert torch.equal(first, again)
    assert torch.allclose(again, make_features([5, 0, 7]), atol=1e-3)
    assert (cache.found, cache.computed) == (1, 3)


@pytest.mark.parametrize(
    "other",
    [
        {"motion": "b"},
        {"renderer": "body"},
        {"tower": "other"},
        {"frames": (0, 5)},
    ],
)
def test_another_motion_picture_or_tower_is_not_found(
    tmp_path: Path, other: dict[str, str]
) -> None:
    cache = FeatureCache(tmp_path)
    cache.put(KEY, make_features([1])[0])
    assert cache.get(KEY) is not None
    assert cache.get(replace(KEY, **other)) is None


def test_a_hash_knows_each_weight_and_buffer() -> None:
    module = nn.BatchNorm1d(2)
    hashes = [hash_module(module)]
    for name in ("weight", "running_mean"):
        getattr(module, name).data[1] += 1
        hashes.append(hash_module(module))
    assert len(set(hashes)) == 3
    assert hash_module(module) == hashes[-1]
