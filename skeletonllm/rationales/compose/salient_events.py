"""From many events to the few facts worth telling.

Both sides that do the same become one fact; a movement to and fro becomes one with a count; steps
in a row become a walk; what merely comes with something larger is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skeletonllm.kinematics import Event

MOST = 8
"""A chain longer than this is a protocol, not an explanation."""

_SIDES = ("left", "right")
_SAME_TIME = 0.5
_SAME_SIZE = 0.62
_SHORTEST_S = 0.15
_SETTLED_S = 0.22
_PAUSE_S = 0.7
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
class Fact:
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


def facts(events: Sequence[Event], most: int = MOST) -> tuple[Fact, ...]:
    """The facts worth telling, at most ``most``, in the order they begin."""
    lasting = [e for e in events if e.end_s - e.start_s >= _SHORTEST_S]
    told = _walks(_folded([Fact(e) for e in _both_sides(lasting)]))
    kept = [fact for fact in told if not _comes_along(fact, told)]
    return tuple(sorted(_chosen(kept, most), key=lambda fact: _when(fact.event)))


def overlap(a: Event, b: Event) -> float:
    """Shared time over the shorter of two events, 0..1."""
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return max(0.0, shared) / max(min(a.end_s - a.start_s, b.end_s - b.start_s), 1e-9)


def same_side(a: Event, b: Event) -> bool:
    """Whether two events can be of one limb: both sides are either side."""
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
            (e for e in right if _twins(mine, e)), key=lambda e: overlap(mine, e), default=None
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
    return alike and way and a.motion != "step" and overlap(a, b) >= _SAME_TIME


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


def _folded(told: Sequence[Fact]) -> list[Fact]:
    """To and fro at least twice becomes one fact that counts."""
    out: list[Fact] = []
    groups: dict[tuple[object, ...], list[Event]] = {}
    for fact in sorted(told, key=lambda fact: fact.event.start_s):
        e = fact.event
        pair = min(e.motion, _OPPOSITE.get(e.motion, e.motion))
        way = e.target if pair == "approach" else e.direction in ("left", "right")
        groups.setdefault((e.person, e.side, e.part, pair, way), []).append(e)
    for group in groups.values():
        out += _fold(group)
    return out


def _fold(group: list[Event]) -> list[Fact]:
    out: list[Fact] = []
    while group:
        train = _train(group)
        goes = [e for e in train if _like(e, train[0])]
        if len(train) >= 4 and len(goes) >= 2:
            size = sum(e.amount for e in train) / len(train)
            whole = replace(train[0], end_s=train[-1].end_s, amount=size)
            out.append(Fact(whole, len(goes)))
        else:
            train = train[:1]
            out.append(Fact(train[0]))
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


def _walks(told: Sequence[Fact]) -> list[Fact]:
    """Three or more steps in a row become a walk."""
    out = [fact for fact in told if fact.event.motion != "step"]
    for person in sorted({fact.event.person for fact in told}):
        steps = [f.event for f in told if f.event.motion == "step" and f.event.person == person]
        row: list[Event] = []
        for step in sorted(steps, key=lambda e: e.start_s):
            if row and step.start_s - row[-1].end_s > _PAUSE_S:
                out, row = out + _walk(row), []
            row.append(step)
        out += _walk(row)
    return out


def _walk(row: list[Event]) -> list[Fact]:
    if len(row) < 3 or len({step.side for step in row}) < 2:
        return [Fact(step) for step in row]
    ways = [step.direction for step in row]
    way = max(dict.fromkeys(ways), key=ways.count)
    steady = way if ways.count(way) > 0.6 * len(ways) else ""
    each = sum(step.amount for step in row) / len(row)
    end = max(step.end_s for step in row)
    top = max(step.prominence for step in row)
    walk = replace(row[0], side="both", end_s=end, amount=each, direction=steady, prominence=top)
    return [Fact(walk, len(row))]


def _comes_along(fact: Fact, told: Sequence[Fact]) -> bool:
    """Whether a fact only accompanies another one that is told anyway."""
    e = fact.event
    around = [
        f.event for f in told if f is not fact and overlap(e, f.event) >= 0.5 and same_person(e, f)
    ]
    if e.part in ("knee", "foot") and e.motion != "step":
        return e.prominence < 3.0 and any(a.motion == "step" for a in around)
    if e.part != "hand":
        return False
    hand = [a for a in around if same_side(a, e)]
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


def same_person(event: Event, fact: Fact) -> bool:
    """Whether a fact is about the person of an event."""
    return event.person == fact.event.person


def _chosen(told: Sequence[Fact], most: int) -> list[Fact]:
    """The best facts; a second one of the same kind counts for less; nobody is forgotten."""
    rest = sorted(told, key=lambda f: (-f.score, _when(f.event)))
    firsts = [next(f for f in rest if f.event.person == p) for p in _persons(rest)]
    chosen = firsts[:most]
    while len(chosen) < most and (left := [f for f in rest if f not in chosen]):
        chosen.append(max(left, key=lambda f: f.score * 0.65 ** _alike(f, chosen)))
    return chosen


def _persons(told: Sequence[Fact]) -> list[int]:
    return sorted({fact.event.person for fact in told})


def _alike(fact: Fact, chosen: Sequence[Fact]) -> int:
    """How many of the chosen facts say nearly the same."""
    e = fact.event
    return sum((c.event.person, c.event.part) == (e.person, e.part) for c in chosen) // 2
