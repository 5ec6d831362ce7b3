from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch

from skeletonllm.defaults import TINY
from skeletonllm.draction.baselines import VelocitySticks
from skeletonllm.draction.config import PARTS, DrActionConfig
from skeletonllm.errors import RenderError, StateError, UsageError
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.training import ModelSpec, check_fingerprint

TRAINED = ("renderer", "projector")


def test_a_description_builds_the_same_model_twice() -> None:
    spec = ModelSpec(source=TINY, size=56, texts=("wave", "sit down"), seed=3)
    again = ModelSpec.from_json(spec.to_json())
    assert again == spec
    renderer, adapter = spec.build("cpu")
    check_fingerprint(again.build("cpu")[1], TRAINED, fingerprint(adapter, TRAINED))
    assert (renderer.config.size, renderer.config.patch) == (56, adapter.patch)


def test_a_renderer_that_does_not_learn_is_part_of_the_description() -> None:
    spec = ModelSpec(source=TINY, size=56, renderer="velocity_sticks")
    again = ModelSpec.from_json(spec.to_json())
    assert isinstance(again.build("cpu")[0], VelocitySticks)
    with pytest.raises(RenderError, match="unknown renderer 'sticks'; expected one of draction"):
        ModelSpec(source=TINY, size=56, renderer="sticks").build("cpu")


@pytest.mark.parametrize("parts", [PARTS, ("halos",), ()])
def test_the_parts_of_the_picture_belong_to_the_description(parts: tuple[str, ...]) -> None:
    spec = ModelSpec(source=TINY, size=56, parts=parts)
    again = ModelSpec.from_json(spec.to_json())
    assert again == spec
    config = again.build("cpu")[0].config
    assert tuple(part for part in PARTS if getattr(config, part)) == parts


def test_first_weights_say_what_the_renderer_looks_like() -> None:
    drawn = asdict(DrActionConfig(size=448, camera="sensor", hidden=16, halos=False))
    spec = ModelSpec(source=TINY, size=56, drawn=drawn)
    config = ModelSpec.from_json(spec.to_json()).build("cpu")[0].config
    assert (config.size, config.patch, config.camera) == (56, 14, "sensor")
    assert (config.hidden, config.halos) == (16, False)


def test_a_lora_belongs_to_the_description_and_to_no_fingerprint() -> None:
    plain = ModelSpec(source=TINY, size=56)
    with_lora = replace(plain, lora={"r": 4, "alpha": 8, "dropout": 0.0, "seed": 0})
    adapter = ModelSpec.from_json(with_lora.to_json()).build("cpu")[1]
    assert "lora" in adapter.parts()
    check_fingerprint(adapter, TRAINED, fingerprint(plain.build("cpu")[1], TRAINED))


def test_frozen_weights_have_the_precision_that_is_asked_for() -> None:
    adapter = ModelSpec(source=TINY, size=56, dtype="bfloat16").build("cpu")[1]
    assert {p.dtype for p in adapter.parts()["language_model"].parameters()} == {torch.bfloat16}


def test_another_frozen_model_is_refused() -> None:
    _, adapter = ModelSpec(source=TINY, size=56, texts=("wave",), seed=1).build("cpu")
    other = ModelSpec(source=TINY, size=56, texts=("wave",)).build("cpu")[1]
    with pytest.raises(
        StateError, match="has the fingerprint .*; expected .*, that of the training"
    ):
        check_fingerprint(adapter, TRAINED, fingerprint(other, TRAINED))


def test_a_size_the_model_cannot_see_and_a_model_that_is_not_there() -> None:
    with pytest.raises(RenderError, match="size 60 and patch 14"):
        ModelSpec(source=TINY, size=60).build("cpu")
    with pytest.raises(UsageError, match="/no/such/model: no model checkpoint"):
        ModelSpec(source="/no/such/model", size=56).build("cpu")
