"""Who is who, where a source gives one person several ids, or one id to several persons.

Ids are believed until bodies contradict them. Frames in which nobody comes, goes or jumps keep
their ids unasked; in the others, bodies are expected where they were, or where their speed takes
them, and paired with what is seen by ``scipy.optimize.linear_sum_assignment``. A body that goes on
under its own id costs nothing up to :data:`CALM_M`, and its distance divided by :data:`TRUST`
beyond: ids change hands only where that explains the bodies so many times better. So an id that is
lost and given anew is joined, ids that switch between two bodies are switched back, and people who
hug keep theirs: two bodies in one place still have their left shoulders at opposite ends.

:mod:`skeletonllm.corpora.toolkit.tracking` follows detections that bear no ids at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.normalize.clips import add_flag

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

IDENTITY_SWITCH = "identity_switch"
"""Quality flag: ids that hand over to each other, or that switched, were repaired by motion."""

CALM_M = 0.1
"""How far a body may jump in a frame, on average over its joints, without a doubt of its id."""

HANDOVER_M = 0.3
"""How far a body may be from where it is expected, in the next frame, under another id."""

DRIFT_M_S = 0.5
"""By how much that distance grows with every second that a body was lost."""

LOST_S = 1.0
"""For how long a lost body may come back under another id."""

COAST_S = 0.3
"""For how long a lost body is believed to go on at its last speed."""

TRUST = 3.0
"""How many times better another pairing must explain the bodies than the ids do."""

FAR_M = 1.0
"""Where distance stops to count: a body that is elsewhere is elsewhere."""

SPEED_FRAMES = 3
"""Frames over which the speed of a body is measured."""

MAX_BODIES = 10
"""Most bodies in a frame that are compared; in a crowd ids are believed. A Kinect sees six."""

_TIE = 0.001  # metres, in favour of the ids where two bodies lie in one place


def settle_identity(clip: Clip) -> Clip:
    """One row for each person, by motion where ids mislead; flags :data:`IDENTITY_SWITCH`.

    The ids a person bore are joined by ``+``, in order of appearance. Only metric motions are
    looked at, since nearness is a distance in metres.
    """
    motion = clip.motion
    crowd = int(motion.present.sum(1).max(initial=0))
    if not motion.metric or motion.num_persons < 2 or crowd > MAX_BODIES:
        return clip
    owner = _Census(motion).owners()
    if ((owner < 0) | (owner == np.arange(motion.num_persons))).all():
        return clip
    return add_flag(_regroup(clip, owner), IDENTITY_SWITCH)


@dataclass
class _Person:
    """Where a person was seen last: ``row`` bore the person from frame ``first`` to ``last``."""

    row: int
    first: int
    last: int


@dataclass
class _Census:
    """The persons of a motion, found frame by frame where something happens."""

    motion: Motion
    persons: list[_Person] = field(default_factory=list)
    holder: dict[int, int] = field(default_factory=dict)  # row: the person who bore it last

    def owners(self) -> Index:
        """Person who bears each row, int64 [T, P]; -1 where absent. Named by a first row."""
        present = self.motion.present
        bearer = np.full(present.shape, -1, np.int64)
        events = [*self._events().tolist(), self.motion.num_frames]
        for start, stop in pairwise(events):
            rows = np.flatnonzero(present[start])
            who = self._name(start, rows)
            bearer[start:stop, rows] = who
            for row, person in zip(rows.tolist(), who.tolist(), strict=True):
                self._see(person, row, start, stop)
        names = self._first_rows(bearer)
        return np.where(bearer >= 0, names[bearer], -1)

    def _events(self) -> Index:
        """Frames in which somebody comes, goes, or moves further than :data:`CALM_M`; the first."""
        present, joints = self.motion.present, self.motion.joints
        happens = np.ones(len(present), np.bool_)
        happens[1:] = (present[1:] != present[:-1]).any(1)
        t, p = np.nonzero(present[1:] & present[:-1])
        both = self.seen[t + 1, p] & self.seen[t, p]  # [N, J]
        step = np.sqrt(np.square(joints[t + 1, p] - joints[t, p]).sum(-1)) * both
        happens[1 + t[step.sum(-1) > CALM_M * both.sum(-1)]] = True
        return np.flatnonzero(happens)

    @cached_property
    def seen(self) -> npt.NDArray[np.bool_]:
        return self.motion.observed

    def _see(self, who: int, row: int, start: int, stop: int) -> None:
        self.holder[row] = who
        if who == len(self.persons):
            self.persons.append(_Person(row, start, stop - 1))
        last = self.persons[who]
        same = last.row == row and last.last == start - 1
        self.persons[who] = _Person(row, last.first if same else start, stop - 1)

    def _name(self, t: int, rows: Index) -> Index:
        """Who the bodies of a frame are; new persons are numbered on."""
        known = [i for i, person in enumerate(self.persons) if self._awaited(person, t)]
        mine = [self.holder.get(row, -1) for row in rows.tolist()]
        known += sorted({who for who in mine if who >= 0} - set(known))
        cost = self._cost(t, rows, known, mine)
        body, choice = linear_sum_assignment(cost)
        who = np.full(len(rows), -1, np.int64)
        for b, c in zip(body.tolist(), choice.tolist(), strict=True):
            if c < len(known):
                who[b] = known[c]
        new = who < 0
        who[new] = len(self.persons) + np.arange(new.sum())
        return who

    def _awaited(self, person: _Person, t: int) -> bool:
        return t - person.last <= max(1, round(LOST_S * self.motion.fps))

    def _cost(self, t: int, rows: Index, known: list[int], mine: list[int]) -> Array:
        """Cost of every body being one of the known, or somebody new, [bodies, known + bodies]."""
        cost = np.full((len(rows), len(known) + len(rows)), 2 * FAR_M)
        if not known:
            return cost
        people = [self.persons[i] for i in known]
        gap = np.array([t - person.last - 1 for person in people]) / self.motion.fps
        apart = self._apart(t, rows, people)
        gate = HANDOVER_M + DRIFT_M_S * gap
        own = np.array(mine)[:, None] == np.array(known)
        trusted = np.where(apart <= CALM_M, 0.0, np.minimum(apart, FAR_M) / TRUST)
        other = np.where((apart <= gate) & (gap <= LOST_S), apart + _TIE, 4 * FAR_M)
        cost[:, : len(known)] = np.where(own, trusted, other)
        return cost

    def _apart(self, t: int, rows: Index, people: list[_Person]) -> Array:
        """Median distance of joints from where each person may be expected, [bodies, people]."""
        joints = self.motion.joints
        last = np.array([p.last for p in people])
        before = np.array([max(p.first, p.last - SPEED_FRAMES) for p in people])
        row = np.array([p.row for p in people])
        there, then = joints[last, row].astype(np.float64), joints[before, row]
        speed = np.median(there - then, axis=1) / np.maximum(last - before, 1)[:, None]
        ahead = speed * np.minimum(t - last, max(1, round(COAST_S * self.motion.fps)))[:, None]
        both = self.seen[last, row] & self.seen[t, rows][:, None]  # [bodies, people, J]
        off = joints[t, rows][:, None] - there
        still = _median(np.linalg.norm(off, axis=-1), both)
        return np.minimum(still, _median(np.linalg.norm(off - ahead[:, None], axis=-1), both))

    def _first_rows(self, bearer: Index) -> Index:
        """A row for each person, from which on rows carry persons: the first row if it is free."""
        names = np.full(len(self.persons), -1, np.int64)
        t, row = np.nonzero(bearer >= 0)
        who, at = np.unique(bearer[t, row], return_index=True)
        names[who] = row[at]
        taken = np.zeros(len(names), np.bool_)
        taken[np.unique(names, return_index=True)[1]] = True
        names[~taken] = bearer.shape[1] + np.arange((~taken).sum())
        return names


def _median(values: Array, valid: npt.NDArray[np.bool_]) -> Array:
    """Lower median over the last axis, of the valid ones; infinity if there is none."""
    ordered = np.sort(np.where(valid, values, np.inf), axis=-1)
    middle = np.maximum(valid.sum(-1) - 1, 0) // 2
    return np.take_along_axis(ordered, middle[..., None], -1)[..., 0]


def _regroup(clip: Clip, owner: Index) -> Clip:
    """Rows by person rather than by id, in the order of their first frames."""
    motion = clip.motion
    t, row = np.nonzero(owner >= 0)
    persons, first, place = np.unique(owner[t, row], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.argsort(order)[place]
    source = np.full((motion.num_frames, len(persons)), -1)
    source[t, place] = row
    return _rows(clip, source, _names(clip.person_ids, source))


def _rows(clip: Clip, source: Index, ids: tuple[str, ...]) -> Clip:
    """The clip whose row p shows ``source[t, p]`` in frame t, or nobody where that is -1."""
    motion, there = clip.motion, source >= 0
    at = (np.arange(motion.num_frames)[:, None], source)
    turns = motion.orientations
    return replace(
        clip,
        motion=replace(
            motion,
            joints=motion.joints[at] * there[..., None, None],
            present=there,
            confidence=motion.confidence[at] * there[..., None],
            orientations=None if turns is None else turns[at] * there[..., None, None],
        ),
        person_ids=ids,
        filled=None if clip.filled is None else clip.filled[at] & there[..., None],
        slots=None if clip.slots is None else np.where(there, clip.slots[at], -1).astype(np.int16),
    )


def _names(ids: tuple[str, ...], source: Index) -> tuple[str, ...]:
    """The ids of each person joined by ``+``; numbered where two bore the same ones."""
    names: list[str] = []
    for rows in source.T:
        name = "+".join(ids[row] for row in dict.fromkeys(rows[rows >= 0].tolist()))
        same = sum(other.partition("#")[0] == name for other in names)
        names.append(f"{name}#{same + 1}" if same else name)
    return tuple(names)
