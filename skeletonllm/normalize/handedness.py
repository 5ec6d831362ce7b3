"""Is left left and right right? Joint names against the way the body faces.

Who knows left, right, up and front knows one thing too many: any three tell the fourth. Names and
the trunk give a front, up x (right - left); anatomy gives another that no name enters:

- toes lie in front of the ankles,
- the nose lies in front of the ears,
- knees bend to the front, elbows to the back.

Where the two fronts oppose each other, the motion is the mirror image of one whose names are right
(or sides were swapped, which is the same thing). The direction of walking says nothing here: a
Kinect names people who walk away as if they came, and in NW-UCLA a third of the clips would be
walking backwards. Reflection turns every sign, so the evidence of a mirror image is exactly the
negative of the motion's own: what is told from one is told from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIRRORED = "mirrored"
"""Flag: the names of left and right contradict the way the body faces."""

ENOUGH = 0.25
"""Least evidence for a verdict. On 3,000 real clips that are right, 0.3 % are called mirrored."""

MIN_FRAMES = 5
"""Fewest frames of one person that tell anything for a verdict."""

MANY = 10
"""Clips of a corpus among which chance evens out."""

FULL = {"toes": 0.1, "nose": 0.1, "knee": 0.2, "elbow": 0.2}
"""How far in front, as a share of the trunk, counts as fully in front."""

WEIGHT = {"toes": 4.0, "nose": 4.0, "knee": 1.0, "elbow": 1.0}
"""What a cue counts: toes and nose do not turn round, straight knees and raised arms do."""


@dataclass(frozen=True)
class MirrorEvidence:
    """Whether left and right are confused.

    Args:
        mirrored: None where the evidence is too small or contradicts itself.
        evidence: -1 (mirrored beyond doubt) to 1 (right beyond doubt); 0 where nothing is known.
        frames: Frames of a person that told anything.
    """

    mirrored: bool | None
    evidence: float
    frames: int


def measure_handedness(motion: Motion) -> MirrorEvidence:
    """Check the sides of a motion by how all its bodies are built.

    Motions in the image plane hide their depth, and get no verdict.

    Example:
        >>> measure_handedness(motion)  # doctest: +SKIP
        Verdict(mirrored=False, evidence=0.83, frames=76)
    """
    total = weights = 0.0
    told = np.zeros(motion.present.shape, np.bool_)
    if motion.space != "image" and (frame := _front(motion)) is not None:
        front, trunk, known = frame
        for cue, ahead, shown in _cues(motion):
            seen = shown & known
            share = (ahead * front).sum(-1)[seen] / trunk[seen] / FULL[cue]
            total += WEIGHT[cue] * float(np.clip(share, -1, 1).sum())
            weights += WEIGHT[cue] * len(share)
            told |= seen
    return _verdict(total / weights if weights else 0.0, int(told.sum()))


def pool_evidence(verdicts: Iterable[MirrorEvidence]) -> MirrorEvidence:
    """The verdict on a corpus, by its clips' evidence; each counts by its frames.

    From :data:`MANY` clips on half the evidence is enough, since chance evens out.
    """
    items = list(verdicts)
    frames = sum(item.frames for item in items)
    evidence = sum(item.evidence * item.frames for item in items) / max(frames, 1)
    return _verdict(evidence, frames, ENOUGH / 2 if len(items) >= MANY else ENOUGH)


def _verdict(evidence: float, frames: int, enough: float = ENOUGH) -> MirrorEvidence:
    sure = frames >= MIN_FRAMES and abs(evidence) >= enough
    return MirrorEvidence(evidence < 0 if sure else None, evidence, frames)


def _front(motion: Motion) -> tuple[Array, Array, BoolArray] | None:
    """Front by names [T, P, 3], length of the trunk [T, P], and where they are known [T, P]."""
    found = [_joint(motion, f"{s}_{j}") for j in ("shoulder", "hip") for s in ("right", "left")]
    corners = [corner for corner in found if corner is not None]
    if len(corners) < len(found):
        return None
    (sr, a), (sl, b), (hr, c), (hl, d) = corners
    up = (sr + sl - hr - hl) / 2
    trunk = np.linalg.norm(up, axis=-1)
    front = np.cross(up, sr - sl + hr - hl)
    length = np.linalg.norm(front, axis=-1)
    known = a & b & c & d & (trunk > 0) & (length > 1e-3 * trunk**2)
    return front / np.where(known, length, 1)[..., None], trunk, known


def _cues(motion: Motion) -> Iterator[tuple[str, Array, BoolArray]]:
    """Name, a vector that points to the front [T, P, 3], and where it was seen [T, P]."""
    nose = _joint(motion, "nose")
    for side in ("left", "right"):
        shoulder, elbow, wrist, hip, knee, ankle, foot, ear = (
            _joint(motion, *(f"{side}_{word}" for word in words))
            for words in (
                ("shoulder",), ("elbow",), ("wrist", "hand"), ("hip",), ("knee",),
                ("ankle",), ("foot",), ("ear",),
            )
        )  # fmt: skip
        if ankle and foot:
            yield "toes", foot[0] - ankle[0], foot[1] & ankle[1]
        if ear and nose:
            yield "nose", nose[0] - ear[0], nose[1] & ear[1]
        end = ankle or foot
        if hip and knee and end:
            yield "knee", knee[0] - (hip[0] + end[0]) / 2, hip[1] & knee[1] & end[1]
        if shoulder and elbow and wrist:
            back = (shoulder[0] + wrist[0]) / 2 - elbow[0]
            yield "elbow", back, shoulder[1] & elbow[1] & wrist[1]


def _joint(motion: Motion, *names: str) -> tuple[Array, BoolArray] | None:
    """Positions [T, P, 3] and where seen [T, P] of the first of the names there is."""
    at = motion.topology.find(*names)
    if at is None:
        return None
    return motion.joints[:, :, at].astype(np.float64), motion.observed[:, :, at]
