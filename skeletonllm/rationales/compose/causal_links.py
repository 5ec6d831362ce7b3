"""Which salient event leads to which: mechanics of one body, undoing, and answers of another.

A link needs a reason (a rule below) and an order (a cause does not begin after its effect). It
says that one leads to the other in the way bodies work; it is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.salient_events import (
    SalientEvent,
    measure_overlap,
    share_a_side,
)

MOST = 2
"""Most causes that are named of one event; the latest explain most."""

_TOGETHER_S = 0.1
"""What begins within this of each other begins together: order is not known better."""
_REACTION_S = 1.0
"""Longest pause after which one movement still prepares, or answers, another."""
_KICK = 2.5
"""Prominence of a raised foot from which it is a kick at somebody, not a step over something."""


@dataclass(frozen=True)
class CausalLink:
    """Salient event number ``cause`` leads to the one that holds this link.

    Args:
        cause: Index among the salient events.
        kind: ``drives`` (it moves it), ``leads`` (it prepares it), ``undoes`` (it is taken back)
            or ``answers`` (somebody else reacts).
    """

    cause: int
    kind: str


def find_causal_links(salient_events: Sequence[SalientEvent]) -> tuple[tuple[CausalLink, ...], ...]:
    """For each salient event, its causes among the earlier ones, the most recent first."""
    out: list[tuple[CausalLink, ...]] = []
    for effect, salient_event in enumerate(salient_events):
        found = [
            CausalLink(cause, kind)
            for cause in range(effect - 1, -1, -1)
            if (kind := _kind(salient_events[cause].event, salient_event.event))
        ]
        out.append(tuple(_one_of_a_kind(found)[:MOST]))
    return tuple(out)


def _one_of_a_kind(found: Sequence[CausalLink]) -> list[CausalLink]:
    seen: dict[str, CausalLink] = {}
    for link in found:
        seen.setdefault(link.kind, link)
    order = ("drives", "answers", "leads", "undoes")
    if "undoes" in seen:
        seen.pop("leads", None)
    return sorted(seen.values(), key=lambda link: order.index(link.kind))


def _kind(cause: Event, effect: Event) -> str:
    """Why ``cause`` leads to ``effect``; empty if there is no reason."""
    if cause.start_s > effect.start_s + _TOGETHER_S:
        return ""
    if cause.person != effect.person:
        return "answers" if _answers(cause, effect) else ""
    if _undoes(cause, effect):
        return "undoes"
    if measure_overlap(cause, effect) > 0.2 and _drives(cause, effect):
        return "drives"
    soon = -0.6 <= effect.start_s - cause.end_s <= _REACTION_S
    return "leads" if soon and _leads(cause, effect) else ""


def _is(event: Event, motion: str, part: str) -> bool:
    return event.motion == motion and event.part == part


def _drives(cause: Event, effect: Event) -> bool:
    """One body: what moves because something it hangs on, or its hinge, moves."""
    near = effect.motion in ("approach", "retreat")
    legs = _is(cause, "bend", "knee") and _is(effect, "lower", "body")
    rise = _is(cause, "extend", "knee") and _is(effect, "raise", "body")
    stoop = _is(cause, "bend", "torso") and _is(effect, "lower", "hand")
    straighten = cause.motion in ("extend", "raise") and cause.part in ("torso", "body")
    lifted = straighten and _is(effect, "raise", "hand")
    knee = _is(cause, "bend", "knee") and _is(effect, "raise", "foot")
    feet = cause.motion == "step" and effect.part == "body" and near
    own_limb = share_a_side(cause, effect) and effect.part == "hand"
    arm = own_limb and cause.part == "elbow" and (near or effect.motion in ("raise", "lower"))
    carried = own_limb and cause.motion == "raise" and cause.part == "hand" and near
    return (
        legs
        or rise
        or stoop
        or lifted
        or (knee and share_a_side(cause, effect))
        or (feet or (arm and _fits(cause, effect)) or carried)
    )


def _fits(elbow: Event, hand: Event) -> bool:
    """Bending brings a hand to the head and up; straightening brings it to others and down."""
    if hand.target.startswith("other person"):
        return (elbow.motion == "extend") == (hand.motion == "approach")
    inward = hand.motion in ("raise", "approach")
    return (elbow.motion == "bend") == inward


def _leads(cause: Event, effect: Event) -> bool:
    """One body: what is prepared, and then done."""
    arm = share_a_side(cause, effect) and {cause.part, effect.part} <= {"hand", "elbow"}
    strike = arm and cause.motion in ("raise", "bend") and effect.motion in ("extend", "approach")
    swing = arm and cause.motion == "raise" and effect.motion == "swing"
    beat = arm and cause.motion == "raise" and effect.motion in ("approach", "bend")
    kick = share_a_side(cause, effect) and _is(cause, "raise", "foot") and effect.part == "knee"
    down = _is(cause, "lower", "body") and _is(effect, "lower", "hand")
    coming = cause.motion == "step" and effect.motion in ("raise", "approach", "swing", "extend")
    crouch = _is(cause, "bend", "knee") and _is(effect, "raise", "foot")
    return strike or swing or beat or kick or down or crouch or (coming and effect.part == "hand")


def _undoes(cause: Event, effect: Event) -> bool:
    """The same part goes back."""
    pairs = {("raise", "lower"), ("lower", "raise"), ("bend", "extend"), ("extend", "bend")}
    pairs |= {("approach", "retreat"), ("approach", "lower")}
    back = (cause.motion, effect.motion) in pairs and cause.part == effect.part
    return back and share_a_side(cause, effect) and effect.start_s >= cause.end_s - 0.15


def _answers(cause: Event, effect: Event) -> bool:
    """Two bodies: who is reached gives way, or meets the hand."""
    if not cause.start_s + 0.05 <= effect.start_s <= cause.end_s + _REACTION_S:
        return False
    reached = cause.motion == "approach" and cause.target.startswith("other person")
    kicked = _is(cause, "raise", "foot") and cause.prominence > _KICK
    struck = kicked or _is(cause, "extend", "elbow")
    buckles = _is(effect, "bend", "knee") or effect.part in ("torso", "body")
    gives_way = effect.motion in ("retreat", "step") or buckles
    meets = effect.motion in ("approach", "raise") and effect.part == "hand"
    return (reached and (gives_way or meets)) or (struck and effect.motion in ("retreat", "step"))
