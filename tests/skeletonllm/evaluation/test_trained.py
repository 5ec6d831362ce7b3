"""What a checkpoint says of its own training: the view, and the classes it could name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
import torch

from skeletonllm.errors import StateError
from skeletonllm.evaluation.trained import get_trained_classes, get_trained_view, load_trained
from skeletonllm.mllm.identity import fingerprint
from skeletonllm.training import ModelSpec, TrainState, get_stage
from skeletonllm.views.view import View

SPEC = ModelSpec(source="tiny", size=56, texts=("wave", "sit down"))


def make_state(view: View, **owner: Any) -> TrainState:
    stage = get_stage("warm_up", model="tiny")
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(view).items()}
    return TrainState(1, stage, 1, (), {}, {}, {}, {"view": plain, **owner})


def test_a_view_comes_back_as_it_was_trained() -> None:
    view = View(namespaces=("ntu",), unseen=("throw",), subjects=("1", "2"))
    assert get_trained_view(make_state(view)) == view


def test_classes_are_those_that_were_written_down() -> None:
    classes = {"ntu": ["wave", "sit down"], "lab": ["bow"]}
    state = make_state(View(), classes=classes)
    assert get_trained_classes(state) == {"ntu": ("wave", "sit down"), "lab": ("bow",)}


def test_an_older_checkpoint_knows_the_classes_of_a_view_that_names_them() -> None:
    named = View(namespaces=("ntu",), labels=("wave", "sit down"))
    assert get_trained_classes(make_state(named)) == {"ntu": ("wave", "sit down")}
    for silent in (View(namespaces=("ntu",)), View(), View(labels=("wave",)), View(namespaces=())):
        assert get_trained_classes(make_state(silent)) == {}
    two = View(namespaces=("ntu", "lab"), labels=("wave",))
    assert get_trained_classes(make_state(two)) == {}


def test_a_model_comes_back_with_its_weights_and_no_other_does() -> None:
    renderer, adapter = SPEC.build("cpu")
    projector = adapter.parts()["projector"]
    with torch.no_grad():
        next(projector.parameters()).add_(1)
    weights = {f"projector.{k}": v.clone() for k, v in projector.state_dict().items()}
    weights |= {f"renderer.{k}": v.clone() for k, v in renderer.state_dict().items()}
    frozen = fingerprint(adapter, ("projector",))
    owner = {"model": SPEC.to_json(), "frozen": frozen}
    stage = get_stage("warm_up", model="tiny")
    state = TrainState(1, stage, 1, ("projector",), weights, {}, {}, owner)
    _, loaded = load_trained(state, "cpu")
    found = loaded.parts()["projector"].state_dict()
    assert all(torch.equal(found[k], v) for k, v in projector.state_dict().items())
    with pytest.raises(StateError, match="fingerprint"):
        load_trained(state.belongs_to(**{**owner, "frozen": "0" * 64}), "cpu")
