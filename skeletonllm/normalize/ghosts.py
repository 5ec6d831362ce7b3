"""Bodies that are none: the chair, the coat and the mirror that a sensor took for a person.

Every row gets a score from 0 (a person) to 1 (a ghost), by parts with names of their own:

- ``joints``: never shows :data:`SHOWN_SHARE` of its joints. Enough by itself.
- ``spread``: wider than tall in most frames, and small. Who lies down is wide, but not small.
- ``bones``: the lengths of its bones change.
- ``motion``: it shakes without getting anywhere.
- ``seen``: most of its joints were inferred or guessed, with a confidence of 0.5 or less.
- ``size``: its bones are much shorter than those of another body.
- ``mirror``: it is the image of another body in a plane, and lies behind it. Enough by itself.

People lie down, are children, and shake where a sensor half sees them in another's arms. So a
ghost must be misshapen, by ``spread`` or ``size``, and another of the five must agree: the score is
the geometric mean of the two. Sizes are relative, so no unit is needed, but depth is: poses in the
image plane are scored by ``joints`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

GHOST = "ghost_dropped"
"""Flag of a clip from which a ghost was dropped: this, a colon, and one of REASONS."""

PARTS = ("joints", "spread", "bones", "motion", "seen", "size", "mirror")
"""The parts of a score."""

REASONS = ("joints", "spread", "size", "mirror")
"""The parts that can be the reason why a body is dropped."""

ENOUGH = 0.7
"""Least score of a ghost. On 625 real persons none scores above 0; furniture has 0.81 and 0.87."""

SHOWN_SHARE = 0.25
"""A person shows at least this share of the joints in some frame."""

MIN_FRAMES = 5
"""Fewest frames from which bones and motion of a body are scored."""

MIRROR_FRAMES, MIRROR_LOOKS = 15, 60
"""Fewest common frames of a body and its image, and about how many of them are looked at."""

MIRROR_BODIES = 16
"""Most rows that are compared with each other; beyond, nobody looks for mirrors."""


@dataclass(frozen=True)
class GhostScore:
    """How little a row looks like a person: 0..1, why, and all parts by name."""

    score: float
    reason: str
    parts: dict[str, float]


def score_ghosts(motion: Motion) -> tuple[GhostScore, ...]:
    """A score for each row. One body alone has nothing to be compared with: only ``joints`` count.

    Example:
        >>> [s.reason for s in score_ghosts(motion) if s.score >= ENOUGH]  # doctest: +SKIP
        ['spread']
    """
    best = motion.observed.mean(-1).max(0, initial=0.0)
    parts = {name: np.zeros(motion.num_persons) for name in PARTS}
    parts["joints"] = (best < SHOWN_SHARE).astype(np.float64)
    if motion.num_persons > 1 and motion.space != "image":
        parts |= _parts(motion)
    return tuple(_score({name: float(parts[name][p]) for name in PARTS})
                 for p in range(motion.num_persons))  # fmt: skip


def _score(parts: dict[str, float]) -> GhostScore:
    shape = max(("spread", "size"), key=parts.__getitem__)
    witness = max(parts[name] for name in ("spread", "bones", "motion", "seen", "size")
                  if name != shape)  # fmt: skip
    scores = {"joints": parts["joints"], "mirror": parts["mirror"]}
    scores[shape] = float(np.sqrt(parts[shape] * witness))
    reason = max(scores, key=scores.__getitem__)
    return GhostScore(scores[reason], reason, parts)


def _parts(motion: Motion) -> dict[str, Array]:
    """All parts but ``joints``, [P] each."""
    lengths, unsteady = _bones(motion)
    size = _relative(lengths)
    largest = np.nansum(lengths, 1).max(initial=0.0)  # metres of bones, or whatever the unit is
    return {
        "spread": _spread(motion, largest),
        "bones": _ramp(unsteady, 0.15, 0.35),
        "motion": _shaking(motion, largest),
        "seen": _ramp(_guessed(motion), 0.3, 0.6),
        "size": _ramp(-size, -0.75, -0.6),
        "mirror": _images(motion),
    }


def _ramp(values: Array, low: float, high: float) -> Array:
    """0 up to ``low``, 1 from ``high``, a line between."""
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _bones(motion: Motion) -> tuple[Array, Array]:
    """Mean length of every bone, [P, B], NaN where never seen; and how it varies, [P]."""
    a, b = (np.array(ends, np.int64) for ends in zip(*motion.topology.bones, strict=True))
    seen = motion.observed[:, :, a] & motion.observed[:, :, b]
    length = np.linalg.norm(motion.joints[:, :, a] - motion.joints[:, :, b], axis=-1) * seen
    count = seen.sum(0)
    mean = length.sum(0) / np.maximum(count, 1)
    square = np.square(length).sum(0) / np.maximum(count, 1)
    deviation = np.sqrt(np.maximum(square - mean**2, 0)) / np.maximum(mean, 1e-9)
    varies = np.where(count >= MIN_FRAMES, deviation, 0.0)
    return np.where(count > 0, mean, np.nan).astype(np.float64), np.median(varies, axis=1)


def _relative(lengths: Array) -> Array:
    """Size of each body as a share of the largest other, by the bones both have, [P]."""
    both = ~np.isnan(lengths)[:, None] & ~np.isnan(lengths)[None]  # [P, P, B]
    mine = np.where(both, lengths[:, None], 0).sum(-1)
    theirs = np.where(both, lengths[None], 0).sum(-1)
    ratio = np.where((both.sum(-1) > 0) & (theirs > 0), mine / np.maximum(theirs, 1e-9), 1.0)
    return np.asarray(ratio.min(1))


def _spread(motion: Motion, largest: float) -> Array:
    """Share of frames wider than tall, where the box is small against the largest body, [P]."""
    seen = motion.observed[..., None]
    high = np.where(seen, motion.joints, -np.inf).max(2)
    low = np.where(seen, motion.joints, np.inf).min(2)
    box = np.where(high >= low, high, 0) - np.where(high >= low, low, 0)  # [T, P, 3]
    frames = np.maximum(motion.present.sum(0), 1)
    wide = np.maximum(box[..., 0], box[..., 2]) > box[..., 1]
    share = (wide & motion.present).sum(0) / frames
    diagonal = (np.linalg.norm(box, axis=-1) * motion.present).sum(0) / frames
    small = _ramp(-diagonal / max(largest, 1e-9), -0.32, -0.22)
    return _ramp(share, 0.5, 0.9) * small


def _shaking(motion: Motion, largest: float) -> Array:
    """How much of the movement leads nowhere: steps as long as the whole range, [P]."""
    seen = motion.observed
    both = seen[1:] & seen[:-1]
    moved = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1)
    step = (moved * both).sum((0, 2)) / np.maximum(both.sum((0, 2)), 1)
    count = np.maximum(seen.sum(0), 1)[..., None]  # [P, J, 1]
    centre = (motion.joints * seen[..., None]).sum(0, dtype=np.float64) / count
    off = (np.square(motion.joints - centre) * seen[..., None]).sum(0) / count
    range_ = np.sqrt(off.sum(-1)).mean(-1)
    shakes = _ramp(step / np.maximum(range_, 1e-9), 0.3, 0.6)
    large = _ramp(step / max(largest, 1e-9), 0.0025, 0.0075)
    return np.where(motion.present.sum(0) >= MIN_FRAMES, shakes * large, 0.0)


def _guessed(motion: Motion) -> Array:
    """Share of joints whose confidence is 0.5 or less, while present, [P]."""
    weak = (motion.confidence <= 0.5) & motion.present[..., None]
    frames = np.maximum(motion.present.sum(0), 1)
    return np.asarray(weak.sum((0, 2)) / (frames * motion.num_joints))


def _images(motion: Motion) -> Array:
    """How well each body is the image of one that is nearer to the sensor, [P]."""
    found = np.zeros(motion.num_persons)
    if motion.space != "camera" or motion.num_persons > MIRROR_BODIES:
        return found
    for image in range(motion.num_persons):
        for body in range(motion.num_persons):
            if image != body:
                found[image] = max(found[image], _image_of(motion, body, image))
    return found


def _image_of(motion: Motion, body: int, image: int) -> float:
    """1 where ``image`` does what ``body`` does in a mirror between them; both sides swapped."""
    swap = list(motion.topology.mirror)
    both = motion.present[:, body] & motion.present[:, image]
    if both.sum() < max(MIRROR_FRAMES, 0.8 * motion.present[:, image].sum()):
        return 0.0
    at = np.flatnonzero(both)[:: max(1, int(both.sum()) // MIRROR_LOOKS)]
    seen = (motion.confidence[at, body][:, swap] > 0) & (motion.confidence[at, image] > 0)
    a = motion.joints[at, body][:, swap].astype(np.float64)
    b = motion.joints[at, image].astype(np.float64)
    if not seen.any() or np.linalg.norm(b[seen].mean(0)) <= np.linalg.norm(a[seen].mean(0)):
        return 0.0
    across = b[seen].mean(0) - a[seen].mean(0)
    normal = across / np.linalg.norm(across)
    middle = (a[seen].mean(0) + b[seen].mean(0)) / 2
    reflected = a - 2 * ((a - middle) @ normal)[..., None] * normal
    off = float(np.sqrt(np.square(b - reflected).sum(-1)[seen].mean()))
    ours, theirs = _gestures(reflected, seen), _gestures(b, seen)
    amount = float(np.square(theirs).sum())
    if np.sqrt(amount / max(int(seen.sum()), 1)) < 0.02 * np.ptp(b[seen], axis=0).max():
        return 0.0  # who stands still is his own mirror image
    same = 1 - float(np.square(ours - theirs).sum()) / amount
    size = float(np.ptp(b[seen], axis=0).max())
    return float(_ramp(np.array(same), 0.8, 0.95) * _ramp(np.array(-off / size), -0.15, -0.07))


def _gestures(joints: Array, seen: BoolArray) -> Array:
    """Movement of the joints against their body [T, J, 3]: neither place nor posture count."""
    weight = seen[..., None].astype(np.float64)
    inside = joints - (joints * weight).sum(1, keepdims=True) / np.maximum(
        weight.sum(1, keepdims=True), 1
    )
    mean = (inside * weight).sum(0) / np.maximum(weight.sum(0), 1)
    return np.asarray((inside - mean) * weight)
