"""What sensors do to the ids of two persons, done to motions whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.testing.clips import make_clip

Rows = npt.NDArray[np.int64]
"""The row of each person in each frame [T, P]."""

Marks = npt.NDArray[np.bool_]
"""Whether a person is lost in a frame [T, P]."""


def keep_ids(motion: Motion) -> tuple[Rows, Marks]:
    """The rows of a motion's persons as they are, and nobody lost."""
    rows = np.tile(np.arange(motion.num_persons), (motion.num_frames, 1))
    return rows, np.zeros(motion.present.shape, np.bool_)


def relabel_persons(motion: Motion, ids: Rows, lost: Marks) -> Clip:
    """A clip with the bodies of a motion in other rows, the lost ones left out.

    Args:
        motion: The truth.
        ids: Row of each person.
        lost: Who is not seen.
    """
    t, p = np.nonzero(~lost)
    shape = (motion.num_frames, int(ids.max()) + 1, motion.num_joints)
    joints, confidence = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    present = np.zeros(shape[:2], np.bool_)
    joints[t, ids[t, p]], present[t, ids[t, p]] = motion.joints[t, p], True
    confidence[t, ids[t, p]] = motion.confidence[t, p]
    plain = replace(motion, orientations=None)
    return make_clip(replace(plain, joints=joints, confidence=confidence, present=present))


def iterate_id_faults(frames: int) -> Iterator[tuple[str, Rows, Marks]]:
    """Faults of two persons' ids: what it is, their rows [T, 2], and who is not seen [T, 2]."""
    ids, nobody = np.tile([0, 1], (frames, 1)), np.zeros((frames, 2), np.bool_)
    after, back = np.arange(frames)[:, None] >= frames // 2, min(frames // 2 + 10, frames - 1)
    one, two = nobody.copy(), nobody.copy()
    one[frames // 2 : back, 0] = two[frames // 2 : back] = True
    returned = np.arange(frames)[:, None] >= back
    coin = np.random.default_rng(frames).random((frames, 1)) < 0.5
    yield "ids switch", np.where(after, ids[:, ::-1], ids), nobody
    yield "ids switch and back", np.where(after & ~returned, ids[:, ::-1], ids), nobody
    yield "one gets a new id", np.where(after, [2, 1], ids), nobody
    yield "one gets the other's id", np.where(after, [1, 2], ids), nobody
    yield "both get new ids", np.where(after, ids + 2, ids), nobody
    yield "one is lost", np.where(returned, [2, 1], ids), one
    yield "both are lost", np.where(returned, ids + 2, ids), two
    yield "both are lost and switch", np.where(returned, ids[:, ::-1], ids), two
    yield "ids at random", np.where(coin, ids[:, ::-1], ids), nobody
    yield "new ids in every frame", ids + 2 * np.arange(frames)[:, None], nobody


def measure_recovery(clip: Clip, truth: Motion, lost: Marks) -> float:
    """Share of the bodies seen, 0..1, that lie in the row of their person.

    Args:
        clip: Whose rows were repaired.
        truth: The motion before its ids were damaged.
        lost: Who was not seen.
    """
    same = (clip.motion.joints[:, :, None] == truth.joints[:, None]).all((-2, -1))
    same &= clip.motion.present[:, :, None] & ~lost[:, None]
    votes = same.sum(0)  # [rows, persons]
    return float(votes[linear_sum_assignment(-votes)].sum() / (~lost).sum())
