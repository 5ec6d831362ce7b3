"""From many events to the few that explain a clip.

Both sides that do the same become one salient event; a movement to and fro becomes one with a
count; steps in a row become a walk; what merely comes with something larger is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skeletonllm.kinematics import Event

MOST = 8
"""A chain longer than this is a protocol, not an explanation."""

_SIDES = ("left", "right")
_SAME_TIME = 0.5
"""Overlap from which left and right do one thing together."""
_SAME_SIZE = 0.62
"""Of two sides, the smaller must do this share of the larger; else the larger acts alone."""
_SHORTEST_S = 0.15
"""Shorter events are jitter of the sensor."""
_SETTLED_S = 0.22
"""Events shorter than this count for less: half of them are jumps of a joint."""
_PAUSE_S = 0.7
"""A longer pause parts a movement to and fro, or a walk, in two."""
_OPPOSITE = {
    "raise": "lower",
    "lower": "raise",
    "bend": "extend",
    "extend": "bend",
    "approach": "retreat",
    "retreat": "approach",
    "swing": "swing",
}
_WEIGHT = {"elbow": 0.8, "knee": 0.8, "torso": 1.2, "body": 1.3, "hand": 1.1, "foot": 1.0}


@dataclass(frozen=True)
class SalientEvent:
    """An event, perhaps of both sides, perhaps repeated ``count`` times."""

    event: Event
    count: int = 1

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.event.end_s - self.event.start_s

    @property
    def score(self) -> float:
        """How much it says about the clip: size, less for a jerk, more for a meeting."""
        e = self.event
        score = min(e.prominence, 6.0) * min(1.0, self.seconds / _SETTLED_S) * _WEIGHT[e.part]
        score *= {"approach": 1.4, "step": 1.3, "retreat": 0.7}.get(e.motion, 1.0)
        score *= 1.4 if e.target.startswith("other person") else 1.0
        return score * (1.0 + 0.15 * (self.count - 1))


def select_salient_events(events: Sequence[Event], most: int = MOST) -> tuple[SalientEvent, ...]:
    """The salient events of a motion, at most ``most``, in the order they begin.

    Args:
        events: All events of a motion.
        most: How many are selected at most.
    """
    lasting = [e for e in events if e.end_s - e.start_s >= _SHORTEST_S]
    salient_events = _walks(_folded([SalientEvent(e) for e in _both_sides(lasting)]))
    kept = [
        salient_event
        for salient_event in salient_events
        if not _comes_along(salient_event, salient_events)
    ]
    return tuple(sorted(_chosen(kept, most), key=lambda salient_event: _when(salient_event.event)))


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


_FIRST = {"knee": 0, "torso": 1, "elbow": 2, "foot": 3, "body": 4, "hand": 5}


def _when(event: Event) -> tuple[float, int, int, float, str, str]:
    """Time to a tenth of a second; within it, what carries comes before what is carried."""
    e = event
    last = e.motion in ("approach", "retreat")
    return (round(e.start_s, 1), last, _FIRST[e.part], e.start_s, e.side, e.motion)


def _both_sides(events: Sequence[Event]) -> list[Event]:
    """Left and right at the same time: one event if alike, else the larger alone."""
    left = [e for e in events if e.side == "left"]
    right = [e for e in events if e.side == "right"]
    merged: list[Event] = [e for e in events if e.side not in _SIDES]
    for mine in left:
        twin = max(
            (e for e in right if _twins(mine, e)),
            key=lambda e: measure_overlap(mine, e),
            default=None,
        )
        if twin is None:
            merged.append(mine)
            continue
        right.remove(twin)
        merged.append(_merge(mine, twin))
    return merged + right


def _twins(a: Event, b: Event) -> bool:
    alike = (a.person, a.motion, a.part) == (b.person, b.motion, b.part)
    way = a.motion != "swing" or a.direction == b.direction
    return alike and way and a.motion != "step" and measure_overlap(a, b) >= _SAME_TIME


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
    )


def _goals_differ(a: Event, b: Event) -> bool:
    return a.motion in ("approach", "retreat") and a.target != b.target


def _folded(salient_events: Sequence[SalientEvent]) -> list[SalientEvent]:
    """To and fro at least twice becomes one salient event that counts."""
    out: list[SalientEvent] = []
    groups: dict[tuple[object, ...], list[Event]] = {}
    for salient_event in sorted(
        salient_events, key=lambda salient_event: salient_event.event.start_s
    ):
        e = salient_event.event
        pair = min(e.motion, _OPPOSITE.get(e.motion, e.motion))
        way = e.target if pair == "approach" else e.direction in ("left", "right")
        groups.setdefault((e.person, e.side, e.part, pair, way), []).append(e)
    for group in groups.values():
        out += _fold(group)
    return out


def _fold(group: list[Event]) -> list[SalientEvent]:
    out: list[SalientEvent] = []
    while group:
        train = _train(group)
        goes = [e for e in train if _like(e, train[0])]
        if len(train) >= 4 and len(goes) >= 2:
            size = sum(e.amount for e in train) / len(train)
            whole = replace(train[0], end_s=train[-1].end_s, amount=size)
            out.append(SalientEvent(whole, len(goes)))
        else:
            train = train[:1]
            out.append(SalientEvent(train[0]))
        group = group[len(train) :]
    return out


def _like(a: Event, b: Event) -> bool:
    return (a.motion, a.direction) == (b.motion, b.direction)


def _train(group: list[Event]) -> list[Event]:
    """The longest start of a group that alternates without a long rest, with like amounts."""
    train = group[:1]
    for event in group[1:]:
        last = train[-1]
        turns = _OPPOSITE.get(last.motion) == event.motion and not _like(event, last)
        close = -0.1 <= event.start_s - last.end_s <= _PAUSE_S
        sizes = [e.amount for e in (*train, event)]
        if not (turns and close and min(sizes) >= 0.45 * max(sizes)):
            break
        train.append(event)
    return train


def _walks(salient_events: Sequence[SalientEvent]) -> list[SalientEvent]:
    """Three or more steps in a row become a walk."""
    out = [
        salient_event for salient_event in salient_events if salient_event.event.motion != "step"
    ]
    for person in sorted({salient_event.event.person for salient_event in salient_events}):
        steps = [
            f.event for f in salient_events if f.event.motion == "step" and f.event.person == person
        ]
        row: list[Event] = []
        for step in sorted(steps, key=lambda e: e.start_s):
            if row and step.start_s - row[-1].end_s > _PAUSE_S:
                out, row = out + _walk(row), []
            row.append(step)
        out += _walk(row)
    return out


def _walk(row: list[Event]) -> list[SalientEvent]:
    if len(row) < 3 or len({step.side for step in row}) < 2:
        return [SalientEvent(step) for step in row]
    ways = [step.direction for step in row]
    way = max(dict.fromkeys(ways), key=ways.count)
    steady = way if ways.count(way) > 0.6 * len(ways) else ""
    each = sum(step.amount for step in row) / len(row)
    end = max(step.end_s for step in row)
    top = max(step.prominence for step in row)
    walk = replace(row[0], side="both", end_s=end, amount=each, direction=steady, prominence=top)
    return [SalientEvent(walk, len(row))]


def _comes_along(salient_event: SalientEvent, salient_events: Sequence[SalientEvent]) -> bool:
    """Whether a salient event only accompanies another one."""
    e = salient_event.event
    around = [
        f.event
        for f in salient_events
        if f is not salient_event and measure_overlap(e, f.event) >= 0.5 and share_a_person(e, f)
    ]
    if e.part in ("knee", "foot") and e.motion != "step":
        return e.prominence < 3.0 and any(a.motion == "step" for a in around)
    if e.part != "hand":
        return False
    hand = [a for a in around if share_a_side(a, e)]
    if e.motion == "retreat" and not e.target.startswith("other person"):
        return any(a.motion in ("lower", "extend", "retreat") for a in hand)
    if e.motion == "approach" and e.target == "head":
        return not any(a.motion == "raise" and a.part == "hand" for a in hand)
    if e.motion == "swing" and e.prominence < 3.0 and any(a.motion == "step" for a in around):
        return True
    larger = ("approach", "retreat", "raise", "lower", "extend")
    return e.motion == "swing" and any(
        a.motion in larger and a.prominence >= 0.8 * e.prominence for a in hand
    )


def share_a_person(event: Event, salient_event: SalientEvent) -> bool:
    """Whether a salient event is about the person of an event.

    Args:
        event: An event.
        salient_event: Another one, as it was selected.
    """
    return event.person == salient_event.event.person


def _chosen(salient_events: Sequence[SalientEvent], most: int) -> list[SalientEvent]:
    """The best events; a second of one kind counts for less; each person has at least one."""
    rest = sorted(salient_events, key=lambda f: (-f.score, _when(f.event)))
    firsts = [next(f for f in rest if f.event.person == p) for p in _persons(rest)]
    chosen = firsts[:most]
    while len(chosen) < most and (left := [f for f in rest if f not in chosen]):
        chosen.append(max(left, key=lambda f: f.score * 0.65 ** _alike(f, chosen)))
    return chosen


def _persons(salient_events: Sequence[SalientEvent]) -> list[int]:
    return sorted({salient_event.event.person for salient_event in salient_events})


def _alike(salient_event: SalientEvent, chosen: Sequence[SalientEvent]) -> int:
    """How many of the chosen salient events say nearly the same."""
    e = salient_event.event
    return sum((c.event.person, c.event.part) == (e.person, e.part) for c in chosen) // 2
