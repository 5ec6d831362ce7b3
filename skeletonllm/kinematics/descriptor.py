"""One vector of fixed length for any motion: what the kinematic distance of classes is made of.

Scale, place, heading and handedness do not change it: lengths are in statures, directions are the
body's own, and of two sides the one that does more comes first. What a skeleton or a camera cannot
show is 0, so vectors of different skeletons can be compared in what they share.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics.bodies import Body, extract_bodies
from skeletonllm.kinematics.encounters import measure_hand_gap
from skeletonllm.kinematics.events import find_events
from skeletonllm.kinematics.scene import SIDES, Event
from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.motion import Motion

_KINDS = ("raise", "lower", "bend", "extend", "approach", "retreat", "step", "turn", "swing")
"""Kinds of events that are counted. A list of its own: a kind that is found one day must not change
the vectors that were stored before."""
_LIMBS = ("hand", "elbow", "foot", "knee")
_HINGES = ("elbow", "shoulder", "knee", "hip")
_RANKS = ("more", "less")
_PARTS = ("hand", "foot", "elbow", "knee", "torso", "body")

_SPEED = ("mean", "top")
_HEIGHT = ("start", "middle", "end", "top", "range")
_ANGLE = ("mean", "min", "range")
_TRUNK = ("lean.mean", "lean.max", "drop", "rise", "travel", "path", "turn")
_PAIR = ("there", "gap.mean", "gap.min", "gap.change", "reach.more", "reach.less", "facing")


def _fields() -> tuple[str, ...]:
    person = [
        *(f"speed.{limb}.{rank}.{what}" for limb in _LIMBS for rank in _RANKS for what in _SPEED),
        *(f"height.hand.{rank}.{what}" for rank in _RANKS for what in _HEIGHT),
        *(
            f"angle.{hinge}.{rank}.{what}"
            for hinge in _HINGES
            for rank in _RANKS
            for what in _ANGLE
        ),
        *(f"trunk.{what}" for what in _TRUNK),
        *(f"hands.{what}" for what in ("apart.mean", "apart.min", "head.mean", "head.min")),
        *(f"time.{what}" for what in ("centre", "spread", "rhythm")),
        *(f"events.{kind}" for kind in _KINDS),
        *(f"events.of.{part}" for part in _PARTS),
    ]
    return (
        *(f"first.{name}" for name in person),
        *(f"second.{name}" for name in person),
        *(f"pair.{name}" for name in _PAIR),
    )


DESCRIPTOR_FIELDS: tuple[str, ...] = _fields()
"""Name of each of the D entries."""


def compute_descriptor(motion: Motion) -> Array:
    """Summary of a motion, float64 [D], finite, with D = len(DESCRIPTOR_FIELDS) for any skeleton.

    The person who moves more comes first. Entries are of order 1, so Euclidean distance is fair
    before any whitening.

    Example:
        >>> float(np.linalg.norm(compute_descriptor(a) - compute_descriptor(b)))  # doctest: +SKIP
        2.7
    """
    people = extract_bodies(motion)
    happened = [event for event in find_events(motion) if event.motion in _KINDS]
    known = [i for i, body in enumerate(people) if np.isfinite(body.stature)]
    order = sorted(known, key=lambda i: (-_energy(people[i]), i))[:2]
    blocks = [_person(people[i], [e for e in happened if e.person == i]) for i in order]
    empty = [0.0] * ((len(DESCRIPTOR_FIELDS) - len(_PAIR)) // 2)
    blocks += [empty] * (2 - len(blocks))
    pair = _pair(people[order[0]], people[order[1]]) if len(order) == 2 else [0.0] * len(_PAIR)
    return np.nan_to_num(np.array([*blocks[0], *blocks[1], *pair]), posinf=0.0, neginf=0.0)


def _energy(body: Body) -> float:
    paths = [body.point(f"{side}_{limb}") for side in SIDES for limb in _LIMBS]
    speeds = [finite_quantile(body.speed(path), 0.75) for path in (*paths, body.point("pelvis"))]
    return float(np.nansum(speeds))


def _person(body: Body, happened: list[Event]) -> list[float]:
    return [
        *_speeds(body),
        *_hands(body),
        *_angles(body),
        *_trunk(body),
        *_contacts(body),
        *_timing(body),
        *(np.log1p(sum(e.motion == kind for e in happened)) / 2 for kind in _KINDS),
        *(np.log1p(sum(e.part == part for e in happened)) / 2 for part in _PARTS),
    ]


def _ranked(rows: list[list[float]], key: int) -> list[float]:
    """Both sides, the one with more of ``key`` first."""
    first, second = sorted(rows, key=lambda row: -np.nan_to_num(row[key]))
    return [*first, *second]


def _speeds(body: Body) -> list[float]:
    """Limbs against the pelvis: walking with still arms moves no arm."""
    out: list[float] = []
    for limb in _LIMBS:
        speeds = [body.speed(body.point(f"{s}_{limb}") - body.point("pelvis")) for s in SIDES]
        out += _ranked([[_mean(v), 0.5 * finite_quantile(v, 0.95)] for v in speeds], 0)
    return out


def _hands(body: Body) -> list[float]:
    rows = []
    for side in SIDES:
        height = 2 * body.height(f"{side}_hand")
        thirds = [_mean(part) for part in np.array_split(height, 3)]
        rows.append([*thirds, finite_quantile(height, 0.98), _range(height)])
    return _ranked(rows, 4)


def _angles(body: Body) -> list[float]:
    out: list[float] = []
    for hinge in _HINGES:
        angles = [body.angle(hinge, side) / 90 for side in SIDES]
        out += _ranked([[_mean(a), finite_quantile(a, 0.02), _range(a)] for a in angles], 2)
    return out


def _trunk(body: Body) -> list[float]:
    lean, pelvis = body.lean() / 60, body.point("pelvis")
    height = 3 * body.height("pelvis", above="")
    start, end = (
        finite_quantile(height[: len(height) // 4 + 1]),
        finite_quantile(height[-(len(height) // 4 + 1) :]),
    )
    level = pelvis[np.isfinite(pelvis).all(axis=1)] * (1.0, 0.0, 1.0)
    travel = float(np.linalg.norm(level[-1] - level[0])) / body.stature if len(level) else 0.0
    path = _mean(body.speed(pelvis * (1.0, 0.0, 1.0)))
    return [
        _mean(lean),
        finite_quantile(lean, 0.98),
        start - finite_quantile(height, 0.02),
        end - finite_quantile(height, 0.02),
        travel,
        path,
        _turned(body) / 180,
    ]


def _turned(body: Body) -> float:
    """Degrees between the first and the last heading."""
    forward = body.forward()
    seen = forward[np.isfinite(forward).all(axis=1)]
    return float(np.degrees(np.arccos(np.clip(seen[0] @ seen[-1], -1, 1)))) if len(seen) else 0.0


def _contacts(body: Body) -> list[float]:
    apart = 2 * body.distance("left_hand", "right_hand")
    head = 2 * np.fmin(body.distance("left_hand", "head"), body.distance("right_hand", "head"))
    return [_mean(apart), finite_quantile(apart, 0.02), _mean(head), finite_quantile(head, 0.02)]


def _timing(body: Body) -> list[float]:
    """When the limbs move most, over how much of the clip, and how often they turn round."""
    paths = [body.point(f"{side}_{limb}") for side in SIDES for limb in ("hand", "foot")]
    speeds = np.nan_to_num(np.array([body.speed(path - body.point("pelvis")) for path in paths]))
    total = speeds.sum(axis=0)
    if total.sum() <= 0:
        return [0.0, 0.0, 0.0]
    at, share = np.linspace(0, 1, len(total)), total / total.sum()
    centre = float(at @ share)
    hand = np.nan_to_num(body.height("right_hand")), np.nan_to_num(body.height("left_hand"))
    busy = max(hand, key=np.ptp)
    turns = np.sum(np.diff(np.sign(np.diff(np.round(busy, 2)))) != 0) / (len(total) / body.fps)
    return [centre, float(np.sqrt(((at - centre) ** 2) @ share)), min(float(turns) / 4, 2.0)]


def _pair(first: Body, second: Body) -> list[float]:
    level = np.array([1.0, 0.0, 1.0])
    between = (second.point("pelvis") - first.point("pelvis")) * level
    gap = np.linalg.norm(between, axis=1) / first.stature
    seen = gap[np.isfinite(gap)]
    change = float(seen[-1] - seen[0]) if seen.size else 0.0
    reach = sorted(finite_quantile(measure_hand_gap(first, second, side), 0.02) for side in SIDES)
    facing = _mean(np.sum(first.forward() * second.forward(), axis=1))
    return [1.0, _mean(gap), finite_quantile(gap, 0.02), change, *(2 * np.array(reach)), facing]


def _mean(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else 0.0


def _range(values: Array) -> float:
    return finite_quantile(values, 0.98) - finite_quantile(values, 0.02)
