"""Files that stand in for SMPL, SMPL-H and SMPL-X, whose licences let nobody pass them on.

They have the form of the published files, and joints that are known beforehand.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

Array = npt.NDArray[np.float64]
Parents = tuple[int, ...]
"""Index of each joint's parent, -1 for the root."""

_BODY: Parents = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_FINGERS = [
    parent for hand in (0, 15) for i in range(5) for parent in (-1, hand + 3 * i, hand + 3 * i + 1)
]


def _hands(first: int) -> Parents:
    """Parents of 30 joints of fingers, of which the first has this number; wrists are 20 and 21."""
    return tuple(
        (20 if i < 15 else 21) if parent < 0 else first + parent
        for i, parent in enumerate(_FINGERS)
    )


PARENTS = {
    "smplh": (*_BODY, *_hands(22)),
    "smplx": (*_BODY, 15, 15, 15, *_hands(25)),
    "smpl": (*_BODY, 20, 21),
}
"""As published: SMPL-X has a jaw and two eyes before its fingers, SMPL ends with two hands."""

_ADULT: dict[int, tuple[float, float, float]] = {
    0: (0, 0.95, 0), 1: (0.07, 0.87, 0), 4: (0.11, 0.49, 0), 7: (0.10, 0.08, -0.03),
    10: (0.12, 0.03, 0.09), 3: (0, 1.06, -0.02), 6: (0, 1.19, -0.02), 9: (0, 1.25, 0.0),
    12: (0, 1.46, -0.03), 13: (0.08, 1.37, -0.02), 15: (0, 1.54, 0.02), 16: (0.19, 1.40, -0.03),
    18: (0.45, 1.39, -0.05), 20: (0.70, 1.40, -0.05),
}  # fmt: skip
"""Joints of a person of 1.70 m with the arms spread, y up, facing +z; those of the left side."""


def make_adult_joints(count: int) -> Array:
    """Rest joints [count, 3] of a person in metres; fingers lie in a line on from the wrists."""
    places = np.zeros((count, 3))
    mirror = {2: 1, 5: 4, 8: 7, 11: 10, 14: 13, 17: 16, 19: 18, 21: 20}
    parents = next(tree for tree in PARENTS.values() if len(tree) == count)
    for j in range(count):
        if j in _ADULT:
            places[j] = _ADULT[j]
        elif j in mirror:
            places[j] = np.array(_ADULT[mirror[j]]) * [-1, 1, 1]
        else:
            up = parents[j]
            places[j] = places[up] + [0.03 * np.sign(places[up, 0]), 0, 0.01]
    return places


def make_model_file(joints: Array, parents: Parents, shapes: Array, **arrays: object) -> bytes:
    """A model file whose joint k is the mean of vertices 2k and 2k + 1, which lie about it.

    Args:
        joints: Rest joints [K, 3], metres.
        parents: Of each joint.
        shapes: Shift of each joint by each shape coefficient [K, 3, B].
        **arrays: Put in place of the arrays of the file, or beside them.
    """
    count = len(joints)
    spread = np.random.default_rng(0).normal(0, 0.05, (count, 3))
    vertices = np.stack([joints + spread, joints - spread], 1).reshape(-1, 3)
    regressor = np.zeros((count, 2 * count))
    regressor[np.arange(2 * count) // 2, np.arange(2 * count)] = 0.5
    tree = np.array([[p % (1 << 32) for p in parents], range(count)], np.uint32)
    own: dict[str, object] = {
        "v_template": vertices,
        "J_regressor": regressor,
        "shapedirs": np.repeat(shapes, 2, axis=0),
        "kintree_table": tree,
    }
    return save_npz(**{**own, **arrays})


def save_npz(**arrays: object) -> bytes:
    """The bytes of an ``.npz`` file."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def write_adult_models(write: Callable[[str, bytes], Path]) -> None:
    """Write models of all kinds and all genders below ``models/``, all of one body.

    Args:
        write: Writes a file of a relative path, and gives where it lies.
    """
    for kind, parents in PARENTS.items():
        joints = make_adult_joints(len(parents))
        data = make_model_file(joints, parents, np.zeros((len(parents), 3, 16)))
        for gender in ("female", "male", "neutral"):
            write(f"models/{kind}/{gender}/model.npz", data)


def pose_by_loop(joints: Array, parents: Parents, poses: Array, trans: Array) -> Array:
    """Joints [T, K, 3] in metres, by 4x4 matrices, frame by frame and joint by joint.

    Args:
        joints: Rest joints [K, 3].
        parents: Of each joint.
        poses: Rotation vectors [T, 3 K].
        trans: Shift of the whole body [T, 3].
    """
    frames = []
    for pose, shift in zip(poses.reshape(len(poses), -1, 3), trans, strict=True):
        world: Array = np.zeros((len(parents), 4, 4))
        for j, parent in enumerate(parents):
            own = np.eye(4)
            own[:3, :3] = Rotation.from_rotvec(pose[j]).as_matrix()
            own[:3, 3] = joints[j] - (joints[parent] if parent >= 0 else 0)
            world[j] = own if parent < 0 else world[parent] @ own
        frames.append(world[:, :3, 3] + shift)
    return np.array(frames)
