"""Batches of examples: from a stream, what is drawn for each of them, and motions exchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import sample_frames
from skeletonllm.stream.batch import Batch
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks.task import Candidates, Example, Task
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
    the damage of all, so that they stop at the same step. Candidates are those of the part that a
    sample was drawn for: a class that one corpus holds out is not named for another's clips.

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
        candidates = self.stream.candidates_by_part
        while True:
            for batch in self.stream:
                damaged = gather_damage(batch.damaged)
                self.stream.damage.add(damaged)
                self.stream.damage.check()
                yield ExampleBatch(self._ask(batch, candidates), len(damaged))

    def state(self) -> dict[str, Any]:
        """The stream's own state."""
        return self.stream.state()

    def _ask(self, batch: Batch, candidates: Sequence[Candidates]) -> Iterator[Example]:
        slots = zip(batch, batch.numbers, batch.parts, batch.repeats, strict=True)
        for sample, number, part, repeat in slots:
            example = self.task.example(sample, candidates[number])
            if example is not None:
                yield replace(example, epoch=batch.epoch, repeat=repeat, part=part)


def make_rng(
    example: Example, seed: int, purpose: str, draws: int | None = None
) -> np.random.Generator:
    """Random numbers of one question about one clip: the same on any rank and after any resume.

    They depend on the seed, the clip, the epoch and the repeat; not on the step, the rank or the
    place in the batch, which change with the number of workers.

    Args:
        example: The question.
        seed: Of the stage.
        purpose: What they are for, such as ``frames``: each purpose has numbers of its own.
        draws: After how many epochs the same numbers come again; None for never.

    Example:
        >>> example = Example("toy/0", None, "wave", ())  # doctest: +SKIP
        >>> make_rng(example, 0, "frames").random()  # doctest: +SKIP
    """
    if draws is not None:
        example = replace(example, epoch=example.epoch % draws)
    text = f"{example.draw_key(seed)}\0{example.repeat}\0{purpose}"
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))


def choose_frames(
    examples: Sequence[Example], count: int, seed: int | None = None, draws: int | None = None
) -> Tensor:  # [B, count]
    """Indices of the frames that are shown, int64 [B, count]: one of each of ``count`` segments.

    Args:
        examples: The clips; each is cut into equal segments.
        count: Frames of each.
        seed: Of the stage, see :func:`make_rng`; None takes the middle of each segment, as
            evaluation does.
        draws: As in :func:`make_rng`.
    """
    rows = []
    for example in examples:
        frames = example.motion.num_frames
        if seed is None:
            rows.append(sample_frames(frames, count))
        else:
            rng = make_rng(example, seed, "frames", draws)
            rows.append(sample_frames(frames, count, "jitter", rng))
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
