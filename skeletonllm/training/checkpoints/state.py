"""A checkpoint: what was trained, the optimizer, and what both belong to.

A folder of ``weights.safetensors`` (renderer and every part that this stage or one before it has
trained: all that evaluation needs), ``training.safetensors`` (optimizer), a file of the random
state of each rank, and ``state.json``. Nothing in it is a pickle.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from schemas.versions import same_major
from skeletonllm.errors import StateError, UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.storage import join, list_files, read_bytes
from skeletonllm.tasks.registry import get_task
from skeletonllm.training.guard import check_weights
from skeletonllm.training.precision import keep_in_float32
from skeletonllm.training.stages import RENDERER, TrainingStage
from skeletonllm.training.trainer import Trainer, choose_parts

SCHEMA = "skeletonllm.checkpoint"
SCHEMA_VERSION = "2.0.0"
"""2.0: a stage counts in epochs and in clips of all ranks, frozen parts are known by a fingerprint
of all that is not trained, and parts of earlier stages are held."""

Tensors = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class TrainState:
    """Everything a stage needs to go on as if it had never stopped.

    Args:
        step: Steps done.
        stage: The stage they were done in.
        steps: Of the whole stage.
        held: Parts of the adapter that this stage, or one before it, has trained, sorted.
        weights: ``<part>.*`` of the renderer and of each part that is held.
        training: ``optimizer.<index>.<name>``.
        stream: Where the next batch comes from.
        owner: What else it belongs to (model, release, renderer configuration), by name.
    """

    step: int
    stage: TrainingStage
    steps: int
    held: tuple[str, ...]
    weights: Tensors
    training: Tensors
    stream: dict[str, Any]
    owner: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, step: int, trainer: Trainer, stream: dict[str, Any], held: Sequence[str] = ()
    ) -> TrainState:
        """A copy of the state of a trainer.

        Args:
            step: Steps done.
            trainer: What is being trained.
            stream: State of its stream.
            held: Parts that earlier stages have trained.
        """
        stage = trainer.stage
        parts = hold_parts(stage, held)
        weights = _weights(_saved_parts(parts, trainer.renderer, trainer.adapter))
        copies = {name: t.clone() for name, t in _optimizer_tensors(trainer.optimizer).items()}
        return cls(step, stage, trainer.steps, parts, weights, copies, stream)

    def belongs_to(self, **owner: Any) -> TrainState:
        """The same state with the names of what it belongs to."""
        return replace(self, owner=owner)

    def restore(self, trainer: Trainer) -> int:
        """Put the state back; returns the number of steps done.

        Raises:
            StateError: Another stage, or tensors that do not fit.
        """
        if self.stage != trainer.stage:
            ours, theirs = trainer.stage.to_json(), self.stage.to_json()
            differ = {k: (theirs[k], ours[k]) for k in ours if ours[k] != theirs[k]}
            text = "; ".join(f"{k} was {was!r}, is {now!r}" for k, (was, now) in differ.items())
            raise StateError(
                f"the checkpoint was trained otherwise: {text}",
                hint="Resume with the same flags, or choose a new output.",
            )
        self.load_weights(trainer.renderer, trainer.adapter)
        _fill_optimizer(trainer.optimizer, self.training)
        return self.step

    def load_weights(self, renderer: nn.Module, adapter: Adapter) -> None:
        """Put the trained weights into a renderer and the parts of an adapter.

        Args:
            renderer: Like the one that was trained.
            adapter: Like the one that was trained.

        Raises:
            StateError: Names or shapes differ; the message lists the first ones.
            TrainingError: A weight is not finite.
        """
        check_weights(self.weights, "checkpoint")
        parts = _saved_parts(self.held, renderer, adapter)
        keep_in_float32(
            parts.values()
        )  # they were trained so; bfloat16 would lose what was learned
        for part, module in parts.items():
            saved = {
                name.removeprefix(f"{part}."): tensor
                for name, tensor in self.weights.items()
                if name.startswith(f"{part}.")
            }
            _check_fit(part, module.state_dict(), saved)
            module.load_state_dict(saved)

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
            "code": {"skeletonllm": version("skeletonllm"), "torch": version("torch")},
            "prompt": get_task(self.stage.task).version,
            "step": self.step,
            "steps": self.steps,
            "stage": self.stage.to_json(),
            "held": list(self.held),
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
            raise _not_whole(error, str(folder)) from error
        _check_header(header, str(folder))
        stage = TrainingStage.from_json(header["stage"])
        _check_field(header, "prompt", get_task(stage.task).version, str(folder))
        held = tuple(header["held"])
        places = header["step"], stage, header["steps"], held
        return cls(*places, weights, training, header["stream"], header["owner"])


def read_state(url: str) -> TrainState:
    """The checkpoint at any URL, local or remote.

    Raises:
        StateError: There is none, it is incomplete, or of another version.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in list_files(url):
            (Path(folder) / Path(name).name).write_bytes(read_bytes(join(url, name)))
        try:
            return TrainState.read(Path(folder))
        except StateError as error:
            error.where = url
            raise


def read_header(url: str) -> dict[str, Any]:
    """``state.json`` of the checkpoint at any URL: what it is, without its weights.

    Raises:
        StateError: There is none, or it is of another version.
    """
    try:
        header: dict[str, Any] = json.loads(read_bytes(join(url, "state.json")))
    except (OSError, ValueError, UsageError) as error:
        raise _not_whole(error, url) from error
    _check_header(header, url)
    return header


def _check_fit(part: str, own: Tensors, saved: Tensors) -> None:
    names = sorted(own.keys() | saved.keys())
    wrong = [name for name in names if _shape(own, name) != _shape(saved, name)]
    if wrong:
        raise StateError(
            f"{part}: {len(wrong)} tensors do not fit, first {wrong[0]!r} of shape "
            f"{_shape(saved, wrong[0])}",
            expected=f"{_shape(own, wrong[0])}",
            hint="Was it trained with another model or renderer?",
        )


def _not_whole(error: Exception, where: str) -> StateError:
    return StateError(
        f"no whole checkpoint ({type(error).__name__})",
        where=where,
        hint="Give a folder with state.json, as `train` writes it.",
    )


def _check_header(header: dict[str, Any], where: str) -> None:
    _check_field(header, "schema", SCHEMA, where)
    if not same_major(header.get("schema_version"), SCHEMA_VERSION):
        _check_field(header, "schema_version", SCHEMA_VERSION, where)


def _check_field(header: dict[str, Any], name: str, expected: str, where: str) -> None:
    if header.get(name) != expected:
        raise StateError(
            f"{name} {header.get(name)!r}",
            expected=repr(expected),
            where=where,
            hint="Read it with the version of skeletonllm that wrote it.",
        )


def hold_parts(stage: TrainingStage, held: Sequence[str]) -> tuple[str, ...]:
    """Parts of the adapter that a stage trains or that came trained from a stage before it, sorted.

    Args:
        stage: The stage.
        held: Parts that earlier stages have trained.
    """
    return tuple(sorted({*held, *stage.trains} - {RENDERER}))


def _saved_parts(
    held: Sequence[str], renderer: nn.Module, adapter: Adapter
) -> Mapping[str, nn.Module]:
    """What a checkpoint holds: the renderer, trained or not, since evaluation must show the same
    pictures, and every part of the adapter that was ever trained."""
    return choose_parts([RENDERER, *held], renderer, adapter)


def _weights(parts: Mapping[str, nn.Module]) -> Tensors:
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
