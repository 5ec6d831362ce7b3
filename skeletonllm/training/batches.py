"""Batches of examples: from a stream, which frames of them are shown, and motions exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import sample_frames
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks.task import Example, Task
from skeletonllm.training.agreement import gather_damage


class ExampleBatch(list[Example]):
    """The examples of one rank in one step.

    Args:
        examples: One a sample that the task can ask about.
        damaged: Samples of this step that any rank found damaged.
    """

    def __init__(self, examples: Iterable[Example], damaged: int = 0) -> None:
        super().__init__(examples)
        self.damaged = damaged


class ExampleStream:
    """Batches of the examples that a task makes of a stream's samples, epoch after epoch.

    A sample that the task cannot ask about is left out: a batch may be shorter than the stream's,
    even empty, but it is never skipped, since all ranks must make the same steps. Each rank counts
    the damage of all, so that they stop at the same step.

    Args:
        stream: Batches of samples.
        task: What is asked about them.

    Example:
        >>> stream = Stream(release, View(), batch_size=24)  # doctest: +SKIP
        >>> examples = ExampleStream(stream, get_task("recognition"))  # doctest: +SKIP
    """

    def __init__(self, stream: Stream, task: Task) -> None:
        self.stream, self.task = stream, task

    def __iter__(self) -> Iterator[ExampleBatch]:
        """Batches from the stream's current place on, without end.

        Raises:
            ReleaseError: Too many samples are damaged.
        """
        candidates = self.stream.candidates
        while True:
            for batch in self.stream:
                damaged = gather_damage(batch.damaged)
                self.stream.damage.add(damaged)
                self.stream.damage.check()
                made = (self.task.example(sample, candidates) for sample in batch)
                yield ExampleBatch((e for e in made if e is not None), len(damaged))

    def state(self) -> dict[str, Any]:
        """The stream's own state."""
        return self.stream.state()


def choose_frames(
    examples: Sequence[Example], count: int, seed: Sequence[int] | None = None
) -> Tensor:  # [B, count]
    """Indices of the frames that are shown, int64 [B, count]: one of each of ``count`` segments.

    Args:
        examples: The clips; each is cut into equal segments.
        count: Frames of each.
        seed: Numbers that a random choice depends on, such as (seed, step, rank); None takes the
            middle of each segment, as evaluation does.
    """
    rng = None if seed is None else np.random.default_rng(list(seed))
    mode: Literal["uniform", "jitter"] = "uniform" if rng is None else "jitter"
    rows = [sample_frames(e.motion.num_frames, count, mode, rng) for e in examples]
    return torch.from_numpy(np.stack(rows))


def permute_motions(examples: Sequence[Example], seed: Sequence[int]) -> list[Example]:
    """Every example with the motion of another one, by a random cycle through all of them.

    Args:
        examples: The batch; a single example keeps its motion.
        seed: Numbers that the cycle depends on.
    """
    # A cycle, not any permutation: under one in which a clip may keep its own motion, picture and
    # label would still agree more often than by chance, and a control must not let them.
    order = np.random.default_rng(list(seed)).permutation(len(examples))
    permuted = list(examples)
    for receiver, giver in zip(order, np.roll(order, 1), strict=True):
        permuted[receiver] = replace(examples[receiver], motion=examples[giver].motion)
    return permuted
