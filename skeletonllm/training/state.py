"""A checkpoint: what was trained, the optimizer, and what both belong to.

A folder of ``weights.safetensors`` (renderer and projector: all a reader of results needs),
``training.safetensors`` (optimizer and random state: what a resume needs) and ``state.json``.
Nothing in it is a pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from schemas.versions import same_major
from skeletonllm.errors import StateError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.prompts import recognition
from skeletonllm.training.learner import Learner
from skeletonllm.training.stages import Stage

SCHEMA = "skeletonllm.checkpoint"
SCHEMA_VERSION = "1.0.0"

Tensors = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class TrainState:
    """Everything a stage needs to go on as if it had never stopped.

    Args:
        step: Steps done.
        stage: The stage they were done in.
        weights: ``renderer.*`` and ``projector.*``.
        training: ``optimizer.<index>.<name>`` and ``rng``.
        stream: Where the next batch comes from.
        owner: What else it belongs to (model, release, renderer configuration), by name.
    """

    step: int
    stage: Stage
    weights: Tensors
    training: Tensors
    stream: dict[str, Any]
    owner: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, step: int, learner: Learner, stream: dict[str, Any]) -> TrainState:
        """Copy the state out of what is being trained."""
        training = {"rng": torch.get_rng_state(), **_optimizer_tensors(learner.optimizer)}
        copies = {name: tensor.clone() for name, tensor in training.items()}
        weights = _weights(learner.renderer, learner.adapter)
        return cls(step, learner.stage, weights, copies, stream)

    def belongs_to(self, **owner: Any) -> TrainState:
        """The same state with the names of what it belongs to."""
        return replace(self, owner=owner)

    def restore(self, learner: Learner) -> int:
        """Put the state back; returns the number of steps done.

        Raises:
            StateError: Another stage, or tensors that do not fit.
        """
        if self.stage != learner.stage:
            ours, theirs = learner.stage.to_json(), self.stage.to_json()
            differ = {k: (theirs[k], ours[k]) for k in ours if ours[k] != theirs[k]}
            text = "; ".join(f"{k} was {was!r}, is {now!r}" for k, (was, now) in differ.items())
            raise StateError(
                f"the checkpoint was trained otherwise: {text}",
                hint="Resume with the same flags, or choose a new output.",
            )
        self.load_weights(learner.renderer, learner.adapter)
        _fill_optimizer(learner.optimizer, self.training)
        torch.set_rng_state(self.training["rng"])
        return self.step

    def load_weights(self, renderer: nn.Module, adapter: Adapter) -> None:
        """Put trained weights into a renderer and a projector.

        Raises:
            StateError: Names or shapes differ; the message lists the first ones.
        """
        for part, module in (("renderer", renderer), ("projector", adapter.projector)):
            found = {
                name.removeprefix(f"{part}."): tensor
                for name, tensor in self.weights.items()
                if name.startswith(f"{part}.")
            }
            _check_fit(part, module.state_dict(), found)
            module.load_state_dict(found)

    def write(self, folder: Path) -> None:
        """Write the checkpoint; ``state.json`` last, so a folder with it is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.weights, folder / "weights.safetensors")
        save_file(self.training, folder / "training.safetensors")
        text = json.dumps(self._header(), indent=2, sort_keys=True)
        (folder / "state.json").write_text(text + "\n")

    def _header(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "prompt": recognition.VERSION,
            "step": self.step,
            "stage": self.stage.to_json(),
            "stream": self.stream,
            "owner": self.owner,
        }

    @classmethod
    def read(cls, folder: Path) -> TrainState:
        """Read a checkpoint.

        Raises:
            StateError: None there, incomplete, or of another major version.
        """
        try:
            header = json.loads((folder / "state.json").read_text())
            weights = load_file(folder / "weights.safetensors")
            training = load_file(folder / "training.safetensors")
        except (OSError, ValueError) as error:
            raise StateError(
                f"no whole checkpoint ({type(error).__name__})",
                where=str(folder),
                hint="Give a folder with state.json, as `train` writes it.",
            ) from error
        _check_header(header, folder)
        stage = Stage.from_json(header["stage"])
        return cls(header["step"], stage, weights, training, header["stream"], header["owner"])


def _check_fit(part: str, own: Tensors, found: Tensors) -> None:
    names = sorted(own.keys() | found.keys())
    wrong = [name for name in names if _shape(own, name) != _shape(found, name)]
    if wrong:
        raise StateError(
            f"{part}: {len(wrong)} tensors do not fit, first {wrong[0]!r} of shape "
            f"{_shape(found, wrong[0])}",
            expected=f"{_shape(own, wrong[0])}",
            hint="Was it trained with another model or renderer?",
        )


def _check_header(header: dict[str, Any], folder: Path) -> None:
    expected = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "prompt": recognition.VERSION,
    }
    for name, value in expected.items():
        found = header.get(name)
        if found != value and not (name == "schema_version" and same_major(found, value)):
            raise StateError(
                f"{name} {found!r}",
                expected=repr(value),
                where=str(folder),
                hint="Read it with the version of skeletonllm that wrote it.",
            )


def _weights(renderer: nn.Module, adapter: Adapter) -> Tensors:
    parts = {"renderer": renderer, "projector": adapter.projector}
    return {
        f"{part}.{name}": tensor.detach().cpu().clone().contiguous()
        for part, module in parts.items()
        for name, tensor in module.state_dict().items()
    }


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    moments = optimizer.state_dict()["state"]
    return {
        f"optimizer.{index}.{name}": torch.as_tensor(value).detach().cpu()
        for index, values in moments.items()
        for name, value in values.items()
    }


def _fill_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".")
            moments.setdefault(int(index), {})[name] = tensor.clone()
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _shape(tensors: dict[str, Any], name: str) -> tuple[int, ...] | None:
    return tuple(tensors[name].shape) if name in tensors else None
