"""How much of an effect its cause carries: the cause is held still, and the effect measured again.

Share = 1 - (effect without the cause) / (effect as it was), by the judge's own measurements of the
effect, between the same two frames. "The hand rises because the elbow bends" is a cause if at
least half of the rise is gone when the forearm stays as it was against the upper arm.

Time. A cause that goes on while the effect happens is held through the end of the effect. A cause
that is over by then is held only until the effect begins, and everything is back in its real pose
by the effect's end. So a hand that was never raised has nothing to lower: the raise carries all of
the lowering. Held any longer, the raise would be missing at both ends of the effect, and nothing
could prepare anything. An earlier movement of another limb changes neither end: it carries nothing.

A contact is a state, which no pose can go to halfway: who led to it is held to its end.

A claim that is looked at as a whole counts by its amount, nothing where it does not happen; a touch
happens or not.

Between persons, the other one is held as a whole, and what counts is the part of a closing gap
that the other closed. Why somebody retreats, or answers, is not in the joints: that is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.hold_still import HeldSpan, freeze_body, remove_movement
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import Inspection, Measurement, Observation
from skeletonllm.rationales.verify.intervals import Interval, Rise, find_largest_rise
from skeletonllm.rationales.verify.kinds.registry import find_looks

HALF = 0.5
"""Least share of an effect that a cause carries: with less, most of it has other causes."""

_POINTS = {"pelvis": "body", "chest": "torso"}
_CLOSING = ("approach", "touch")
_CONTACTS = ("touch", "clap", "cross")
_LEADS_S = 0.5
"""A movement that ended longer before a contact, in seconds, did not lead to it: hands rest on the
way for less."""
_AT_ONCE = 0.2
"""Share of the shorter of two steps from which they are under way at a time."""
_CARRIERS = {
    "hand": ("elbow", "shoulder"),
    "elbow": ("shoulder",),
    "foot": ("knee", "hip"),
    "knee": ("hip",),
    "pelvis": ("knee", "hip"),
    "head": ("torso",),
}
"""Part -> what it is carried by, and does not move."""
_OPPOSITES = (
    *({"raise", "lower"}, {"bend", "extend"}, {"approach", "retreat"}, {"forward", "backward"}),
    *({"push", "pull"}, {"lean", "straighten"}, {"crouch", "stand"}, {"sit", "stand"}),
)
"""No movement is both, however vague the windows are."""
_SEEN = 0.6
"""Share of the window in which joints must be seen for an amount to mean something."""

Found = Sequence[Sequence[Measurement | Inspection]]


@dataclass(frozen=True)
class _Effect:
    """One measurement of a claim: its motion, whose side, which alternative, what rises when."""

    motion: str
    side: int
    choice: int
    rise: Rise

    def amount(self, found: Found, interval: Interval, *, own: bool) -> float:
        """The same measurement, between the same frames, perhaps of other bodies."""
        measure = found[self.side][self.choice]
        if isinstance(measure, Inspection):
            return _read_amount(self.motion, measure.observe(interval))
        if own and measure.own is not None:
            return measure.own(self.rise)
        signal = measure.signal(interval)
        return float(signal[self.rise.end] - signal[self.rise.start])


def is_one_movement(cause: Step, effect: Step) -> bool:
    """Whether two steps of one limb are told of one movement, so that neither leads to the other.

    A hand that rises and goes forward does both at once; and it is carried by its elbow, which it
    does not bend. Steps of one limb at different times are two movements.

    Args:
        cause: The step that is said to lead to the other.
        effect: The other.
    """
    shared = min(cause.end_s, effect.end_s) - max(cause.start_s, effect.start_s)
    shorter = min(cause.end_s - cause.start_s, effect.end_s - effect.start_s)
    sides = {cause.side, effect.side}
    apart = cause.person != effect.person or sides == {"left", "right"}
    apart = apart or effect.motion in _CONTACTS or {cause.motion, effect.motion} in _OPPOSITES
    return not apart and shared > _AT_ONCE * shorter and _is_beyond(cause.part, effect.part)


def _is_beyond(cause: str, effect: str) -> bool:
    """Whether a part is the other one, or hangs on it."""
    one, two = (claims.find_height_point(part) or part for part in (cause, effect))
    return one == two or effect in _CARRIERS.get(one, ())


def measure_carried_share(cause: Step, effect: Step, people: Sequence[Body], fps: float) -> float:
    """Share of the effect that is gone without the cause, 0..1; NaN where it cannot be computed.

    Args:
        cause: The step that is said to lead to the other.
        effect: The other.
        people: One body for each person row of the motion.
        fps: Frames a second.

    Example:
        >>> measure_carried_share(elbow_bends, hand_rises, people, 30.0)  # doctest: +SKIP
        0.64
    """
    if is_one_movement(cause, effect):
        return 0.0
    causing, interval = (_find_interval(step, people, fps) for step in (cause, effect))
    found = find_looks(effect, people) if interval else []
    if causing is None or interval is None or not found:
        return float("nan")
    effects = _find_effects(effect, found, interval)
    span = _find_span(_narrow(cause, people, causing), effects, fps)
    without = _without(cause, effect, people, span)
    if without is None:
        return float("nan")
    own, again = cause.person == effect.person, find_looks(effect, without)
    before = sum(e.amount(found, interval, own=own) for e in effects)
    after = sum(e.amount(again, interval, own=own) for e in effects)
    return float(np.clip(1.0 - after / before, 0.0, 1.0)) if before > 0 else float("nan")


def _find_interval(step: Step, people: Sequence[Body], fps: float) -> Interval | None:
    if not 0 <= step.person < len(people):
        return None
    return Interval.of(step.start_s, step.end_s, fps, len(people[step.person].joints))


def _find_effects(step: Step, found: Found, interval: Interval) -> list[_Effect]:
    """What shows the claim most: of both sides if both are claimed, else of one."""
    sides = [
        max(
            (
                _Effect(step.motion, side, choice, _find_rise(step.motion, measure, interval))
                for choice, measure in enumerate(choices)
            ),
            key=lambda effect: effect.rise.amount,
        )
        for side, choices in enumerate(found)
    ]
    return sides if step.side == "both" else [max(sides, key=lambda e: e.rise.amount)]


def _find_rise(motion: str, measure: Measurement | Inspection, interval: Interval) -> Rise:
    """When it happens; to the end of the window where a claim is no rise of one signal."""
    if isinstance(measure, Measurement):
        return find_largest_rise(measure.signal(interval), interval)
    seen = measure.observe(interval)
    start = interval.first if seen.onset is None else seen.onset
    amount = float(np.nan_to_num(_read_amount(motion, seen)))
    return Rise(min(start, interval.last), interval.last, amount)


def _read_amount(motion: str, seen: Observation) -> float:
    if seen.seen < _SEEN:
        return float("nan")
    if seen.onset is None:
        return 0.0
    # The amount of a touch is the gap that is left: a smaller one is no smaller touch.
    return 1.0 if motion == "touch" else seen.amount


def _narrow(cause: Step, people: Sequence[Body], interval: Interval) -> Rise:
    """When the cause happens, since windows may be vague.

    A repeated movement fills its window. Of a contact, only the window says how it came about.
    """
    whole = Rise(interval.first, interval.last, 0.0)
    found = find_looks(cause, people)
    if cause.count > 1 or cause.motion in _CONTACTS or not found:
        return whole
    rises = [effect.rise for effect in _find_effects(cause, found, interval)]
    start, end = min(rise.start for rise in rises), max(rise.end for rise in rises)
    return Rise(start, end, 0.0) if end > start else whole


def _find_span(cause: Rise, effects: Sequence[_Effect], fps: float) -> HeldSpan:
    start, end = min(e.rise.start for e in effects), max(e.rise.end for e in effects)
    contact = effects[0].motion in _CONTACTS
    if cause.end > start - (_LEADS_S * fps if contact else 0.0):
        return HeldSpan(cause.start)
    return HeldSpan(cause.start, release=start, end=end)


def _without(
    cause: Step, effect: Step, people: Sequence[Body], span: HeldSpan
) -> list[Body] | None:
    """All bodies, as if the cause had not happened; None if that cannot be said."""
    if cause.person != effect.person:
        close = effect.motion in _CLOSING and claims.is_other_person(effect.target)
        held = freeze_body(people[cause.person], span) if close else None
    else:
        body, part = people[cause.person], _find_part(cause)
        held = remove_movement(body, cause.motion, part, cause.side, span)
    if held is None:
        return None
    return [held if i == cause.person else body for i, body in enumerate(people)]


def _find_part(step: Step) -> str:
    """The part in the words of :func:`remove_movement`."""
    if step.motion in ("bend", "extend"):
        return claims.find_hinge(step.part) or ""
    point = claims.find_height_point(step.part) or ""
    return _POINTS.get(point, point)
