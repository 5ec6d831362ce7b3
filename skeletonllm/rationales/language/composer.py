"""Sentences of a rationale from its claims: each step as one, and a summary of the main ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skeletonllm.rationales.language.clauses import compose_clause
from skeletonllm.rationales.language.connectives import CAST, CAUSES, GERUND_CAUSES, GIST, ORDER
from skeletonllm.rationales.language.forms import LEVELS, list_facts, unify_claim
from skeletonllm.rationales.language.inflection import capitalize_sentence, join_words
from skeletonllm.rationales.language.measures import Measure, write_measure
from skeletonllm.rationales.language.noun_phrases import name_part
from skeletonllm.rationales.language.phrasing import Phrasing
from skeletonllm.rationales.rationale import Step

MOST_MAIN = 3
"""Claims of a summary, where nobody says which; more would repeat the chain."""
MOST_PARTS = 3
"""Parts that are named as acting; of more, nobody leads."""
_TOGETHER_S = 0.25
"""What begins within this of each other begins together: joints are not timed better."""
_SOMEWHERE = 3.0
"""A window so many times as long as the other, and around it, says nothing of their order."""


def compose_sentence(
    step: Step,
    steps: Sequence[Step] | None,
    phrasing: Phrasing,
    *,
    pace: str = "",
    measure: Measure | None = None,
) -> str:
    """One English sentence that tells a claim, with its causes or its place in the order.

    Args:
        step: The claim; the ids of its causes are looked up in ``steps``.
        steps: The whole rationale in its order; None for a sentence that stands alone.
        phrasing: How many persons there are, and which words are taken.
        pace: ``quickly``, ``slowly`` or empty; no part of the claim.
        measure: Told at the end of the clause where ``phrasing.measures``.

    Raises:
        UsageError: The claim, or a cause of it, is none that can be said.

    Example:
        >>> bend = Step(1, 0.0, 0.6, "bend", "elbow", "right")
        >>> rise = Step(2, 0.2, 1.0, "raise", "hand", "right", target="head", causes=(1,))
        >>> compose_sentence(rise, [bend, rise], Phrasing(variant=5))
        'The figure bends the right elbow; therefore the right hand goes up level with the head.'
        >>> compose_sentence(rise, None, Phrasing(variant=1), pace="quickly")
        'The performer lifts their right hand swiftly to head level.'
    """
    place = str(step.id)
    effect = compose_clause(step, phrasing, place, pace=pace)
    if measure is not None and phrasing.measures:
        effect = f"{effect} {write_measure(measure)}"
    causes = [s for s in steps or () if s.id in step.causes and s.id != step.id]
    if causes:
        return capitalize_sentence(_join_causes(effect, causes, steps or (), phrasing, place))
    order = _find_order(step, steps or ())
    form = phrasing.pick(f"{place} order", ORDER[order] if steps else ORDER[""][:1])
    return capitalize_sentence(form.format(clause=effect))


def compose_summary(steps: Sequence[Step], phrasing: Phrasing, main: Sequence[int] = ()) -> str:
    """Two sentences: which parts act, and the main claims as a whole.

    Args:
        steps: The rationale.
        phrasing: How many persons there are, and which words are taken.
        main: Ids of the claims that explain the clip, the first ones most; the first steps if
            empty.

    Raises:
        UsageError: There are no steps, or a claim is none that can be said.
    """
    wanted = list(main) or [step.id for step in steps]
    by_id = {step.id: step for step in steps}
    told = [by_id[i] for i in wanted if i in by_id][:MOST_MAIN]
    if not told:
        return ""
    clauses = [
        compose_clause(s, phrasing, f"summary {s.id}")
        for s in sorted(told, key=lambda s: (s.start_s, s.id))
    ]
    gist = phrasing.pick("gist", GIST).format(claims=join_words(clauses))
    cast = phrasing.pick("cast", CAST).format(parts=join_words(_name_cast(told, phrasing)))
    sentences = phrasing.pick("summary", ((cast, gist), (gist, cast)))
    return " ".join(capitalize_sentence(sentence) for sentence in sentences)


def _name_cast(told: Sequence[Step], phrasing: Phrasing) -> list[str]:
    """The parts of the claims, each once, the most important first."""
    cast = {(s.part, s.side, s.person): s for s in map(unify_claim, told)}
    return [
        name_part(step, phrasing, f"cast {number}", owned=False)
        for number, step in enumerate(cast.values())
    ][:MOST_PARTS]


def _join_causes(
    effect: str, causes: Sequence[Step], steps: Sequence[Step], phrasing: Phrasing, place: str
) -> str:
    form = phrasing.pick(f"{place} because", (*CAUSES, *GERUND_CAUSES))
    told = [
        compose_clause(
            abridge_cause(cause, steps),
            phrasing,
            f"{place} cause {cause.id}",
            gerund=form in GERUND_CAUSES,
        )
        for cause in causes
    ]
    return form.format(cause=join_words(told), effect=effect)


def abridge_cause(cause: Step, steps: Sequence[Step]) -> Step:
    """A claim without its level and count, as a cause is named, unless another would be meant.

    Args:
        cause: The claim.
        steps: The rationale that it is of.
    """

    def shorten(step: Step) -> Step:
        target = "" if step.target in LEVELS and step.motion not in _AIMED else step.target
        return replace(step, target=target, count=1)

    short = shorten(cause)
    alike = [s for s in steps if list_facts(shorten(s)) == list_facts(short)]
    return short if len(alike) <= 1 else cause


_AIMED = ("approach", "retreat", "touch")
"""Motions whose target is a part; the names of some parts are those of levels."""


def _find_order(step: Step, steps: Sequence[Step]) -> str:
    """``after``, ``during`` or ``with`` the step before, ``first``, or empty if it is open."""
    ids = [s.id for s in steps]
    if step.id not in ids or not (place := ids.index(step.id)):
        return "first" if step.id in ids and len(ids) > 1 else ""
    before = steps[place - 1]
    lengths = sorted((step.end_s - step.start_s, before.end_s - before.start_s))
    shared = min(step.end_s, before.end_s) - max(step.start_s, before.start_s)
    if shared >= 0.99 * lengths[0] and lengths[1] > _SOMEWHERE * lengths[0]:
        return ""
    if shared > 0.5 * lengths[0]:
        return "with" if abs(step.start_s - before.start_s) <= _TOGETHER_S else "during"
    return "after" if step.start_s > before.start_s else ""
