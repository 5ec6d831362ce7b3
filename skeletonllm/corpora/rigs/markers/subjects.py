"""Whose markers are whose, and which points are of nobody.

Labels ``Ann:LKNE`` and ``Bob:LKNE`` are one marker of two persons; ``Ann_LKNE`` is read so, too,
where several labels share what stands before the underscore. A prefix is a person only if its
markers make a body that compares with the largest there is: a box, a racket, a wand and a second
set of markers on the same body are none. Points that nobody labelled (``*12``, ``U_12``,
``Unlabeled 3``) and points that are never seen are no joints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.rigs.markers.owners import BODY_WORDS, find_named, split_owners
from skeletonllm.corpora.rigs.markers.words import read_marker
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray

Places = npt.NDArray[np.float32] | Raw

OBJECTS_LEFT_OUT = "objects_left_out"
"""Flag: points under another name than a person's, such as a box, are in no clip."""

UNLABELLED_LEFT_OUT = "unlabelled_left_out"
"""Flag: points without a name of their own are in no clip."""

UNSEEN_LEFT_OUT = "unseen_left_out"
"""Flag: points that are seen in no frame are in no clip."""

COMPARABLE = 0.5
"""A person has at least so many of the places that the one with most has. A box whose corners
happen to be called L1 and T1 has two of twenty; half a body in a room with a whole one is left
out, and flagged."""

SAME_BODY = 0.1
"""Two sets of markers whose common places are nearer than this part of the body's size are on one
body: joint centres lie within it of markers on the skin, other people beyond it even arm in arm."""

MAX_PERSONS = 128
SAMPLE = 64
"""About as many frames are looked at, spread over the recording, to tell bodies apart."""

HALVES = 1.5
"""Farthest that the middles of two halves of a body are apart, in sizes of the larger one."""


@dataclass(frozen=True, eq=False)
class Subjects:
    """The points of persons.

    Args:
        persons: Their names, ``0`` where there is none.
        labels: Of the J markers, without the person's name.
        points: Index of the point of each person and marker [P, J]; -1 where there is none.
        flags: ``objects_left_out``, ``unlabelled_left_out``, ``unseen_left_out``.
    """

    persons: tuple[str, ...]
    labels: list[str]
    points: npt.NDArray[np.int64]
    flags: tuple[str, ...]

    def take(self, places: Raw) -> Raw:
        """Places of the markers [T, P, J, 3] from those of the points [T, N, 3]."""
        taken: Raw = places[:, np.maximum(self.points, 0)]
        taken[:, self.points < 0] = np.nan
        return taken


def find_subjects(labels: Sequence[str], places: Places) -> Subjects:
    """The persons of a recording and their markers; what is no person's is left out.

    Args:
        labels: Of the N points, as in the file.
        places: [T, N, 3]; NaN where a point is not seen.

    Raises:
        SourceError: ``unsafe`` for more persons than any recording has.

    Example:
        >>> labels = ["Ann:LKNE", "Ann:LANK", "Ann:LASI", "box:1", "*3"]
        >>> found = find_subjects(labels, np.zeros((2, 5, 3), np.float32))
        >>> found.persons, found.labels, found.flags
        (('Ann',), ['LKNE', 'LANK', 'LASI'], ('objects_left_out', 'unlabelled_left_out'))
    """
    seen: BoolArray = np.asarray(np.isfinite(places).all(-1).any(0))
    named = find_named(labels)
    kept = [i for i in range(len(labels)) if seen[i] and named[i]]
    if not kept:  # a set of numbers is all there is
        kept = [i for i in range(len(labels)) if seen[i]] or list(range(len(labels)))
    groups = _group(labels, kept)
    persons = _choose_persons(groups, places)
    markers = list(dict.fromkeys(own for own_points in persons.values() for own in own_points))
    points = np.full((len(persons), len(markers)), -1)
    at = {own: j for j, own in enumerate(markers)}
    for p, own_points in enumerate(persons.values()):
        for own, i in own_points.items():
            points[p, at[own]] = i
    used = set(points.ravel().tolist())
    flags = {
        OBJECTS_LEFT_OUT: any(i not in used for i in kept),
        UNLABELLED_LEFT_OUT: any(seen[i] and i not in kept for i in range(len(labels))),
        UNSEEN_LEFT_OUT: any(named[i] and not seen[i] for i in range(len(labels))),
    }
    names = tuple(name or "0" for name in persons)
    return Subjects(names, markers, points, tuple(flag for flag, holds in flags.items() if holds))


Group = dict[str, int]
"""Points of one prefix, by label."""


def _group(labels: Sequence[str], kept: Sequence[int]) -> dict[str, Group]:
    """The points that are kept by prefix, each label once."""
    groups: dict[str, Group] = {}
    for i, (owner, own) in zip(kept, split_owners([labels[i] for i in kept]), strict=True):
        groups.setdefault(owner, {}).setdefault(own, i)
    return groups


def _choose_persons(groups: Mapping[str, Group], places: Places) -> dict[str, Group]:
    """The groups that are persons, the first of a body before a second set on it."""
    some = places[:: -(-len(places) // SAMPLE) or 1].astype(np.float64)  # squares need the room
    bodies = {prefix: _measure(group, some) for prefix, group in groups.items()}
    most = max(len(body.middles) for body in bodies.values())
    if most < BODY_WORDS:
        return _choose_by_labels(groups)
    enough = max(BODY_WORDS, most * COMPARABLE)
    found = [prefix for prefix in groups if len(bodies[prefix].middles) >= enough]
    if len(found) > MAX_PERSONS:
        raise SourceError("unsafe", f"{len(found)} persons", expected=f"at most {MAX_PERSONS}")
    persons: dict[str, Group] = {}
    for prefix in sorted(found, key=lambda prefix: -len(bodies[prefix].middles)):
        others = (other for other in persons if bodies[prefix].is_on(bodies[other]))
        if (other := next(others, None)) is None:
            persons[prefix] = dict(groups[prefix])
        elif not bodies[prefix].middles.keys() & bodies[other].middles.keys():
            persons[other] |= groups[prefix]  # one body under two names
    persons = {prefix: persons[prefix] for prefix in groups if prefix in persons}
    if len(persons) == 1 and "" in groups and "" not in persons:
        (only,) = persons.values()
        known = {own: i for own, i in groups[""].items() if read_marker(own)}
        only |= {own: i for own, i in known.items() if own not in only}
    return persons


def _choose_by_labels(groups: Mapping[str, Group]) -> dict[str, Group]:
    """Where no label is known: the largest group, and those that share half of its labels."""
    largest = max(groups.values(), key=len)
    return {
        prefix: group
        for prefix, group in groups.items()
        if len(set(group) & set(largest)) * 2 >= len(largest)
    }


@dataclass(frozen=True, eq=False)
class _Body:
    """Where a group's markers are.

    Args:
        middles: The middle of the markers at each place of a body, [T, 3].
        middle: That of all of them, [T, 3].
        size: How far they spread.
    """

    middles: Mapping[str, Raw]
    middle: Raw
    size: float

    def is_on(self, other: _Body) -> bool:
        """Whether two groups are on one body: their common places are near, or else all of them.

        Two groups without a common place are the halves of a body (``Upper:LSHO``, ``Lower:LKNE``)
        if they are not farther apart than a body's halves are.
        """
        common = [word for word in self.middles if word in other.middles]
        gaps = [self.middles[word] - other.middles[word] for word in common]
        distance = np.linalg.norm(gaps or [self.middle - other.middle], axis=-1)  # [W, T]
        near = distance[np.isfinite(distance)]
        limit = max(self.size, other.size) * (SAME_BODY if common else HALVES)
        return bool(len(near) and np.median(near) < limit)


def _measure(group: Group, places: Places) -> _Body:
    others = frozenset(own.upper() for own in group)
    words: dict[str, list[int]] = {}
    for own, i in group.items():
        if marker := read_marker(own, others):
            words.setdefault(marker.word, []).append(i)
    middles = {word: _middle(places, points) for word, points in words.items()}
    known = [i for points in words.values() for i in points] or list(group.values())
    return _Body(middles, _middle(places, known), _size(places, known))


def _middle(places: Places, points: Sequence[int]) -> Raw:
    """The mean of some points in each frame [T, 3]; NaN where none is seen."""
    some = places[:, list(points)]
    seen = np.asarray(np.isfinite(some).all(-1, keepdims=True))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, some, 0).sum(1) / np.sum(seen, axis=1), np.float64)


def _size(places: Places, points: Sequence[int]) -> float:
    """The median over frames of how far some points spread."""
    some = places[:, list(points)]
    seen = np.asarray(np.isfinite(some).all(-1, keepdims=True))
    some = some[np.asarray(seen.any((1, 2)))]
    seen = seen[np.asarray(seen.any((1, 2)))]
    span = np.where(seen, some, -np.inf).max(1) - np.where(seen, some, np.inf).min(1)
    spread = np.linalg.norm(span, axis=-1)
    return float(np.median(spread)) if len(spread) else 0.0
