"""The contract of a task, and the nouns it speaks of: example, answer, scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from skeletonllm.motion import Motion
from skeletonllm.shards.codec import Sample
from skeletonllm.views.asked_views import Kind

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
        namespace: Of the label, such as ``ntu``; empty for a clip without one.
        epoch: Of the stream, in training; whoever trains sets it.
        repeat: For the how manieth time the clip is asked about: in training in this epoch (a part
            of weight 2 gives it twice), in evaluation among the task's ``turns``.
        part: Name of the part of a mixture that it was drawn for; whoever trains sets it.
    """

    key: str
    motion: Motion
    label: str
    candidates: tuple[str, ...]
    weight: float = 1.0
    texts: tuple[str, ...] = ()
    namespace: str = ""
    epoch: int = 0
    repeat: int = 0
    part: str = ""

    def draw_key(self, seed: int) -> str:
        """What a task draws from in training: seed, clip and epoch, the same for every repeat.

        Not the step or the rank: a clip is asked the same whoever holds it. Not the repeat, which
        a task sees itself: discrimination asks YES and NO in turn of one draw.

        Example:
            >>> Example("toy/0", None, "wave", (), epoch=2).draw_key(7)  # doctest: +SKIP
            '7/2/toy/0'
        """
        return f"{seed}/{self.epoch}/{self.key}"


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
    resumed run. So whatever a task draws at random (an order, a caption) is drawn from ``key`` and
    from ``example.repeat``.

    What a stream must give is said here, so that whoever trains makes its part of any view:

    Example:
        >>> from dataclasses import replace
        >>> from skeletonllm.stream.part import Part
        >>> from skeletonllm.views.view import View
        >>> view, task = View(), get_task("rationale")  # doctest: +SKIP
        >>> asked = replace(view, having=task.having)  # doctest: +SKIP
        >>> Part(view=asked, needs=task.needs, name=task.name)  # doctest: +SKIP
    """

    name: ClassVar[str]
    """Of the task, as a training stage and a checkpoint name it."""
    version: ClassVar[str]
    """Of its prompt; goes up with any change of wording. A checkpoint names it."""
    having: ClassVar[tuple[str, ...]] = ()
    """What its view asks of each sample: words of :data:`skeletonllm.views.view.HAVING`."""
    needs: ClassVar[tuple[Kind, ...]] = ()
    """What it looks at that was made for one view only; refused before the first sample."""
    turns: ClassVar[int] = 1
    """How often an evaluation asks about each clip, with ``repeat`` 0 to ``turns - 1``."""

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
            key: What random choices are drawn from: the clip's name, in training
                :meth:`Example.draw_key`.
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
