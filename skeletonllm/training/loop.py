"""The training loop. It knows nothing of Ray, files or releases, and no task by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from skeletonllm.errors import UsageError
from skeletonllm.tasks.task import Example
from skeletonllm.training.agreement import take_from_first
from skeletonllm.training.checkpoints.state import TrainState
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
    trainer: Trainer,
    stream: Batches,
    *,
    report: Report,
    save: Save,
    resume: TrainState | None = None,
    held: Sequence[str] = (),
    clock: SaveClock | None = None,
) -> None:
    """Train to the last step of a stage.

    Args:
        trainer: The stage at work, with its renderer and its model.
        stream: Batches of this rank; already at its place when resuming.
        report: Gets ``{"step", "loss", "rate", "norm", "clips", "tokens", "damaged", "groups"}``
            after each step, all of them over all ranks; ``groups`` are the norms of the gradient by
            group of the renderer's parameters. With several parts of a mixture: ``losses`` of each.
        save: Gets the state whenever the clock of any rank says so, and after the last step.
        resume: A state of the same stage; training goes on behind it with identical losses.
        held: Parts that earlier stages have trained; they are saved, too.
        clock: When to save; None saves at the end only.

    Raises:
        UsageError: The stream ends before the stage does.
        ReleaseError: Too many samples are damaged.
        StateError: ``resume`` does not fit.
        TrainingError: A loss or a gradient is not finite.

    Example:
        >>> train_stage(trainer, stream, report=print, save=states.append)  # doctest: +SKIP
    """
    stage, steps = trainer.stage, trainer.steps
    start = resume.restore(trainer) if resume else 0
    # A checkpoint that lacks a tensor leaves it as each process happens to draw it.
    take_from_first(trainer.parameters)
    batches = iter(stream)
    for step in range(start, steps):
        batch = next(batches, None)
        if batch is None:
            raise UsageError(f"the stream ended at step {step}", expected=f"{steps} steps")
        done = step + 1
        last = done == steps
        result = trainer.train_step(batch, step, save=last or bool(clock and clock.is_due(done)))
        line = {"step": done, "loss": result.loss, "rate": stage.rate(step, steps)}
        damaged = getattr(batch, "damaged", 0)
        counted = {"clips": result.clips, "tokens": result.tokens, "damaged": damaged}
        by_part = {"losses": dict(result.losses)} if len(trainer.parts) > 1 else {}
        report({**line, "norm": result.norm, **counted, **by_part, "groups": dict(result.groups)})
        if result.save:
            save(TrainState.of(done, trainer, stream.state(), held))
            if clock:
                clock.restart()


class SaveClock:
    """Says when a checkpoint is due: every so many steps, or once so many minutes have passed.

    A clock is not the same on two machines. So its wish travels with the sums of a step, and one
    rank that wishes is enough: all of them save then.

    Args:
        every_steps: Steps between checkpoints; 0 for no such rule.
        every_minutes: Minutes between them; 0 for no such rule.
        now: Gives seconds.

    Example:
        >>> SaveClock(every_steps=20).is_due(40)
        True
    """

    def __init__(
        self,
        every_steps: int = 0,
        every_minutes: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._steps, self._seconds, self._now = every_steps, 60 * every_minutes, now
        self._last = now()

    def restart(self) -> None:
        """Count minutes from now on: a save that takes longer than them is not due again at once.

        Otherwise each step would be followed by a save, and hardly anything be learned.
        """
        self._last = self._now()

    def is_due(self, done: int) -> bool:
        """Whether a checkpoint should follow the step.

        Args:
            done: Steps done with it.
        """
        late = self._seconds > 0 and self._now() - self._last >= self._seconds
        if late:
            self.restart()
        return late or bool(self._steps and done % self._steps == 0)
