from __future__ import annotations

from collections.abc import Mapping

import pytest
from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm import InternVLAdapter, hash_frozen_parts, tiny_internvl, train_only


def test_only_what_is_named_is_trained() -> None:
    adapter = tiny_internvl(("wave",))
    trained = train_only([adapter.projector], adapter)
    named = {name for name, p in adapter.named_parameters() if p.requires_grad}
    assert len(named) == len(trained) == 6
    assert all("multi_modal_projector" in name for name in named)


def test_a_shared_parameter_is_trained_once() -> None:
    layer = nn.Linear(2, 2)
    assert len(train_only([layer, nn.Sequential(layer)])) == 2


def test_nothing_to_train_is_refused() -> None:
    with pytest.raises(UsageError, match="no parameter is left to train"):
        train_only([nn.ReLU()], nn.Linear(1, 1))


def test_the_hash_is_of_the_frozen_parts() -> None:
    adapter = tiny_internvl(("wave",))
    before = hash_frozen_parts(adapter, ("projector",))
    adapter.projector.linear_1.weight.data.add_(1)
    assert hash_frozen_parts(adapter, ("projector",)) == before
    adapter.language_model.norm.weight.data[0] += 1e-6
    assert hash_frozen_parts(adapter, ("projector",)) != before
    assert hash_frozen_parts(adapter, ("language_model", "projector")) != before


class _Convolutional(InternVLAdapter):
    def parts(self) -> Mapping[str, nn.Module]:
        return {**super().parts(), "vision_tower": nn.Conv2d(3, 1, 3)}


def test_a_tower_that_cannot_recompute_is_named(adapter: InternVLAdapter) -> None:
    other = _Convolutional(adapter.model, adapter.tokenizer, adapter.picture)
    other.checkpoint_activations(False)
    with pytest.raises(UsageError, match="vision_tower has no layer whose activations can be"):
        other.checkpoint_activations(True)
