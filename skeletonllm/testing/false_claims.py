"""Claims that are false where another one is true: what a judge must contradict."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from skeletonllm.rationales.language import FORMS, find_form_fault, list_facts
from skeletonllm.rationales.language.forms import LEVELS
from skeletonllm.rationales.rationale import Step

_PAIRS = (
    *("raise lower", "bend extend", "approach retreat", "forward backward", "push pull"),
    *("lean straighten", "crouch stand", "sit stand"),
)
_OPPOSITE_MOTIONS = {a: b for pair in _PAIRS for a, b in (pair.split(), pair.split()[::-1])}
_WAYS = ("left right", "forward back", "up down", "clockwise counterclockwise")
_OPPOSITE_WAYS = {a: b for pair in _WAYS for a, b in (pair.split(), pair.split()[::-1])}
_OTHER_AXIS = {"up": "left", "left": "forward", "forward": "left"}
"""To and fro has no opposite way."""
_FARTHER = 2
"""Levels and counts are changed by this much: the next one may be true within the tolerance."""
_NOBODY = 100
"""Added to a person, of whom there is none then."""


def falsify_step(step: Step, draw: str) -> Step:
    """The claim with another side, motion, direction, level or count, or at another time.

    Args:
        step: A true claim.
        draw: What the choice is drawn from.
    """
    return _choose(list_false_claims(step), draw)


def falsify_words(step: Step, draw: str) -> Step | None:
    """A claim whose sentence is told beside the true one; None where words can tell no other.

    Args:
        step: A true claim.
        draw: What the choice is drawn from.
    """
    said = [s for s in list_false_claims(step) if list_facts(s) != list_facts(step)]
    return _choose(said, draw) if said and said[0].person == step.person else None


def list_false_claims(step: Step) -> list[Step]:
    """All false claims that are made of a true one; each can be said.

    A claim of rest is true at other times and of other sides as well, so it is told of a person who
    is not there.
    """
    if step.motion == "hold":
        return [replace(step, person=step.person + _NOBODY)]
    return [lie for lie in _list_changes(step) if not find_form_fault(lie)]


def draw_share(draw: str) -> float:
    """0..1, from the text alone."""
    return int.from_bytes(hashlib.sha256(draw.encode()).digest()[:7], "big") / 2**56


def _choose(lies: list[Step], draw: str) -> Step:
    return lies[int(draw_share(draw + "\0kind") * len(lies))]


def _list_changes(step: Step) -> Iterator[Step]:
    """Changes of a claim; some make no sense for its kind of motion."""
    yield _shift_window(step)
    if step.side in ("left", "right"):
        yield replace(step, side=_OPPOSITE_WAYS[step.side])
    if step.motion in _OPPOSITE_MOTIONS and step.count == 1:  # who goes twice comes back between
        yield _reverse(step)
    if step.direction and step.motion == "oscillate":
        yield replace(step, direction=_OTHER_AXIS[step.direction])
    elif step.direction:
        yield replace(step, direction=_OPPOSITE_WAYS[step.direction])
    if step.motion in FORMS and FORMS[step.motion].counts[1] > 1:
        yield replace(step, count=step.count + _FARTHER)
    if step.target in LEVELS and step.motion in FORMS and FORMS[step.motion].levels:
        here = LEVELS.index(step.target)
        there = here - _FARTHER if here >= _FARTHER else here + _FARTHER
        yield replace(step, target=LEVELS[there])


def _reverse(step: Step) -> Step:
    """The opposite motion, without what it has no words for."""
    motion = _OPPOSITE_MOTIONS[step.motion]
    ways = FORMS[motion].directions
    way = step.direction if step.direction in ways else "" if "" in ways else ways[0]
    aims = FORMS[motion].list_targets(step.part)
    return replace(
        step, motion=motion, direction=way, target=step.target if step.target in aims else ""
    )


def _shift_window(step: Step) -> Step:
    """Earlier by twice its length where there is room, else later; it may leave the clip."""
    shift = 2 * max(step.end_s - step.start_s, 0.1)
    shift = -shift if step.start_s >= shift else shift
    start, end = round(step.start_s + shift, 3), round(step.end_s + shift, 3)
    return replace(step, start_s=start, end_s=end)
