"""The training loop. It knows nothing of Ray, files or releases, and no task by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from torch import nn

from skeletonllm.errors import UsageError
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.tasks.task import Example
from skeletonllm.training.stages import TrainingStage
from skeletonllm.training.state import TrainState
from skeletonllm.training.trainer import Trainer

Report = Callable[[dict[str, Any]], None]
Save = Callable[[TrainState], None]


class Batches(Protocol):
    """Batches of this rank, and where in them one is."""

    def __iter__(self) -> Iterator[Sequence[Example]]:
        """The batches from the current place on."""
        ...

    def state(self) -> dict[str, Any]:
        """Where the next batch comes from; only what was given out counts."""
        ...


def train_stage(
    stage: TrainingStage,
    stream: Batches,
    renderer: nn.Module,
    adapter: Adapter,
    *,
    report: Report,
    save: Save,
    resume: TrainState | None = None,
    save_every: int = 0,
    rank: int = 0,
) -> None:
    """Train to the last step of a stage.

    Args:
        stage: What to train, on how much.
        stream: Batches of this rank; already at its place when resuming.
        renderer: DrAction, called as ``renderer(batch, frames) -> Rendering``.
        adapter: The multimodal LLM.
        report: Gets ``{"step", "loss", "rate", "clips", "damaged"}`` after each step: of ``clips``
            those of this rank, of ``damaged`` samples those of all ranks.
        save: Gets the state every ``save_every`` steps and after the last one.
        resume: A state of the same stage; training goes on behind it with identical losses.
        save_every: Steps between saves; 0 saves at the end only.
        rank: Of this process; each rank shows other frames.

    Raises:
        UsageError: The stream ends before the stage does.
        ReleaseError: Too many samples are damaged.
        StateError: ``resume`` does not fit.

    Example:
        >>> train_stage(  # doctest: +SKIP
        ...     WARM_UP, stream, renderer, adapter, report=print, save=states.append
        ... )
    """
    trainer = Trainer(stage, renderer, adapter, rank=rank)
    start = resume.restore(trainer) if resume else 0
    batches = iter(stream)
    for step in range(start, stage.steps):
        batch = next(batches, None)
        if batch is None:
            raise UsageError(f"the stream ended at step {step}", expected=f"{stage.steps} steps")
        loss = trainer.train_step(batch, step)
        clips, done = sum(example.weight > 0 for example in batch), step + 1
        line = {"step": done, "loss": loss, "rate": stage.rate(step)}
        report({**line, "clips": clips, "damaged": getattr(batch, "damaged", 0)})
        if done == stage.steps or (save_every and done % save_every == 0):
            save(TrainState.of(done, trainer, stream.state()))
