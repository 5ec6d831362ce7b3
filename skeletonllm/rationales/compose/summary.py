"""The summary before the chain: who acts with what, the large movements as wholes, and the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics import Body
from skeletonllm.kinematics.rest import settled_change
from skeletonllm.rationales.compose.salient_events import Fact
from skeletonllm.rationales.compose.sentences import REST_S
from skeletonllm.rationales.compose.wording import Voice, listed, main, sentence, size

_LOWER = 0.08
_CLOSER = 0.15


def summary(facts: Sequence[Fact], people: Sequence[Body], metric: bool, voice: Voice) -> str:
    """A few sentences: cast, arcs, and how things stand in the end."""
    parts = [_cast(facts, voice), *_arcs(facts, voice), *_ending(people, metric, voice)]
    return " ".join(sentence(part) for part in parts if part)


def _cast(facts: Sequence[Fact], voice: Voice) -> str:
    """Who takes part, and with which limbs most."""
    acting = sorted({fact.event.person for fact in facts}, key=lambda p: _begins(facts, p))
    if voice.persons > 1 and len(acting) > 1:
        return _together(facts, acting[0], acting[1], voice)
    person = acting[0]
    still = f", while {voice.other(person)} hardly moves" if voice.persons == 2 else ""
    return f"{voice.who(person)} mainly moves {_limbs(facts, person)}{still}"


def _together(facts: Sequence[Fact], first: int, second: int, voice: Voice) -> str:
    delay = _begins(facts, second) - _begins(facts, first)
    one, two = _limbs(facts, first), _limbs(facts, second)
    if delay > 0.25:
        lead = f"{voice.who(first)} acts first, mainly with {one}"
        return f"{lead}; {delay:.1f} s later {voice.who(second)} follows with {two}"
    if one == two:
        return f"both persons move at the same time, mainly {one}"
    return f"both persons move at once: {voice.who(first)} {one}, {voice.who(second)} {two}"


def _begins(facts: Sequence[Fact], person: int) -> float:
    return min(fact.event.start_s for fact in facts if fact.event.person == person)


def _limbs(facts: Sequence[Fact], person: int) -> str:
    """The limbs that do most, in words."""
    weight: dict[str, float] = {}
    for fact in facts:
        if fact.event.person == person:
            limb = _limb(fact)
            weight[limb] = weight.get(limb, 0.0) + fact.score
    for limb in ("arm", "leg"):
        if f"both {limb}s" in weight:
            for side in ("left", "right"):
                weight.pop(f"the {side} {limb}", None)
    ranked = sorted(weight, key=lambda limb: -weight[limb])
    return listed([limb for limb in ranked if weight[limb] > 0.3 * weight[ranked[0]]][:3])


def _limb(fact: Fact) -> str:
    e = fact.event
    if e.part in ("torso", "body"):
        return "the trunk" if e.part == "torso" else "the whole body"
    limb = "arm" if e.part in ("hand", "elbow") else "leg"
    return f"both {limb}s" if e.side == "both" else f"the {e.side} {limb}"


def _arcs(facts: Sequence[Fact], voice: Voice) -> list[str]:
    """The two largest movements as wholes: out and back, or again and again."""
    large = sorted(facts, key=lambda f: -f.score)[:3]
    return [arc for fact in large if (arc := _arc(fact, facts, voice))][:2]


def _arc(fact: Fact, facts: Sequence[Fact], voice: Voice) -> str:
    e = fact.event
    if fact.count > 1:
        return main(fact, voice)
    back = _return_of(fact, facts)
    if back is None:
        return ""
    both = e.side == "both"
    stay = back.event.start_s - e.end_s
    kept = f" and {'stay' if both else 'stays'} there for {stay:.1f} s" if stay > REST_S else ""
    way = "back down" if e.motion == "raise" else "up again"
    return f"{main(fact, voice)}{kept} before {'they come' if both else 'it comes'} {way}"


def _return_of(fact: Fact, facts: Sequence[Fact]) -> Fact | None:
    """The later fact that takes most of a raise or lower back."""
    e = fact.event
    for other in facts:
        o = other.event
        same = (o.person, o.part, o.side) == (e.person, e.part, e.side)
        opposite = {o.motion, e.motion} == {"raise", "lower"} and other.count == 1
        if same and opposite and o.start_s >= e.end_s - 0.1 and o.amount > 0.6 * e.amount:
            return other
    return None


def _ending(people: Sequence[Body], metric: bool, voice: Voice) -> list[str]:
    """What has changed for good: a lower or higher body, a smaller or larger distance."""
    out = []
    for person, body in enumerate(people):
        change = settled_change(body)
        if np.isfinite(change) and abs(change) > _LOWER:
            whose = "the body" if voice.persons == 1 else voice.who(person)
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
    return size(
        abs(statures) * (body.stature if metric else 1.0), "metres" if metric else "statures"
    )
