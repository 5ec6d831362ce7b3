"""What the loop eats: a clip, a question, its answer; and which frames of it are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import sample_frames
from skeletonllm.motion import Motion
from skeletonllm.shards.codec import Sample
from skeletonllm.shards.stream import Stream


@dataclass(frozen=True, eq=False)
class Example:
    """One clip to learn from or to be judged on.

    Args:
        key: Unique name of the clip.
        motion: What is drawn.
        label: The right answer.
        candidates: The classes to choose from, ``label`` among them.
        weight: 0 for a slot that only keeps the ranks in step: never drawn, never counted.
    """

    key: str
    motion: Motion
    label: str
    candidates: tuple[str, ...]
    weight: float = 1.0


class Questions:
    """A stream of a release as batches of examples: each clip, and the classes of its namespace.

    Args:
        stream: Batches of samples, all labelled.

    Example:
        >>> questions = Questions(Stream(release, View(), batch_size=24))  # doctest: +SKIP
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[list[Example]]:
        """Batches from the stream's current place on."""
        for batch in self.stream:
            yield [ask(sample, self.stream.candidates) for sample in batch]

    def state(self) -> dict[str, Any]:
        """The stream's own state."""
        return self.stream.state()


def ask(sample: Sample, candidates: Mapping[str, tuple[str, ...]]) -> Example:
    """The question a labelled sample asks: which class of its namespace is it?"""
    clip = sample.clip
    assert clip.label is not None, "a view of labelled clips"
    assert clip.label_namespace is not None, "a label has a namespace"
    classes = candidates[clip.label_namespace]
    return Example(clip.clip_id, clip.motion, clip.label, classes, sample.weight)


def draw_frames(
    examples: Sequence[Example], count: int, seed: Sequence[int] | None = None
) -> Tensor:  # [B, count]
    """Which frames of each clip are shown, int64: one of each of ``count`` equal segments.

    Args:
        examples: The clips.
        count: Frames of each.
        seed: Numbers that a random draw depends on, such as (seed, step, rank); None takes the
            middle of each segment, as evaluation does.
    """
    rng = None if seed is None else np.random.default_rng(list(seed))
    mode: Literal["uniform", "jitter"] = "uniform" if rng is None else "jitter"
    rows = [sample_frames(e.motion.num_frames, count, mode, rng) for e in examples]
    return torch.from_numpy(np.stack(rows))


def permute_motions(examples: Sequence[Example], seed: Sequence[int]) -> list[Example]:
    """Every example with the motion of another one, by a random cycle through all of them.

    A cycle and not any permutation: under one in which a clip may keep its own motion, picture
    and label would still agree more often than by chance, and a control must not.
    """
    order = np.random.default_rng(list(seed)).permutation(len(examples))
    mixed = list(examples)
    for here, there in zip(order, np.roll(order, 1), strict=True):
        mixed[here] = replace(examples[here], motion=examples[there].motion)
    return mixed
