"""Who is who where a source does not say: detections of each frame to persons, by motion.

Each person is followed: where a body is expected next is where it was, carried on at its own speed.
Detections and persons are then paired by ``scipy.optimize.linear_sum_assignment``, so that the sum
of the distances between expected and seen joints is least, and never over a gate that depends on
how large the body is. So the unit does not matter: pixels, metres, and shares of a picture all do.

What it cannot know: two bodies that meet, stop together and part again, or someone who leaves and
comes back elsewhere, who becomes a new person. Hence the flag :data:`IDENTITY_BY_MOTION`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from skeletonllm.errors import SourceError

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

IDENTITY_BY_MOTION = "identity_by_motion"
"""Quality flag: the source names no persons, or its names were not believed."""

GATE = 0.35
"""Largest mean distance of expected and seen joints, as a share of the diagonal of the body."""

GATE_GROWTH, GATE_MOST = 0.02, 0.6
"""By how much the gate opens with every frame that a person is lost, and how far at most."""

PATIENCE = 30
"""Frames that a lost person is waited for: a second, at the usual rate."""

COASTING = 10
"""Frames for which a lost person is believed to go on at the last speed."""

LATENCY_COST = 0.01
"""Added to a distance for every frame that a person was lost: who was there last comes first."""

HIDDEN = 0.15
"""What a joint counts, in body sizes, that was just seen of a person and is not of a detection, or
was never seen of the person: so that a head that a network sees a second time, alone, does not take
over from the whole body."""

SMOOTHING = 0.5
"""Weight of the newest step in the speed of a body."""

MAX_DETECTIONS = 256
"""Most bodies in one frame, and most persons who are waited for."""

_NEVER = 1e6


@dataclass
class _Person:
    """One who is followed: ``joints`` [J, D] as last seen or expected, NaN where never seen."""

    row: int
    joints: Array
    shown: BoolArray  # [J], when last seen
    velocity: Array  # [D], a frame
    size: float
    lost: int = 0  # frames since last seen
    steps: int = 0  # how often the velocity was measured

    def advance(self) -> None:
        self.lost += 1
        if self.lost <= COASTING:
            self.joints = self.joints + self.velocity

    def see(self, joints: Array) -> None:
        """Take a detection: correct the speed of the body, remember joints that are hidden now."""
        common = ~np.isnan(joints[:, 0] - self.joints[:, 0])
        if common.any():
            miss = np.median((joints - self.joints)[common], axis=0)  # [D]; off the expectation
            weight = SMOOTHING if self.steps else 1.0
            self.velocity = self.velocity + weight * miss / max(min(self.lost, COASTING), 1)
            self.joints = self.joints + miss
            self.steps += 1
        self.shown = ~np.isnan(joints[:, 0])
        self.joints = np.where(self.shown[:, None], joints, self.joints)
        self.size = max(0.95 * self.size, _diagonal(joints))
        self.lost = 0


def track(
    frames: Sequence[Array],
    confidence: Sequence[Array] | None = None,
    *,
    gate: float = GATE,
    patience: int = PATIENCE,
) -> list[Index]:
    """Person row of every detection, frame by frame.

    Rows are numbered by first appearance, and within a frame by the order of its detections. The
    same input gives the same rows. Someone who is lost for up to ``patience`` frames keeps the row
    if seen again where expected.

    Args:
        frames: T arrays [n, J, D] of joints, D 2 or 3, n different from frame to frame; NaN where
            a joint is missing. Boxes are bodies of two joints.
        confidence: T arrays [n, J]; 0 where a joint is missing. None trusts the joints.
        gate: See :data:`GATE`.
        patience: See :data:`PATIENCE`.

    Returns:
        T arrays [n] of rows from 0; no row twice in a frame.

    Raises:
        SourceError: ``unsafe`` for more than :data:`MAX_DETECTIONS` bodies in a frame.

    Example:
        >>> body = np.array([[0.0, 0], [0, 1]])
        >>> left, right = body, body + [3, 0]
        >>> track([np.stack([left, right]), np.stack([right, left])])
        [array([0, 1]), array([1, 0])]
    """
    seen = [_visible(frame, None if confidence is None else confidence[t])
            for t, frame in enumerate(frames)]  # fmt: skip
    typical = _typical_size(seen)
    persons: list[_Person] = []
    rows: list[Index] = []
    count = 0
    for bodies in seen:
        for person in persons:
            person.advance()
        row = np.full(len(bodies), -1, np.int64)
        for which, body in _pairs(persons, bodies, gate, typical):
            persons[which].see(bodies[body])
            row[body] = persons[which].row
        for body in np.flatnonzero(row < 0).tolist():
            row[body], count = count, count + 1
            persons.append(_newcomer(int(row[body]), bodies[body]))
        rows.append(row)
        persons = _waited_for(persons, patience)
    return rows


def _newcomer(row: int, joints: Array) -> _Person:
    still = np.zeros(joints.shape[-1])
    return _Person(row, joints, ~np.isnan(joints[:, 0]), still, _diagonal(joints))


def _visible(frame: Array, confidence: Array | None) -> Array:
    """[n, J, D] with NaN where nothing is seen."""
    if len(frame) > MAX_DETECTIONS:
        expected = f"at most {MAX_DETECTIONS}"
        raise SourceError("unsafe", f"{len(frame)} persons in a frame", expected=expected)
    bodies = np.asarray(frame, np.float64)
    seen = ~np.isnan(bodies).any(-1, keepdims=True)
    if confidence is not None:
        seen = seen & (np.asarray(confidence) > 0)[..., None]
    return np.where(seen, bodies, np.nan)


def _diagonal(joints: Array) -> float:
    """Diagonal of the box around the joints that are seen; 0 if there is none."""
    seen = joints[~np.isnan(joints[:, 0])]
    return float(np.linalg.norm(np.ptp(seen, axis=0))) if len(seen) else 0.0


def _typical_size(frames: Sequence[Array]) -> float:
    """Median diagonal: what a body of which few joints are seen is taken to measure."""
    sizes = [_diagonal(body) for bodies in frames for body in bodies]
    return float(np.median(sizes)) if sizes else 0.0


def _pairs(
    persons: Sequence[_Person], bodies: Array, gate: float, typical: float
) -> list[tuple[int, int]]:
    """Indices of persons and bodies that belong together; at least total distance.

    Those who were there a frame ago are served first, so that nobody who comes back takes their
    place.
    """
    if not persons or not len(bodies):
        return []
    lost = np.array([person.lost - 1.0 for person in persons])[:, None]
    limit = np.minimum(gate + GATE_GROWTH * lost, max(gate, GATE_MOST))
    distance = _distances(persons, bodies, typical)  # [persons, bodies]
    cost = np.where(distance <= limit, distance + LATENCY_COST * lost, _NEVER)
    pairs: list[tuple[int, int]] = []
    free = np.ones(len(bodies), np.bool_)
    for group in (np.flatnonzero(lost == 0), np.flatnonzero(lost > 0)):
        left = np.flatnonzero(free)
        which, body = linear_sum_assignment(cost[np.ix_(group, left)])
        found = [(int(group[w]), int(left[b])) for w, b in zip(which, body, strict=True)]
        pairs += [(w, b) for w, b in found if cost[w, b] < _NEVER]
        free[[b for _, b in pairs]] = False
    return pairs


def _distances(persons: Sequence[_Person], bodies: Array, typical: float) -> Array:
    """Mean distance of joints, in body sizes, [persons, bodies].

    Over the joints both have, and those that only one has, which count :data:`HIDDEN`; where none
    is common, the distance of the middles.
    """
    expected = np.stack([person.joints for person in persons])  # [p, J, D]
    apart = np.linalg.norm(expected[:, None] - bodies[None], axis=-1)  # [p, n, J]
    common = ~np.isnan(apart)
    shown = np.stack([person.shown for person in persons])
    known, seen = ~np.isnan(expected[..., 0]), ~np.isnan(bodies[..., 0])
    hidden = (shown[:, None] & ~seen[None]).sum(-1) + (seen[None] & ~known[:, None]).sum(-1)
    middles = np.linalg.norm(_middle(expected)[:, None] - _middle(bodies)[None], axis=-1)
    mine = np.array([person.size for person in persons])
    theirs = np.array([_diagonal(body) for body in bodies])
    size = np.maximum(np.maximum.outer(mine, theirs), 0.25 * typical)
    size = np.maximum(size, 1e-9)
    apart = np.where(common, apart / size[..., None], 0).sum(-1) + HIDDEN * hidden
    mean = apart / np.maximum(common.sum(-1) + hidden, 1)
    distance = np.where(common.any(-1), mean, middles / size)
    return np.where(np.isnan(distance), np.inf, distance)


def _middle(joints: Array) -> Array:
    """Mean of the joints that are seen, [..., D]; NaN if there is none."""
    seen = ~np.isnan(joints)
    count = seen.sum(-2)
    return np.where(count > 0, np.where(seen, joints, 0).sum(-2) / np.maximum(count, 1), np.nan)


def _waited_for(persons: list[_Person], patience: int) -> list[_Person]:
    """Those not given up yet; the longest lost go first where there are too many."""
    waiting = [person for person in persons if person.lost <= patience]
    return sorted(waiting, key=lambda person: (person.lost, person.row))[:MAX_DETECTIONS]
