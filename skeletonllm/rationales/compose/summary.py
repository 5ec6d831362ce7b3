"""The summary before the chain: who acts with what, the large movements as wholes, and the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics import Body
from skeletonllm.kinematics.rest import measure_settled_change
from skeletonllm.rationales.compose.salient_events import SalientEvent
from skeletonllm.rationales.compose.sentences import REST_S
from skeletonllm.rationales.compose.wording import (
    Phrasing,
    describe_event,
    format_amount,
    format_sentence,
    join_words,
)

_LOWER = 0.08
"""A pelvis that ends this much lower or higher, in statures, has sat down or stood up."""
_CLOSER = 0.15
"""A distance between persons that changes by less, in statures, is how people stand about."""


def compose_summary(
    salient_events: Sequence[SalientEvent], people: Sequence[Body], metric: bool, phrasing: Phrasing
) -> str:
    """A few sentences: cast, arcs, and how things stand in the end.

    Args:
        salient_events: What the chain says.
        people: One body for each person who is present.
        metric: Whether lengths are metres; else they are said as shares of body height.
        phrasing: How many persons there are, and which of several phrases is taken.
    """
    parts = [
        _cast(salient_events, phrasing),
        *_arcs(salient_events, phrasing),
        *_ending(people, metric, phrasing),
    ]
    return " ".join(format_sentence(part) for part in parts if part)


def _cast(salient_events: Sequence[SalientEvent], phrasing: Phrasing) -> str:
    """Who takes part, and with which limbs most."""
    acting = sorted(
        {salient_event.event.person for salient_event in salient_events},
        key=lambda p: _begins(salient_events, p),
    )
    if phrasing.persons > 1 and len(acting) > 1:
        return _together(salient_events, acting[0], acting[1], phrasing)
    person = acting[0]
    still = f", while {phrasing.other(person)} hardly moves" if phrasing.persons == 2 else ""
    return f"{phrasing.who(person)} mainly moves {_limbs(salient_events, person)}{still}"


def _together(
    salient_events: Sequence[SalientEvent], first: int, second: int, phrasing: Phrasing
) -> str:
    delay = _begins(salient_events, second) - _begins(salient_events, first)
    one, two = _limbs(salient_events, first), _limbs(salient_events, second)
    if delay > 0.25:
        lead = f"{phrasing.who(first)} acts first, mainly with {one}"
        return f"{lead}; {delay:.1f} s later {phrasing.who(second)} follows with {two}"
    if one == two:
        return f"both persons move at the same time, mainly {one}"
    return f"both persons move at once: {phrasing.who(first)} {one}, {phrasing.who(second)} {two}"


def _begins(salient_events: Sequence[SalientEvent], person: int) -> float:
    return min(
        salient_event.event.start_s
        for salient_event in salient_events
        if salient_event.event.person == person
    )


def _limbs(salient_events: Sequence[SalientEvent], person: int) -> str:
    """The limbs that do most, in words."""
    weight: dict[str, float] = {}
    for salient_event in salient_events:
        if salient_event.event.person == person:
            limb = _limb(salient_event)
            weight[limb] = weight.get(limb, 0.0) + salient_event.score
    for limb in ("arm", "leg"):
        if f"both {limb}s" in weight:
            for side in ("left", "right"):
                weight.pop(f"the {side} {limb}", None)
    ranked = sorted(weight, key=lambda limb: -weight[limb])
    return join_words([limb for limb in ranked if weight[limb] > 0.3 * weight[ranked[0]]][:3])


def _limb(salient_event: SalientEvent) -> str:
    e = salient_event.event
    if e.part in ("torso", "body"):
        return "the trunk" if e.part == "torso" else "the whole body"
    limb = "arm" if e.part in ("hand", "elbow") else "leg"
    return f"both {limb}s" if e.side == "both" else f"the {e.side} {limb}"


def _arcs(salient_events: Sequence[SalientEvent], phrasing: Phrasing) -> list[str]:
    """The two largest movements as wholes: out and back, or again and again."""
    large = sorted(salient_events, key=lambda f: -f.score)[:3]
    return [
        arc for salient_event in large if (arc := _arc(salient_event, salient_events, phrasing))
    ][:2]


def _arc(
    salient_event: SalientEvent, salient_events: Sequence[SalientEvent], phrasing: Phrasing
) -> str:
    e = salient_event.event
    if salient_event.count > 1:
        return describe_event(salient_event, phrasing)
    back = _return_of(salient_event, salient_events)
    if back is None:
        return ""
    both = e.side == "both"
    stay = back.event.start_s - e.end_s
    rest = f" and {'stay' if both else 'stays'} there for {stay:.1f} s" if stay > REST_S else ""
    way = "back down" if e.motion == "raise" else "up again"
    subject = "they come" if both else "it comes"
    return f"{describe_event(salient_event, phrasing)}{rest} before {subject} {way}"


def _return_of(
    salient_event: SalientEvent, salient_events: Sequence[SalientEvent]
) -> SalientEvent | None:
    """The later salient event that takes most of a raise or lower back."""
    e = salient_event.event
    for other in salient_events:
        o = other.event
        same = (o.person, o.part, o.side) == (e.person, e.part, e.side)
        opposite = {o.motion, e.motion} == {"raise", "lower"} and other.count == 1
        if same and opposite and o.start_s >= e.end_s - 0.1 and o.amount > 0.6 * e.amount:
            return other
    return None


def _ending(people: Sequence[Body], metric: bool, phrasing: Phrasing) -> list[str]:
    """What has changed for good: a lower or higher body, a smaller or larger distance."""
    out = []
    for person, body in enumerate(people):
        change = measure_settled_change(body)
        if np.isfinite(change) and abs(change) > _LOWER:
            whose = "the body" if phrasing.persons == 1 else phrasing.who(person)
            word = "lower" if change < 0 else "higher"
            out.append(f"in the end {whose} is {_length(change, body, metric)} {word} than before")
    if len(people) == 2 and (gap := _gap(people, metric)):
        out.append(gap)
    return out


def _gap(people: Sequence[Body], metric: bool) -> str:
    level = np.array([1.0, 0.0, 1.0])
    gap = np.linalg.norm((people[0].point("pelvis") - people[1].point("pelvis")) * level, axis=1)
    seen = gap[np.isfinite(gap)]
    stature = people[0].stature
    if not seen.size or abs(seen[-1] - seen[0]) < _CLOSER * stature:
        return ""
    before, after = (_length(x / stature, people[0], metric) for x in (seen[0], seen[-1]))
    verb = "shrinks" if seen[-1] < seen[0] else "grows"
    return f"the distance between them {verb} from {before} to {after}"


def _length(statures: float, body: Body, metric: bool) -> str:
    return format_amount(
        abs(statures) * (body.stature if metric else 1.0), "metres" if metric else "statures"
    )
