"""What a teacher says of a class: which other classes are most easily taken for it.

The class ranking of the paper: asked once a class by names alone, so nothing of a clip is sent. A
conversation is a generator, as those about clips are; who drives it brings the endpoint.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.errors import SourceError
from skeletonllm.negatives.fuse import Scores
from skeletonllm.prompts.ranking import (
    PROMPT_VERSION,
    build_ranking_follow_up,
    build_ranking_prompt,
    hash_ranking_prompt,
)
from skeletonllm.prompts.recognition import SYSTEM
from skeletonllm.rationales.teachers.answer_format import (
    RankingAnswer,
    make_response_format,
    parse_ranking,
)
from skeletonllm.rationales.teachers.judge import check_outcome
from skeletonllm.rationales.teachers.online import Turn

SOURCE = "teacher"
"""Name of this source in :data:`schemas.negative.SOURCES`."""


@dataclass(frozen=True)
class RankingQuestion:
    """A class that is asked about.

    Args:
        view: Name of the protocol whose classes these are, or ``all``.
        namespace: Of the labels.
        label: The class.
        candidates: All other classes that the view shows; at least one.
    """

    view: str
    namespace: str
    label: str
    candidates: tuple[str, ...]

    @property
    def source_uri(self) -> str:
        """``<namespace>/<label>``, as rejects name it."""
        return f"{self.namespace}/{self.label}"

    @property
    def clip_id(self) -> str:
        """Which question it is, in the message of a reject; no clip is asked about."""
        return f"{self.source_uri} of view {self.view}"


def list_questions(classes: Mapping[str, Mapping[str, Sequence[str]]]) -> list[RankingQuestion]:
    """One question a class, in order; none about a class that has no other beside it.

    Args:
        classes: Name of a view -> namespace -> its classes that the view shows.

    Example:
        >>> questions = list_questions({"all": {"lab": ("sit", "wave"), "other": ("run",)}})
        >>> [(asked.label, asked.candidates) for asked in questions]
        [('sit', ('wave',)), ('wave', ('sit',))]
    """
    return [
        RankingQuestion(view, namespace, label, tuple(n for n in sorted(names) if n != label))
        for view, by_namespace in sorted(classes.items())
        for namespace, names in sorted(by_namespace.items())
        for label in sorted(names)
        if len(names) > 1
    ]


def converse_ranking(
    question: RankingQuestion,
    base_url: str,
    model: str,
    sampling: Sampling,
    structured: str = "json_schema",
) -> Generator[ChatRequest, Answer, list[Turn]]:
    """The questions about one class: the ranking, and once again where it is none of all names.

    An outcome other than ``answered`` ends it: a refusal is not asked again.

    Args:
        question: The class.
        base_url: Of the endpoint.
        model: As the endpoint calls it.
        sampling: How answers are drawn; ``max_tokens`` must hold all names.
        structured: How firmly the form is asked for, one of
            :data:`skeletonllm.rationales.teachers.answer_format.STRUCTURES`.
    """
    form = make_response_format(structured, RankingAnswer, "ranking")
    text = build_ranking_prompt(question.label, question.candidates)
    messages: tuple[Message, ...] = (Message("system", (SYSTEM,)), Message("user", (text,)))
    turns: list[Turn] = []
    while True:
        request = ChatRequest(
            base_url, model, messages, sampling, PROMPT_VERSION, response_format=form
        )
        answer = yield request
        again = bool(turns)
        turns.append(Turn(request.key, answer, len(turns), False, hash_ranking_prompt(again=again)))
        faults = _find_faults(answer, question)
        if again or not faults:
            return turns
        said = Message("assistant", (answer.text,))
        messages = (*messages, said, Message("user", (build_ranking_follow_up(faults),)))


def to_ranking_rows(question: RankingQuestion, turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Rows of :data:`schemas.answer.ANSWER`, one a turn.

    Args:
        question: The class that was asked about.
        turns: The conversation.
    """
    about = {
        "purpose": "ranking",
        "clip_id": None,
        "view": question.view,
        "label_namespace": question.namespace,
        "label": question.label,
        "variant": 0,
        "sample": 0,
        "motion_sha256": None,
    }
    return [{**about, **turn.to_row()} for turn in turns]


def read_ranking(question: RankingQuestion, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """All candidates as the teacher ranked them at last, the most easily mistaken first.

    Args:
        question: The class.
        rows: All rows of :data:`schemas.answer.ANSWER` of this question.

    Raises:
        SourceError: The last answer cannot be used: ``refused``, ``truncated_answer``,
            ``filtered``, ``no_answer`` or ``not_structured``.
    """
    if not rows:
        raise SourceError("no_answer", "no answer is stored")
    # The last turn only: a question is asked again just where the answer before was no ranking.
    last = max(rows, key=lambda row: row["turn"])
    check_outcome(last)
    return parse_ranking(last["text"], question.candidates)


def score_ranking(ranking: Sequence[str]) -> Scores:
    """(n - rank) / n of each of n candidates: even steps, from below 1 to 0.

    Even, because a ranking says who comes before whom and not by how much; 1 / rank would claim
    that the first is twice as hard as the second. Fusion looks at ranks only.

    Args:
        ranking: All candidates, the most easily mistaken first.

    Example:
        >>> score_ranking(["clap", "sit"])
        {'clap': 0.5, 'sit': 0.0}
    """
    count = len(ranking)
    return {name: (count - rank) / count for rank, name in enumerate(ranking, start=1)}


def _find_faults(answer: Answer, question: RankingQuestion) -> str:
    """Why an answer is no ranking of all names; empty if it is one, or is none to ask about."""
    if answer.outcome != "answered":
        return ""
    try:
        parse_ranking(answer.text, question.candidates)
    except SourceError as error:
        return error.found
    return ""
