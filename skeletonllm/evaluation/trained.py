"""A checkpoint as it is asked: its renderer, its model, and what it has learned from."""

from __future__ import annotations

from typing import Any

from torch import nn

from skeletonllm.mllm.adapter import Adapter
from skeletonllm.training.checkpoints.state import TrainState
from skeletonllm.training.model_spec import ModelSpec, check_fingerprint
from skeletonllm.views.view import View


def load_trained(state: TrainState, device: str) -> tuple[nn.Module, Adapter]:
    """The renderer and the model of a checkpoint, ready to be asked.

    Args:
        state: The checkpoint.
        device: Where they go.

    Raises:
        StateError: The model is not the one that was trained.
        TrainingError: A weight is not finite.
    """
    renderer, adapter = ModelSpec.from_json(state.owner["model"]).build(device)
    check_fingerprint(adapter, state.held, state.owner["frozen"])
    state.load_weights(renderer, adapter)
    return renderer, adapter


def get_trained_view(state: TrainState) -> View:
    """The clips that the last stage of a checkpoint learned from, and what it must not name."""
    return View(**{name: _tuple(value) for name, value in state.owner["view"].items()})


def get_trained_classes(state: TrainState) -> dict[str, tuple[str, ...]]:
    """Namespace -> the classes that the last stage could name, in order of their numbers.

    Empty where neither the checkpoint nor its view says them: before there was `ask`, a checkpoint
    told the classes only of a view that names its own.
    """
    if "classes" in state.owner:
        return {space: tuple(names) for space, names in state.owner["classes"].items()}
    view = get_trained_view(state)
    (space, *others) = view.namespaces or ("", "")
    return {} if others or view.labels is None else {space: view.labels}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
