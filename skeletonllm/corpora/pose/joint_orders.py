"""Does an order of joints make a body of what was seen? A count of joints alone is a guess.

Bones join neighbours: in the right order they are short against the distance of any two joints, in
a wrong one about as long. And what a network places in the middle of the shoulders or of the hips
lies there. Both are looked at over a clip; single poses may be odd.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.pose.detections import People, Pose
from skeletonllm.corpora.toolkit.assumed import SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.topology import Topology

TIGHT, LOOSE = 0.66, 0.8
"""Mean length of a bone, as a share of the mean distance of two joints: up to the first it is a
body; from the second on it is none. Real ones lie at 0.4 to 0.6, of faces at the edge of a picture
at 0.75; wrong orders at 0.8 to 1.1."""

CLEARLY = 0.8
"""By what factor bones have to be shorter in one order than in another for it to be evident."""

FEWEST_BONES = 6
"""Bones that have to be seen of a pose to say anything."""

OFF_CENTRE = 0.08
"""How far the neck may lie from the middle of the shoulders, and the pelvis from that of the hips,
as a share of the diagonal of the body."""

MOST_POSES = 64
"""Poses that are looked at, evenly spread over a clip."""

EYES_APART = 0.4
"""Distance of the eyes as a share of that from shoulders to hips, at most: 0.15 of who stands. It
tells COCO's order from PoseTrack's, which has the neck and the top of the head for the eyes."""

_EYES = ("left_eye", "right_eye")
_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_CENTRES = (
    ("neck", "left_shoulder", "right_shoulder"),
    ("pelvis", "left_hip", "right_hip"),
)


def crowd(poses: Sequence[Pose]) -> People:
    """People of many pictures, one a frame, as far as they are looked at here.

    Args:
        poses: Of one number of joints, at least one.
    """
    chosen = [
        poses[i] for i in np.linspace(0, len(poses) - 1, min(len(poses), MOST_POSES)).astype(int)
    ]
    joints = np.array([np.where(p.score[:, None] > 0, p.joints, 0.0) for p in chosen])[:, None]
    score = np.array([pose.score for pose in chosen])[:, None]
    present = np.ones((len(chosen), 1), np.bool_)
    return People(joints, score, present, tuple(range(len(chosen))), ("0",), ())


def bone_length(people: People, topology: Topology) -> float:
    """Mean bone over mean distance of two joints, the median of a clip; NaN if too few are seen.

    Args:
        people: Who was seen.
        topology: An order of their joints.
    """
    ratios = []
    bones = np.array(topology.bones)
    for joints, seen in _poses(people):
        drawn = bones[seen[bones].all(1)]
        if len(drawn) < FEWEST_BONES:
            continue
        lengths = np.linalg.norm(joints[drawn[:, 0]] - joints[drawn[:, 1]], axis=-1)
        spread = _mean_distance(joints[np.unique(drawn)])
        if spread > 0:
            ratios.append(float(lengths.mean()) / spread)
    return float(np.median(ratios)) if ratios else float("nan")


def makes_a_body(people: People, topology: Topology) -> bool | None:
    """Whether the joints seen lie as those of a body do; None where too little is seen to tell.

    Args:
        people: Who was seen.
        topology: An order of their joints.
    """
    length = bone_length(people, topology)
    if (
        length > LOOSE
        or _are_eyes_apart(people, topology)
        or False in (_is_centred(people, topology, *ends) for ends in _CENTRES)
    ):
        return False
    return True if length <= TIGHT else None


def choose_order(people: People, orders: Sequence[Topology]) -> tuple[Topology, tuple[str, ...]]:
    """The skeleton of some joints whose order nothing states, and what to flag.

    The first of ``orders`` is what it is taken for, unless another makes a body evidently better.
    It stands without a flag only where the joints bear it out: where there are other orders, by
    all that it says of middles; where there are none, by making a body, or where too little is seen
    of anyone to measure it.

    Args:
        people: Who was seen.
        orders: Skeletons of as many joints as they have, the most usual first.
    """
    usual, *others = orders
    fits = makes_a_body(people, usual)
    if not others:
        measured = not np.isnan(bone_length(people, usual))
        return usual, (SKELETON_ASSUMED,) if measured and not fits else ()
    lengths = {order.name: bone_length(people, order) for order in orders}
    best = min(others, key=lambda order: (np.isnan(lengths[order.name]), lengths[order.name]))
    if fits and _is_borne_out(people, usual) and not lengths[best.name] < lengths[usual.name]:
        return usual, ()
    mine, theirs = lengths[usual.name], lengths[best.name]
    shorter = theirs < mine if fits is False else theirs <= CLEARLY * mine or np.isnan(mine)
    evident = bool(shorter and makes_a_body(people, best))
    return (best if evident else usual), (SKELETON_ASSUMED,)


def _is_borne_out(people: People, topology: Topology) -> bool:
    """Whether every middle that a skeleton names was seen, and lies in the middle."""
    known = [ends for ends in _CENTRES if ends[0] in topology.joints]
    return bool(known) and all(_is_centred(people, topology, *ends) for ends in known)


def _is_centred(
    people: People, topology: Topology, middle: str, left: str, right: str
) -> bool | None:
    """Whether a joint lies in the middle of two others in most poses; None if never seen so."""
    if not {middle, left, right} <= set(topology.joints):
        return None
    index = [topology.index(name) for name in (middle, left, right)]
    off = []
    for joints, seen in _poses(people):
        size = float(np.linalg.norm(np.ptp(joints[seen], axis=0)))
        if seen[index].all() and size > 0:
            centre, *ends = joints[index]
            off.append(float(np.linalg.norm(centre - np.mean(ends, axis=0))) / size)
    return bool(np.median(off) <= OFF_CENTRE) if off else None


def _are_eyes_apart(people: People, topology: Topology) -> bool:
    """Whether what is taken for eyes lies farther from each other than in any face."""
    if not {*_EYES, *_TRUNK} <= set(topology.joints):
        return False
    index = [topology.index(name) for name in (*_EYES, *_TRUNK)]
    ratios = []
    for joints, seen in _poses(people):
        if seen[index].all():
            left, right, *trunk = joints[index]
            height = float(np.linalg.norm(np.mean(trunk[:2], axis=0) - np.mean(trunk[2:], axis=0)))
            ratios.append(float(np.linalg.norm(left - right)) / max(height, 1e-9))
    return bool(ratios) and bool(np.median(ratios) > EYES_APART)


def _poses(people: People) -> list[tuple[Raw, np.ndarray]]:
    """Joints [J, D] of poses spread over the clip, and which of them were seen."""
    frames, persons = np.nonzero(people.present)
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST_POSES)).astype(int))
    return [
        (people.joints[frames[i], persons[i]], people.score[frames[i], persons[i]] > 0)
        for i in chosen
    ]


def _mean_distance(points: Raw) -> float:
    """Of all pairs of points [N, D]."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return float(apart.sum() / (len(points) * (len(points) - 1)))
