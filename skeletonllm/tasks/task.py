"""The contract of a task, and the nouns it speaks of: example, answer, scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from skeletonllm.motion import Motion
from skeletonllm.shards.codec import Sample

Candidates = Mapping[str, tuple[str, ...]]
"""Label namespace -> the classes that may be named, as ``Stream.candidates`` has them."""


@dataclass(frozen=True, eq=False)
class Example:
    """One clip as a task asks about it: in training to learn from, in evaluation to be scored.

    Args:
        key: Unique name of the clip.
        motion: The motion that is rendered.
        label: The clip's class; empty for a clip without one.
        candidates: The classes that may be named, ``label`` among them.
        weight: 0 for a slot that only keeps the ranks in step: never rendered, never counted.
        texts: What else the task asks or teaches, such as captions; empty for recognition.
    """

    key: str
    motion: Motion
    label: str
    candidates: tuple[str, ...]
    weight: float = 1.0
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A model's answer about one clip.

    Args:
        clip_id: The clip.
        target: The right answer.
        prediction: The answer of the model.
        num_candidates: Answers it chose among.
    """

    clip_id: str
    target: str
    prediction: str
    num_candidates: int


class Scores(Protocol):
    """How good a set of answers is, in the measures of a task."""

    def summarize(self) -> str:
        """One line for a table: the main number, with its uncertainty."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``; ``by_class`` is shown as a table."""
        ...


class Task(ABC):
    """A question about a clip: prompt, target, candidates, and the score of the answers.

    All methods are pure: the same example and key give the same text, on any rank and in any
    resumed run. So whatever a task draws at random (an order, a caption) is drawn from ``key``.
    """

    name: ClassVar[str]
    """Of the task, as a training stage and a checkpoint name it."""
    version: ClassVar[str]
    """Of its prompt; goes up with any change of wording. A checkpoint names it."""

    @abstractmethod
    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The example that a sample makes; None if it lacks what the task asks about.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace.
        """

    @abstractmethod
    def prompt(self, example: Example, *, num_frames: int, key: str) -> str:
        """The text of the question, with one ``<image>`` for each frame.

        Args:
            example: The clip in question.
            num_frames: Frames that are shown.
            key: What random choices are drawn from: the clip's name, in training with the step.
        """

    @abstractmethod
    def target(self, example: Example, *, key: str) -> str:
        """The right answer to the prompt of the same key.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """

    @abstractmethod
    def candidates(self, example: Example) -> tuple[str, ...]:
        """The answers to choose from, the target among them; empty if the answer is free text."""

    @abstractmethod
    def score(self, answers: Sequence[Answer]) -> Scores:
        """How good the answers are.

        Raises:
            UsageError: There are no answers.
        """

    def check_candidates(self, candidates: Candidates) -> None:  # noqa: B027 - most take any
        """Refuse classes that this task cannot be asked with, before any model is loaded.

        Raises:
            UsageError: The message names the namespace and what is missing.
        """
