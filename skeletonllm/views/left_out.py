"""A sample without the texts that tell an unseen class, and how many these were."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skeletonllm.shards.codec import Sample
from skeletonllm.views.unseen import UnseenNames

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LeftOut:
    """How many texts of a sample, or of a stream, a view left out.

    Args:
        rationales: Since they tell an unseen class, or were asked for other views.
        captions: Since they tell an unseen class.
        questions: Since they tell one, in question, answer or choices.

    Example:
        >>> LeftOut(rationales=2) + LeftOut(captions=1)
        LeftOut(rationales=2, captions=1, questions=0)
    """

    rationales: int = 0
    captions: int = 0
    questions: int = 0

    def __add__(self, other: LeftOut) -> LeftOut:
        """Both together."""
        return LeftOut(
            self.rationales + other.rationales,
            self.captions + other.captions,
            self.questions + other.questions,
        )

    def __bool__(self) -> bool:
        """Whether anything was left out."""
        return bool(self.rationales or self.captions or self.questions)


NOTHING = LeftOut()
"""What a view without unseen classes leaves out."""


def cut_texts(sample: Sample, hidden: UnseenNames, own: str) -> tuple[Sample, LeftOut]:
    """(the sample without rationales and captions that tell a hidden name, how many these were).

    Args:
        sample: As it lies in the release.
        hidden: Names of unseen classes.
        own: Name of the sample's class, which is no leak as a phrase; "" if it has none.
    """
    rationales = tuple(r for r in sample.rationales if not _tells(list_texts(r), hidden, own))
    captions = tuple(c for c in sample.clip.captions if not _tells([c.text], hidden, own))
    left_out = LeftOut(
        len(sample.rationales) - len(rationales), len(sample.clip.captions) - len(captions)
    )
    if not left_out:
        return sample, left_out
    clip = replace(sample.clip, captions=captions)
    return replace(sample, clip=clip, rationales=rationales), left_out


def cut_questions(rows: Sequence[Row], hidden: UnseenNames, own: str) -> tuple[Row, ...]:
    """The questions of which neither the question, its answer nor a choice tells a hidden name.

    Args:
        rows: Of :data:`schemas.QUESTION`, of one clip.
        hidden: Names of unseen classes.
        own: Name of the clip's class; "" if it has none.
    """
    return tuple(row for row in rows if not _tells(_question_texts(row), hidden, own))


def list_texts(rationale: Row) -> list[str]:
    """What a rationale says: its text, its summary, and sentence and target of each step.

    The kinds of its claims ("push") are no texts: they are codes of what was measured, and no
    stage shows them.

    Args:
        rationale: A row of :data:`schemas.RATIONALE`, or as much of it as there is.
    """
    text = str(rationale.get("text") or "")
    said = [rationale.get("summary")]
    said += [step.get(name) for step in rationale.get("steps") or () for name in ("text", "target")]
    # The text says most of them again, a line each: judged once, a rationale takes a third of it.
    lines = {_NUMBER.sub("", line) for line in text.splitlines()}
    rest = [t for t in dict.fromkeys(map(str, filter(None, said))) if t not in lines]
    return [text, *rest] if text else rest


_NUMBER = re.compile(r"^\d+\. ")


def _question_texts(row: Row) -> list[str]:
    said = (row.get("question"), row.get("answer"), *(row.get("choices") or ()))
    return [str(text) for text in said if text]


def _tells(texts: Iterable[str], hidden: UnseenNames, own: str) -> bool:
    return any(hidden.find_told(text, own) for text in texts)
