"""From single events to whole ones: both sides that do the same, movements to and fro with a count.

What a detector finds is whole already; the events of one signal come a side and a way at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skeletonllm.kinematics import Event

_SIDES = ("left", "right")
_SAME_TIME = 0.5
"""Share of the longer of two from which left and right do one thing together."""
_SAME_SIZE = 0.62
"""Of two sides, the smaller must do this share of the larger; else the larger acts alone."""
_SHORTEST_S = 0.15
"""Shorter events are jitter of the sensor."""
_PAUSE_S = 0.7
"""A longer pause parts a movement to and fro in two."""
_OPPOSITE = {
    "raise": "lower",
    "lower": "raise",
    "bend": "extend",
    "extend": "bend",
    "approach": "retreat",
    "retreat": "approach",
}
_FOLDED = (*_OPPOSITE, "step")
_FEWEST = {"hand": 3, "elbow": 3}
"""Part -> how often it goes to and fro before that is told as one; 2 of the others. An arm that
goes up, down, up and down draws a figure, or strikes: its order is what sets it apart. Legs that
bend twice walk."""


def merge_events(events: Sequence[Event]) -> list[Event]:
    """Events that last, both sides as one, and to and fro several times as one that counts.

    Args:
        events: All events of a motion.
    """
    lasting = [e for e in events if e.end_s - e.start_s >= _SHORTEST_S]
    return _fold_all(_merge_sides(lasting))


def measure_overlap(a: Event, b: Event) -> float:
    """Shared time over the shorter of two events, 0..1.

    Args:
        a: An event.
        b: Another one.
    """
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return max(0.0, shared) / max(min(a.end_s - a.start_s, b.end_s - b.start_s), 1e-9)


def share_a_side(a: Event, b: Event) -> bool:
    """Whether two events can be of one limb: both sides are either side.

    Args:
        a: An event.
        b: Another one.
    """
    return a.person == b.person and (a.side == b.side or "both" in (a.side, b.side))


def _merge_sides(events: Sequence[Event]) -> list[Event]:
    """Left and right at the same time: one event if alike, else the larger alone."""
    left = [e for e in events if e.side == "left"]
    right = [e for e in events if e.side == "right"]
    merged: list[Event] = [e for e in events if e.side not in _SIDES]
    for mine in left:
        twin = max(
            (e for e in right if _are_twins(mine, e)),
            key=lambda e: measure_overlap(mine, e),
            default=None,
        )
        if twin is None:
            merged.append(mine)
            continue
        right.remove(twin)
        merged.append(_merge(mine, twin))
    return merged + right


def _are_twins(a: Event, b: Event) -> bool:
    alike = (a.person, a.motion, a.part) == (b.person, b.motion, b.part)
    way = a.direction == b.direction or a.motion not in ("sideways", "swing", "push", "throw")
    return alike and way and a.motion not in ("step", "kick", "lunge") and _coincide(a, b)


def _coincide(a: Event, b: Event) -> bool:
    """Whether the longer one, too, is under way with the other for most of its time."""
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return shared >= _SAME_TIME * max(a.end_s - a.start_s, b.end_s - b.start_s, 1e-9)


def _merge(a: Event, b: Event) -> Event:
    large, small = (a, b) if a.amount >= b.amount else (b, a)
    if small.amount < _SAME_SIZE * large.amount or _goals_differ(a, b):
        return large
    return replace(
        large,
        side="both",
        start_s=min(a.start_s, b.start_s),
        end_s=max(a.end_s, b.end_s),
        amount=(a.amount + b.amount) / 2,
        before=(a.before + b.before) / 2,
        after=(a.after + b.after) / 2,
        prominence=large.prominence * 1.1,
        target=large.target if a.target == b.target else "",
    )


def _goals_differ(a: Event, b: Event) -> bool:
    return a.motion in ("approach", "retreat", "touch") and a.target != b.target


def _fold_all(events: Sequence[Event]) -> list[Event]:
    out = [e for e in events if e.motion not in _FOLDED]
    groups: dict[tuple[object, ...], list[Event]] = {}
    for e in sorted(events, key=lambda e: e.start_s):
        if e.motion in _FOLDED:
            pair = min(e.motion, _OPPOSITE.get(e.motion, e.motion))
            way = e.target if pair == "approach" else ""
            groups.setdefault((e.person, e.side, e.part, pair, way), []).append(e)
    for group in groups.values():
        out += _fold(group)
    return out


def _fold(group: list[Event]) -> list[Event]:
    """To and fro often enough becomes one event that counts."""
    out: list[Event] = []
    while group:
        train = _find_train(group)
        goes = [e for e in train if e.motion == train[0].motion]
        fewest = _FEWEST.get(train[0].part, 2)
        if len(train) >= 2 * fewest and len(goes) >= fewest:
            size = sum(e.amount for e in train) / len(train)
            out.append(replace(train[0], end_s=train[-1].end_s, amount=size, count=len(goes)))
        else:
            train = train[:1]
            out.append(train[0])
        group = group[len(train) :]
    return out


def _find_train(group: list[Event]) -> list[Event]:
    """The longest start of a group that alternates without a long rest, with like amounts."""
    train = group[:1]
    for event in group[1:]:
        last = train[-1]
        turns = _OPPOSITE.get(last.motion) == event.motion
        close = -0.1 <= event.start_s - last.end_s <= _PAUSE_S
        sizes = [e.amount for e in (*train, event)]
        if not (turns and close and min(sizes) >= 0.45 * max(sizes)):
            break
        train.append(event)
    return train
