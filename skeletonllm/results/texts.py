"""Tables of what models tell: rationales, captions, and answers to questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.results.cells import show_percent
from skeletonllm.results.evaluations import Evaluated

Found = tuple[str, str, tuple[str, ...], tuple[tuple[str, ...], ...]]
"""Title, note, columns and rows."""


def tabulate_texts(evaluated: Sequence[Evaluated]) -> Found:
    """Rationales and captions: how much the own motion helps to tell them, and what was written.

    Args:
        evaluated: Of evaluations.
    """
    note = (
        "Losses in nats a token. True steps: of the steps that the model wrote, the mean share "
        "that the joints of the clip confirm, then the same of texts written about exchanged "
        "motions. Metrics of captions: docs/EVALUATION.md."
    )
    head = ("task", "who", "loss", "exchanged", "saves", "label", "true steps", "captions", "clips")
    rows = [_tell(one) for one in evaluated if "loss" in one.scores]
    return "Texts", note, head, tuple(rows)


def _tell(one: Evaluated) -> tuple[str, ...]:
    scores, other = one.scores, one.conditions.get("exchanged", {})
    written, exchanged = scores.get("written", {}), other.get("written", {})
    gain = scores.get("gain")
    return (
        f"{one.task} ({one.judged})",
        one.who,
        f"{scores['loss']:.3f}",
        _number(scores.get("loss_exchanged")),
        "" if gain is None else f"{gain:.3f} +- {scores['gain_half_width95']:.3f}",
        f"{written['top1']:.1%}" if "top1" in written else "",
        _compare_steps(written, exchanged),
        str(written.get("captions", {}).get("summary", "")),
        str(scores["clips"]),
    )


def _compare_steps(written: Any, exchanged: Any) -> str:
    if "steps" not in written:
        return ""
    own = f"{written['steps']['true_steps']:.1%}"
    return f"{own}, {exchanged['steps']['true_steps']:.1%}" if "steps" in exchanged else own


def tabulate_questions(evaluated: Sequence[Evaluated]) -> Found:
    """Answers to questions, by kind.

    Args:
        evaluated: Of evaluations.
    """
    note = "Right among the choices. Blind: with a black picture. Chance: one over the choices."
    rows = [
        (kind, one.who, *_answer(scores))
        for one in evaluated
        for kind, scores in one.scores.get("by_kind", {}).items()
    ]
    return "Questions", note, ("kind", "who", "right", "blind", "chance", "asked"), tuple(rows)


def _answer(scores: Mapping[str, Any]) -> tuple[str, ...]:
    shares = (scores["top1"], scores.get("blind"), scores["chance"])
    return *map(show_percent, shares), str(scores["clips"])


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.3f}"
