"""What may be told: events as claims, of which the judge calls each true, and none of both sides.

A claim that is as true of the other side says nothing about sides: then both are named, or the
event is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skeletonllm.kinematics import Event
from skeletonllm.motion import Motion
from skeletonllm.rationales.language import find_form_fault
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.verdicts import verify_steps

OTHER_SIDE = {"left": "right", "right": "left"}
_MUTUAL = ("clap", "cross")
_AIMED = ("approach", "retreat", "touch")
"""Kinds that say nothing without their target."""


@dataclass(frozen=True)
class Candidate:
    """An event that may be told.

    Args:
        event: What was detected.
        step: Its claim, true by the judge; its id and causes are not yet given.
    """

    event: Event
    step: Step


def find_candidates(events: Sequence[Event], motion: Motion) -> list[Candidate]:
    """The events whose claims are true, each with its claim.

    A claim that is not true is tried with less in it: without its level, and of one side where it
    was of both.

    Args:
        events: Whole events, as they were merged.
        motion: What they were found in.
    """
    left = [(event, make_claim(event)) for event in events]
    found: list[Candidate] = []
    for weaken in (_say_all, _leave_out_level, _take_sides_apart):
        kept = _keep_true([weaker for pair in left for weaker in weaken(*pair)], motion)
        found += kept
        told = {(c.event.start_s, c.step.motion, c.step.part, c.step.person) for c in kept}
        left = [p for p in left if (p[0].start_s, *_name_kind(p[1])) not in told]
    return _settle_sides(found, motion)


Pair = tuple[Event, Step]


def _say_all(event: Event, step: Step) -> list[Pair]:
    return [(event, step)]


def _leave_out_level(event: Event, step: Step) -> list[Pair]:
    may = step.target and step.motion not in _AIMED
    return [(event, replace(step, target=""))] if may else []


def _take_sides_apart(event: Event, step: Step) -> list[Pair]:
    if step.side != "both" or step.motion in _MUTUAL:
        return []
    level = step.target if step.motion in _AIMED else ""
    return [
        (replace(event, side=side), replace(step, side=side, target=level)) for side in OTHER_SIDE
    ]


def _name_kind(step: Step) -> tuple[str, str, int]:
    return step.motion, step.part, step.person


def make_claim(event: Event) -> Step:
    """The claim of an event; its number is still to be given."""
    return Step(
        id=0,
        start_s=round(event.start_s, 3),
        end_s=round(event.end_s, 3),
        motion=event.motion,
        part=event.part,
        side=event.side,
        person=event.person,
        target=event.target,
        direction=event.direction if event.motion in _DIRECTED else "",
        count=event.count,
    )


_DIRECTED = (
    *("lean", "twist", "sideways", "swing", "circle", "oscillate", "turn", "step", "walk"),
    *("lunge", "kick", "push", "throw"),
)
"""Kinds whose direction is part of the claim; of the others, the word for the motion says it."""


def _keep_true(pairs: Sequence[tuple[Event, Step]], motion: Motion) -> list[Candidate]:
    """Of the claims that can be said, those that the judge calls true."""
    sayable = [(event, step) for event, step in pairs if not find_form_fault(step)]
    verdicts = verify_steps([step for _, step in sayable], motion)
    return [
        Candidate(event, replace(step, verdict=verdict.verdict, measured=verdict.measured))
        for (event, step), verdict in zip(sayable, verdicts, strict=True)
        if verdict.verdict == "true"
    ]


def _settle_sides(found: Sequence[Candidate], motion: Motion) -> list[Candidate]:
    mirrored = [_mirror(c.step) for c in found]
    doubtful = [s for s, c in zip(mirrored, found, strict=True) if s != c.step]
    verdicts = iter(verify_steps(doubtful, motion))
    plain: list[Candidate] = []
    unsure: list[Candidate] = []
    for step, candidate in zip(mirrored, found, strict=True):
        clear = step == candidate.step or next(verdicts).verdict != "true"
        (plain if clear else unsure).append(candidate)
    both = [
        _name_both(c) for c in unsure if c.step.side in OTHER_SIDE and c.step.motion not in _MUTUAL
    ]
    return [*plain, *_keep_true(_without_twins(both, plain), motion)]


def _mirror(step: Step) -> Step:
    # From side to side is the same in a mirror.
    sense = "" if step.motion == "oscillate" else step.direction
    return replace(
        step,
        side=OTHER_SIDE.get(step.side, step.side),
        direction=OTHER_SIDE.get(sense, step.direction),
    )


def _name_both(candidate: Candidate) -> tuple[Event, Step]:
    return replace(candidate.event, side="both"), replace(candidate.step, side="both")


def _without_twins(
    named: Sequence[tuple[Event, Step]], plain: Sequence[Candidate]
) -> list[tuple[Event, Step]]:
    """Left and right were found apart and are both called both: one is enough."""
    kept: list[tuple[Event, Step]] = []
    for event, step in named:
        told = [c.step for c in plain] + [s for _, s in kept]
        if not any(_say_the_same(step, other) for other in told):
            kept.append((event, step))
    return kept


def _say_the_same(a: Step, b: Step) -> bool:
    alike = (a.motion, a.part, a.side, a.person) == (b.motion, b.part, b.side, b.person)
    return alike and min(a.end_s, b.end_s) > max(a.start_s, b.start_s)
