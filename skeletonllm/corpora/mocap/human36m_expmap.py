"""Human3.6M as rotation vectors (``h3.6m.zip``), the form of work on motion prediction.

A row of 99 numbers a frame: how the root moved since the frame before (mm) and how it turned, then
the rotation vectors of 31 joints, all in the axes of what they hang on. The corpus' own convention
is the inverse one: a joint is turned by minus its vector (Taylor et al., NIPS 2006, whose code the
corpus was written with; read back by ``revert_coordinate_space`` and ``fkl`` of Martinez et al.,
CVPR 2017). Those add some angles to the offsets of joints that only turn, and swap two axes of the
result, which mirrors it: here bones keep their length, and sides stay what they are.

Every motion starts at the origin, facing +z with the pelvis level. Where it began, how high, and
which way it faced is not in the files, nor are the bones of the subject: the published ones are
those of S1 for all. S1's Eating 2 agrees with its positions to 0.1 mm, once it is turned and moved.

A pelvis is not level, though: that clip leans by 22 degrees. Where the feet tread a plane, that is
the floor, and the motion is turned upright (:func:`level_floor`).
"""

from __future__ import annotations

import numpy as np

from skeletonllm.corpora.rigs.forward_kinematics import multiply_quaternions, rotate_vectors
from skeletonllm.corpora.rigs.rotation_vectors import pose_by_rotation_vectors, to_quaternions
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError

COLUMNS = 99

PARENTS = (
    -1, 0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 0, 11, 12, 13, 14,
    12, 16, 17, 18, 19, 20, 19, 22, 12, 24, 25, 26, 27, 28, 27, 30,
)  # fmt: skip
"""Of each joint of ``h36m_32``."""

_FEET = [3, 4, 5, 8, 9, 10]
FLAT_MM, WIDE_MM = 20.0, 150.0
"""Standard deviations across and along a plane that make it the floor."""

MIN_FRAMES = 50
"""Fewest frames that tell where the floor is: a second."""

_X, _Y, _Z = np.eye(3)
_ARM = (278.882773, 251.733451), (278.892924, 251.72868)
OFFSETS_MM: Raw = np.array(
    [
        0 * _X, -132.948591 * _X, -442.894612 * _Y, -454.206447 * _Y, 162.767078 * _Z,
        74.999437 * _Z, 132.948826 * _X, -442.894413 * _Y, -454.20659 * _Y, 162.767426 * _Z,
        74.999948 * _Z, 0.1 * _Y, 233.383263 * _Y, 257.077681 * _Y, 121.134938 * _Y,
        115.002227 * _Y, 257.077681 * _Y, 151.034226 * _Y, _ARM[0][0] * _Y, _ARM[0][1] * _Y,
        0 * _X, 99.999627 * _Z, 100.000188 * _Y, 0 * _X, 257.077681 * _Y, 151.031437 * _Y,
        _ARM[1][0] * _Y, _ARM[1][1] * _Y, 0 * _X, 99.999888 * _Z, 137.499922 * _Y, 0 * _X,
    ]
)  # fmt: skip
"""Published offsets of the joints in millimetres; y up, the body facing +z."""


_ENDS = [5, 10, 15, 20, 21, 22, 23, 28, 29, 30, 31]
"""Joints from which nothing hangs: they have no rotation."""

STILL, TURN, STEP_MM = 1e-4, 1.0, 300.0
"""Ends turn no more than so, the root no more a frame (radians: no person does 50 a second), and it
moves no farther in one (15 m/s)."""


def check_rows(rows: Raw, still: bool) -> None:
    """Refuse rows [T, 99] that are no rotations of a body.

    Args:
        rows: Finite numbers.
        still: Whether joints from which nothing hangs must not turn, as in the published files.

    Raises:
        SourceError: ``format``, with what no body does.
    """
    if not len(rows):
        return
    vectors = rows[:, 3:].reshape(len(rows), len(PARENTS), 3)
    angles = np.linalg.norm(vectors, axis=-1)
    step = float(np.median(np.linalg.norm(rows[:, :3], axis=-1)))
    turn = float(np.median(angles[1:, 0])) if len(rows) > 1 else 0.0
    found = None
    if float(angles[:, 1:].max()) > 3 * np.pi:
        found = f"a rotation by {angles[:, 1:].max():.4g} radians"
    elif step > STEP_MM or turn > TURN:
        found = f"a root that moves {step:.4g} mm and turns {turn:.3g} radians a frame"
    elif still and float(np.ptp(vectors[:, _ENDS], axis=0).max()) > STILL:
        found = "rotations of the tips of hands, feet and head, which turn nothing"
    if found:
        expected = "rotation vectors of Human3.6M, 99 a frame"
        raise SourceError("format", found, expected=expected)


def recover_joints(rows: Raw) -> Raw:
    """Joints [T, 32, 3] in millimetres, +y up, of rows [T, 99].

    Raises:
        SourceError: ``no_frames`` or ``unsafe``.
    """
    check_size(len(rows), 1, len(PARENTS))
    vectors = -rows[:, 3:].reshape(len(rows), len(PARENTS), 3)
    heading = accumulate_turns(to_quaternions(vectors[:, 0]))  # [4, T]
    before = np.concatenate([np.array([[1.0], [0], [0], [0]]), heading[:, :-1]], axis=1)
    root = np.cumsum(rotate_vectors(before, rows[:, :3].T), axis=1)  # [3, T]
    vectors[:, 0] = 0
    joints, _ = pose_by_rotation_vectors(PARENTS, OFFSETS_MM, vectors)
    turned = [rotate_vectors(heading, joints[:, j].T) + root for j in range(len(PARENTS))]
    return np.stack(turned).transpose(2, 0, 1)


def level_floor(joints: Raw) -> tuple[Raw, bool]:
    """Joints [T, 32, 3] turned so that the floor is level, and whether the feet tell where it is.

    The lower foot of each frame lies on the floor, and in standing and walking motions these points
    make a plane of 2 to 6 mm; in sitting ones they do not, and nothing is turned.
    """
    normal = _floor(joints)
    if normal is None:
        return joints, False
    axis = np.cross(normal, _Y)
    length = float(np.linalg.norm(axis))
    vector = axis / max(length, 1e-12) * np.arctan2(length, normal @ _Y)
    turned = rotate_vectors(to_quaternions(vector)[:, None], joints.reshape(-1, 3).T)
    return np.ascontiguousarray(turned.T).reshape(joints.shape), True


def _floor(joints: Raw) -> Raw | None:
    """The normal [3] of the plane that the feet tread, or None."""
    feet, normal = joints[:, _FEET], _Y
    if len(feet) < MIN_FRAMES:
        return None
    for _ in range(20):  # what is lowest depends on what is up: three rounds are the rule
        low = feet[np.arange(len(feet)), (feet @ normal).argmin(1)]
        spread, axes = np.linalg.eigh(np.cov(low.T))
        found = axes[:, 0] * np.copysign(1.0, axes[:, 0] @ normal)
        settled = float(found @ normal) > 1 - 1e-9
        normal = found
        if settled:
            break
    thick, wide, _ = np.sqrt(np.maximum(spread, 0))
    return normal if thick < FLAT_MM and wide > WIDE_MM else None


def accumulate_turns(turns: Raw) -> Raw:
    """Products of quaternions [4, T] from the first to each, in log2 T passes over all."""
    whole = turns.copy()
    step = 1
    while step < turns.shape[1]:
        whole[:, step:] = multiply_quaternions(whole[:, :-step], whole[:, step:])
        step *= 2
    return whole
