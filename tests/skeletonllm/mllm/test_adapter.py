from __future__ import annotations

from collections.abc import Mapping

import pytest
from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm import InternVLAdapter, tiny_internvl, train_only


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


class _Convolutional(InternVLAdapter):
    def base_parts(self) -> Mapping[str, nn.Module]:
        return {**super().base_parts(), "vision_tower": nn.Conv2d(3, 1, 3)}


def test_a_tower_that_cannot_recompute_is_named(adapter: InternVLAdapter) -> None:
    other = _Convolutional(adapter.model, adapter.tokenizer, adapter.picture)
    other.checkpoint_activations(False)
    with pytest.raises(UsageError, match="vision_tower has no layer whose activations can be"):
        other.checkpoint_activations(True)
