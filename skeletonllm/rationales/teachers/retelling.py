"""What a teacher claimed, told in our words; and where its own words do not say what it claimed.

A claim can be checked against the joints, a sentence of a teacher cannot. So its sentences are not
taught: all text is composed from the claims, as that of the offline teacher is, and can be read
back by :func:`skeletonllm.rationales.language.parse_claims`. What the teacher wrote stays in
``answers/``; a sentence that disagrees with its claim is a fault all the same, since a teacher that
says one thing and claims another may be wrong in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skeletonllm.errors import UsageError
from skeletonllm.rationales.language import (
    FORMS,
    Phrasing,
    compose_sentence,
    compose_summary,
    find_form_fault,
    find_sentence_faults,
    find_text_faults,
    unify_claim,
)
from skeletonllm.rationales.language.forms import CENTRAL, LEVELS, OTHER_TARGETS, OWN_TARGETS
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.teachers.kinematic import join_text
from skeletonllm.rationales.verify import claims


@dataclass(frozen=True)
class Retelling:
    """Claims in our words.

    Args:
        steps: All claims as they were made. The text of each is composed; empty where its claim
            cannot be said. That of a contradicted step stands alone and is not in ``text``.
        told: Ids of the steps that are in the text: neither contradicted nor unsayable.
        summary: Of what is told; empty if nothing is.
        text: Summary, steps numbered anew, and the label.
        flags: Which claims could not be said.
    """

    steps: tuple[Step, ...]
    told: tuple[int, ...]
    summary: str
    text: str
    flags: tuple[str, ...]


def retell(steps: Sequence[Step], label: str, phrasing: Phrasing) -> Retelling:
    """Tell what is not contradicted of a teacher's claims.

    Args:
        steps: Claims with their verdicts.
        label: What the chain concludes.
        phrasing: Keyed by the clip and the variant.
    """
    sayable = {step.id: simplify_claim(step) for step in steps}
    faults = {i: fault for i, step in sayable.items() if (fault := _find_silence(step))}
    chain = [sayable[s.id] for s in steps if s.verdict != "contradicted" and s.id not in faults]
    told = {step.id: compose_sentence(step, chain, phrasing) for step in chain}
    main = [step.id for step in chain if step.verdict == "true"]
    summary = compose_summary(chain, phrasing, main) if chain else ""
    numbered = [
        replace(step, id=number, text=told[step.id]) for number, step in enumerate(chain, start=1)
    ]
    return Retelling(
        steps=tuple(
            replace(s, text="" if s.id in faults else told.get(s.id) or _say_alone(s, phrasing))
            for s in steps
        ),
        told=tuple(told),
        summary=summary,
        text=join_text(summary, numbered, label) if chain else f"Label: {label}",
        flags=tuple(f"step {i}: not told, {fault} cannot be said" for i, fault in faults.items()),
    )


def find_word_faults(
    summary: str, steps: Sequence[Step], label: str, other_labels: Sequence[str] = ()
) -> tuple[str, ...]:
    """Where a teacher's words disagree with its claims, or give an answer away; each with its step.

    Args:
        summary: As the teacher wrote it.
        steps: Claims with the teacher's own sentences.
        label: Of the clip.
        other_labels: The other classes, as far as they are known.
    """
    by_id = {step.id: name_plainly(step) for step in steps}
    found = [
        f"step {step.id}: its text has {fault}"
        for step in steps
        for fault in find_sentence_faults(
            step.text,
            by_id[step.id],
            [by_id[i] for i in step.causes if i in by_id and i != step.id],
        )
    ]
    words = "\n\n".join([summary, *(step.text for step in steps)])
    return (*found, *(f"text: {fault}" for fault in find_text_faults(words, label, other_labels)))


def simplify_claim(step: Step) -> Step:
    """The claim as it can be said: in plain names, without what its kind has no words for.

    A teacher may claim that a hand rises *upward* or that an elbow bends *forward*. Less is said
    then than was claimed, and it is true if the claim was.

    Args:
        step: A claim in a teacher's words.

    Example:
        >>> plain = simplify_claim(Step(1, 0.0, 1.0, "raise", "arm", "left", direction="up"))
        >>> plain.part, plain.direction
        ('hand', '')
    """
    plain = name_plainly(step)
    form = FORMS.get(plain.motion)
    if form is None:
        return plain
    aims = form.list_targets(plain.part) + (OTHER_TARGETS[:1] if plain.motion == "push" else ())
    return replace(
        plain,
        target=plain.target if plain.target in aims or form.targets else "",
        direction=plain.direction
        if plain.direction in form.directions or "" not in form.directions
        else "",
        count=1 if form.counts == (1, 1) else plain.count,
    )


def name_plainly(step: Step) -> Step:
    """The claim with part, side and target in the words of the language of claims.

    Args:
        step: A claim in a teacher's words: ``arm``, ``mouth``, ``the partner``.
    """
    plain = unify_claim(step)
    form = FORMS.get(plain.motion)
    side = "centre" if plain.part in CENTRAL and plain.side == "both" else plain.side
    if form is None or not plain.target:
        return replace(plain, side=side)
    aimed = bool(form.targets) or claims.is_other_person(plain.target)
    name = _name_aim(plain.target, plain.side) if aimed else _name_level(plain.target)
    return replace(plain, side=side, target=name or plain.target)


def _name_level(target: str) -> str:
    level = claims.find_level(target)
    return "" if level is None else LEVELS[level]


def _name_aim(target: str, side: str) -> str:
    """The name of ours that means the same points of a body; empty if none does."""
    if claims.is_other_person(target):
        points = claims.find_other_points(target)
        return next((n for n in OTHER_TARGETS if claims.find_other_points(n) == points), "")
    points = claims.find_own_points(target)
    if points in (("left_hand",), ("right_hand",)) and side in ("left", "right"):
        points = () if points[0].startswith(side) else ("other_hand",)
    return next((n for n in OWN_TARGETS if points and claims.find_own_points(n) == points), "")


def _find_silence(step: Step) -> str:
    """What of a claim cannot be said; empty if it can."""
    if fault := find_form_fault(step):
        return fault
    try:
        compose_sentence(step, None, Phrasing())
    except UsageError as error:
        return error.found
    return ""


def _say_alone(step: Step, phrasing: Phrasing) -> str:
    """The sentence of a claim that is not taught; it may be about a person who is not there."""
    persons = max(phrasing.persons, step.person + 1)
    return compose_sentence(simplify_claim(step), None, replace(phrasing, persons=persons))
