from __future__ import annotations

import pytest

from skeletonllm.defaults import TINY
from skeletonllm.draction.baselines import VelocitySticks
from skeletonllm.draction.config import PARTS
from skeletonllm.errors import RenderError, StateError, UsageError
from skeletonllm.mllm import hash_frozen_parts
from skeletonllm.training import ModelSpec, check_frozen

TRAINED = ("renderer", "projector")


def test_a_description_builds_the_same_model_twice() -> None:
    spec = ModelSpec(source=TINY, size=56, texts=("wave", "sit down"), seed=3)
    again = ModelSpec.from_json(spec.to_json())
    assert again == spec
    renderer, adapter = spec.build("cpu")
    check_frozen(again.build("cpu")[1], TRAINED, hash_frozen_parts(adapter, TRAINED))
    assert (renderer.config.size, renderer.config.patch) == (56, adapter.patch)


def test_a_renderer_that_does_not_learn_is_part_of_the_description() -> None:
    spec = ModelSpec(source=TINY, size=56, renderer="velocity_sticks")
    again = ModelSpec.from_json(spec.to_json())
    assert isinstance(again.build("cpu")[0], VelocitySticks)
    before = {name: value for name, value in spec.to_json().items() if name != "renderer"}
    assert ModelSpec.from_json(before).renderer == "draction"
    with pytest.raises(RenderError, match="unknown renderer 'sticks'; expected one of draction"):
        ModelSpec(source=TINY, size=56, renderer="sticks").build("cpu")


@pytest.mark.parametrize("parts", [PARTS, ("halos",), ()])
def test_the_parts_of_the_picture_belong_to_the_description(parts: tuple[str, ...]) -> None:
    spec = ModelSpec(source=TINY, size=56, parts=parts)
    again = ModelSpec.from_json(spec.to_json())
    assert again == spec
    config = again.build("cpu")[0].config
    assert tuple(part for part in PARTS if getattr(config, part)) == parts


def test_a_description_from_before_the_parts_is_of_a_picture_without() -> None:
    data = ModelSpec(source=TINY, size=56).to_json()
    del data["parts"]
    assert ModelSpec.from_json(data).parts == ()


def test_another_frozen_model_is_refused() -> None:
    _, adapter = ModelSpec(source=TINY, size=56, texts=("wave",), seed=1).build("cpu")
    other = ModelSpec(source=TINY, size=56, texts=("wave",)).build("cpu")[1]
    with pytest.raises(StateError, match="have hash .*; expected .*, that of the training"):
        check_frozen(adapter, TRAINED, hash_frozen_parts(other, TRAINED))


def test_a_size_the_model_cannot_see_and_a_model_that_is_not_there() -> None:
    with pytest.raises(RenderError, match="size 60 and patch 14"):
        ModelSpec(source=TINY, size=60).build("cpu")
    with pytest.raises(UsageError, match="/no/such/model: no model checkpoint"):
        ModelSpec(source="/no/such/model", size=56).build("cpu")
