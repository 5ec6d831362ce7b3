"""Scores of free text: answers that are the same, and the words that others share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.tasks.task import Answer

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class OverlapScores:
    """How near answers come to their targets; what they mean is not judged.

    Args:
        count: Clips with an answer.
        same: Fraction of answers with the words of their target in the same order, 0..1.
        overlap: Mean F1 of the words of answer and target, 0..1, as SQuAD has it (Rajpurkar et
            al., EMNLP 2016).
    """

    count: int
    same: float
    overlap: float

    def summarize(self) -> str:
        """Both, in percent."""
        return f"{self.same:.1%} the same, {self.overlap:.1%} of the words (F1)"

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in ``evaluation.json``."""
        return {"clips": self.count, "same": self.same, "overlap": self.overlap}


def score_overlap(answers: Sequence[Answer]) -> OverlapScores:
    """Scores of answers in free text; case and punctuation do not count.

    Raises:
        UsageError: There are no answers.

    Example:
        >>> near = Answer("a", "A man waves.", "a man sits", num_candidates=0)
        >>> score_overlap([near]).summarize()
        '0.0% the same, 66.7% of the words (F1)'
    """
    if not answers:
        raise UsageError("nothing to score", expected="at least one answer")
    pairs = [(_list_words(a.target), _list_words(a.prediction)) for a in answers]
    return OverlapScores(
        count=len(answers),
        same=fmean(target == said for target, said in pairs),
        overlap=fmean(_measure_overlap(target, said) for target, said in pairs),
    )


def _list_words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _measure_overlap(target: list[str], said: list[str]) -> float:
    if not target and not said:
        return 1.0
    shared = (Counter(target) & Counter(said)).total()
    return 2 * shared / (len(target) + len(said))
