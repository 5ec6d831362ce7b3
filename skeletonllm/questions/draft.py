"""A question before it is checked: what would have to be true of the motion for each choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.rationales.rationale import Step

SOURCE = "skeletonllm.kinematic_questions/1"
"""Who asks, as the column ``source`` has it; the number goes up when the same clip would be asked
otherwise."""

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Hypothesis:
    """What a choice says of the motion, as claims that would all be true.

    Args:
        steps: Claims; causes name the ids of others among them.
        cut: Seconds of the clip that are looked at alone, so that the claims say "at some time in
            there"; None looks at the windows of the claims.
        one_side: The other side may do the same, and more of it: it says nothing of this one.
    """

    steps: tuple[Step, ...]
    cut: tuple[float, float] | None = None
    one_side: bool = False


@dataclass(frozen=True)
class Draft:
    """A question with all that must be checked before it is asked.

    Args:
        kind: One of ``schemas.question.KINDS``.
        form: One of ``schemas.question.FORMS``.
        question: In words.
        answer: The right one.
        right: What it says; must be true.
        wrong: Each other choice with its readings; every reading must be contradicted. A choice
            that only denies the answer, as the ``no`` to a true claim, has none.
        never: What would give the question two answers, such as the same movement again.
        choices: All answers to choose from; by default the answer and the wrong ones.
        stretch: Seconds of the clip that are asked about; None asks about all of it.
    """

    kind: str
    form: str
    question: str
    answer: str
    right: Hypothesis
    wrong: Mapping[str, tuple[Hypothesis, ...]]
    never: tuple[Hypothesis, ...] = ()
    choices: tuple[str, ...] = ()
    stretch: tuple[float, float] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The question, its answer, and the other choices."""
        return self.question, self.answer, *self.wrong

    def to_row(self, clip_id: str, number: int) -> dict[str, Any]:
        """One row of :data:`schemas.QUESTION`.

        Args:
            clip_id: Of the clip that is asked about.
            number: Among the questions of its kind about this clip, from 0.
        """
        start, end = self.stretch or (None, None)
        every = self.choices or tuple(sorted({self.answer, *self.wrong}))
        return {
            "question_id": f"{clip_id}#{SOURCE}/{self.kind}/{number}",
            "clip_id": clip_id,
            "kind": self.kind,
            "form": self.form,
            "question": self.question,
            "answer": self.answer,
            "choices": list(every),
            "start_s": start,
            "end_s": end,
            "source": SOURCE,
            "language": "en",
        }


@dataclass(frozen=True)
class Made:
    """The questions about one clip.

    Args:
        rows: Of :data:`schemas.QUESTION`.
        dropped: (kind, reason) to the number of drafts that were not asked for it.
    """

    rows: tuple[dict[str, Any], ...] = ()
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
