"""Stand-ins for body models: files of their form, whose joints are known."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_FINGERS = [
    parent for hand in (0, 15) for i in range(5) for parent in (-1, hand + 3 * i, hand + 3 * i + 1)
]


def _hands(first: int) -> tuple[int, ...]:
    """Parents of 30 joints of fingers, of which the first has this number; wrists are 20 and 21."""
    return tuple(
        (20 if i < 15 else 21) if parent < 0 else first + parent
        for i, parent in enumerate(_FINGERS)
    )


PARENTS = {"smplh": (*BODY_PARENTS, *_hands(22)), "smplx": (*BODY_PARENTS, 15, 15, 15, *_hands(25))}
"""As published: SMPL-X has a jaw and two eyes before its fingers."""

ADULT = {
    0: (0, 0.95, 0), 1: (0.07, 0.87, 0), 4: (0.11, 0.49, 0), 7: (0.10, 0.08, -0.03),
    10: (0.12, 0.03, 0.09), 3: (0, 1.06, -0.02), 6: (0, 1.19, -0.02), 9: (0, 1.25, 0.0),
    12: (0, 1.46, -0.03), 13: (0.08, 1.37, -0.02), 15: (0, 1.54, 0.02), 16: (0.19, 1.40, -0.03),
    18: (0.45, 1.39, -0.05), 20: (0.70, 1.40, -0.05),
}  # fmt: skip
"""Joints of a person of 1.70 m with the arms spread, y up, facing +z; those of the left side."""


def adult_joints(count: int) -> np.ndarray:
    """[count, 3]: rounded places of a person's joints; fingers lie on in a line from the wrists."""
    places = np.zeros((count, 3))
    mirror = {2: 1, 5: 4, 8: 7, 11: 10, 14: 13, 17: 16, 19: 18, 21: 20}
    parents = PARENTS["smplh" if count == 52 else "smplx"]
    for j in range(count):
        if j in ADULT:
            places[j] = ADULT[j]
        elif j in mirror:
            places[j] = np.array(ADULT[mirror[j]]) * [-1, 1, 1]
        else:
            up = parents[j]
            places[j] = places[up] + [0.03 * np.sign(places[up, 0]), 0, 0.01]
    return places


def model_file(
    joints: np.ndarray, parents: tuple[int, ...], shapes: np.ndarray, **more: object
) -> bytes:
    """A model whose joint k is the mean of vertices 2k and 2k + 1, which lie about it."""
    count = len(joints)
    spread = np.random.default_rng(0).normal(0, 0.05, (count, 3))
    vertices = np.stack([joints + spread, joints - spread], 1).reshape(-1, 3)
    regressor = np.zeros((count, 2 * count))
    regressor[np.arange(2 * count) // 2, np.arange(2 * count)] = 0.5
    tree = np.array([[p % (1 << 32) for p in parents], range(count)], np.uint32)
    arrays: dict[str, object] = {
        "v_template": vertices,
        "J_regressor": regressor,
        "shapedirs": np.repeat(shapes, 2, axis=0),
        "kintree_table": tree,
    }
    return zipped(**{**arrays, **more})


def zipped(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def put_adults(put: Callable[[str, bytes], Path]) -> None:
    """Models of both kinds and all genders, of one body."""
    for kind, parents in PARENTS.items():
        joints = adult_joints(len(parents))
        data = model_file(joints, parents, np.zeros((len(parents), 3, 16)))
        for gender in ("female", "male", "neutral"):
            put(f"models/{kind}/{gender}/model.npz", data)


def by_loop(
    joints: np.ndarray, parents: tuple[int, ...], poses: np.ndarray, trans: np.ndarray
) -> np.ndarray:
    """Joints [T, K, 3] of rest joints [K, 3] and poses [T, 3 K]: matrices, joint by joint."""
    frames = []
    for pose, shift in zip(poses.reshape(len(poses), -1, 3), trans, strict=True):
        world = np.zeros((len(parents), 4, 4))
        for j, parent in enumerate(parents):
            own = np.eye(4)
            own[:3, :3] = Rotation.from_rotvec(pose[j]).as_matrix()
            own[:3, 3] = joints[j] - (joints[parent] if parent >= 0 else 0)
            world[j] = own if parent < 0 else world[parent] @ own
        frames.append(world[:, :3, 3] + shift)
    return np.array(frames)
