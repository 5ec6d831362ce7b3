"""The renderer and the model of a checkpoint, as they were trained."""

from __future__ import annotations

from torch import nn

from skeletonllm.mllm.adapter import Adapter
from skeletonllm.training import ModelSpec, TrainState, check_fingerprint


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
