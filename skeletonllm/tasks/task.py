"""The contract of a task, and the nouns it speaks of: example, answer, scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from skeletonllm.motion import Motion
from skeletonllm.shards.codec import Sample
from skeletonllm.views.asked_views import Kind
from skeletonllm.views.view import View

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
        stretches: Start and end of what each text is about, as fractions of the clip; empty where
            all are about the whole clip.
        namespace: Of the label, such as ``ntu``; empty for a clip without one.
        epoch: Of the stream, in training; whoever trains sets it.
        repeat: For the how manieth time the clip is asked about: in training in this epoch (a part
            of weight 2 gives it twice), in evaluation among the task's ``turns``.
        part: Name of the part of a mixture that it was drawn for; whoever trains sets it.
        kinds: What kind of text each one is, where scores tell them apart; else empty.
    """

    key: str
    motion: Motion
    label: str
    candidates: tuple[str, ...]
    weight: float = 1.0
    texts: tuple[str, ...] = ()
    stretches: tuple[tuple[float, float], ...] = ()
    namespace: str = ""
    epoch: int = 0
    repeat: int = 0
    part: str = ""
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        sample: Sample,
        candidates: Candidates,
        *,
        texts: Sequence[str] = (),
        stretches: Sequence[tuple[float, float]] = (),
        kinds: Sequence[str] = (),
    ) -> Example:
        """The example of a sample, with or without a label.

        Args:
            sample: A sample of a release, as its view lets it be seen.
            candidates: The classes that may be named, by label namespace.
            texts: What else the task asks or teaches.
            stretches: What each of them is about.
            kinds: What kind each of them is of.
        """
        clip, space = sample.clip, sample.clip.label_namespace or ""
        classes = candidates.get(space, ())
        return cls(
            clip.clip_id,
            clip.motion,
            clip.label or "",
            classes,
            sample.weight,
            tuple(texts),
            tuple(stretches),
            space,
            kinds=tuple(kinds),
        )

    def draw_key(self, seed: int) -> str:
        """What a task draws from in training: seed, clip and epoch, the same for every repeat.

        Not the step or the rank: a clip is asked the same whoever holds it. Not the repeat, which
        a task sees itself: discrimination asks YES and NO in turn of one draw.

        Example:
            >>> Example("toy/0", None, "wave", (), epoch=2).draw_key(7)
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
        num_candidates: Answers it chose among; 0 where it wrote free text.
        kind: Of what was asked, where a task asks several kinds; else empty.
    """

    clip_id: str
    target: str
    prediction: str
    num_candidates: int
    kind: str = ""


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
        >>> task = get_task("rationale")  # doctest: +SKIP
        >>> Part(view=task.choose_view(view), needs=task.needs)  # doctest: +SKIP
    """

    name: ClassVar[str]
    """Of the task, as a training stage and a checkpoint name it."""
    version: ClassVar[str]
    """Of its prompt; goes up with any change of wording. A checkpoint names it."""
    having: ClassVar[tuple[str, ...]] = ()
    """What its view asks of each sample: words of :data:`skeletonllm.views.view.HAVING`."""
    needs: ClassVar[tuple[Kind, ...]] = ()
    """What it looks at that was made for one view only; refused before the first sample."""
    labelled: ClassVar[bool] = True
    """Whether a clip without a label is of no use."""
    free_text: ClassVar[bool] = False
    """Whether every answer is a text, and none of a list of candidates."""
    names_classes: ClassVar[bool] = False
    """Whether the answers to choose from are the names of classes."""
    tells_steps: ClassVar[bool] = False
    """Whether an answer tells steps that the joints can confirm."""
    describes: ClassVar[bool] = False
    """Whether an answer is one of many good descriptions, scored against several of them."""
    turns: ClassVar[int] = 1
    """How often an evaluation asks about each clip, with ``repeat`` 0 to ``turns - 1``."""

    @abstractmethod
    def example(self, sample: Sample, candidates: Candidates) -> Example | None:
        """The example that a sample makes; None if it lacks what the task asks about.

        A slot of weight 0 always makes one, whatever it lacks, and is never asked: it keeps the
        ranks in step.

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

    def count_turns(self, example: Example) -> int:  # noqa: ARG002 - most ask all clips alike
        """How often an evaluation asks about this clip."""
        return self.turns

    def references(self, example: Example, *, key: str) -> tuple[str, ...]:
        """All right answers to the prompt of the same key; one, where a task does not say more.

        Args:
            example: The clip in question.
            key: As in :meth:`prompt`.
        """
        return (self.target(example, key=key),)

    def kind(self, example: Example) -> str:  # noqa: ARG002 - most tasks ask one kind only
        """The kind of what an evaluation asks, for scores of each kind; empty if there is one."""
        return ""

    @abstractmethod
    def score(self, answers: Sequence[Answer]) -> Scores:
        """How good the answers are.

        Raises:
            UsageError: There are no answers.
        """

    def choose_view(self, view: View) -> View:
        """The view of this task in the split of another: only clips with what it asks about.

        Args:
            view: Of a stage, such as the training view of a protocol.
        """
        having = tuple(dict.fromkeys((*view.having, *self.having)))
        return replace(view, having=having, labelled=view.labelled and self.labelled)

    def check_candidates(self, candidates: Candidates) -> None:  # noqa: B027 - most take any
        """Refuse classes that this task cannot be asked with, before any model is loaded.

        Raises:
            UsageError: The message names the namespace and what is missing.
        """
