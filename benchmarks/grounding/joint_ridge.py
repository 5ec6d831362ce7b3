"""A reference classifier that shares nothing with the miner: a ridge on raw resampled joints.

All joints about the pelvis, and the way of the pelvis, in :data:`FRAMES` frames spread evenly over
the clip, turned so that the person faces ahead at the start, in statures. No descriptor, no
smoothing, no events. Its penalty and its temperature are chosen on held-out groups of the training
part, so its probabilities may be read as such.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics import extract_bodies
from skeletonllm.motion import Motion
from skeletonllm.negatives.held_out import take_softmax

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

FRAMES = 24
PENALTIES = tuple(float(p) for p in np.geomspace(1e-4, 10, 11))
TEMPERATURES = tuple(float(t) for t in 1 / np.geomspace(1, 60, 40))


def flatten_motion(motion: Motion) -> Array:
    """Joints of the first person as one vector [(J + 1) * 3 * FRAMES], as the module says."""
    joints = _fill(np.where(motion.observed[:, 0, :, None], motion.joints[:, 0], np.nan))
    at = {name: motion.topology.find(name) for name in _NAMED}
    pelvis = joints[:, at["pelvis"]] if at["pelvis"] is not None else joints.mean(axis=1)
    start = joints[: max(1, len(joints) // 8)]
    across = sum(
        start[:, at[f"right_{p}"]] - start[:, at[f"left_{p}"]] for p in ("shoulder", "hip")
    )
    right = np.asarray(across).mean(axis=0) * (1.0, 0.0, 1.0)
    right /= max(float(np.linalg.norm(right)), 1e-9)
    up = np.array([0.0, 1.0, 0.0])
    turn = np.stack([right, up, np.cross(up, right)])
    stature = extract_bodies(motion)[0].stature
    way = (pelvis - pelvis[0])[:, None]
    paths = np.concatenate([joints - pelvis[:, None], way], axis=1) @ turn.T / stature
    return _resample(paths.reshape(len(paths), -1)).ravel()


_NAMED = ("pelvis", "left_shoulder", "right_shoulder", "left_hip", "right_hip")


def _fill(joints: Array) -> Array:
    """Joints [T, J, 3] with gaps bridged by straight lines; 0 where a joint was never seen."""
    filled = joints.astype(np.float64)
    frames = np.arange(len(filled))
    for path in filled.reshape(len(filled), -1).T:  # views: writing changes ``filled``
        seen = np.isfinite(path)
        path[:] = np.interp(frames, frames[seen], path[seen]) if seen.any() else 0.0
    return filled


def _resample(rows: Array) -> Array:
    """Rows [T, D] at :data:`FRAMES` times from the first to the last."""
    at = np.linspace(0, len(rows) - 1, FRAMES)
    return np.stack([np.interp(at, np.arange(len(rows)), column) for column in rows.T], axis=1)


class JointRidge:
    """The classifier, fitted and calibrated on the training part.

    Args:
        vectors: Of the training clips, [N, D].
        labels: Their classes, [N], in 0..C-1.
        groups: Subject or camera of each; folds hold out whole groups.
    """

    def __init__(self, vectors: Array, labels: Index, groups: Sequence[str]) -> None:
        own = np.array(groups)
        self._classes = int(labels.max()) + 1
        found = []
        for penalty in PENALTIES:
            scores = np.zeros((len(labels), self._classes))
            for group in sorted(set(groups)):
                held = own == group
                fitted = _fit(vectors[~held], labels[~held], self._classes, penalty)
                scores[held] = _score(fitted, vectors[held])
            missed = [(_surprise(scores / t, labels), t) for t in TEMPERATURES]
            found.append((*min(missed), penalty))
        _, self.temperature, self.penalty = min(found)
        self._fitted = _fit(vectors, labels, self._classes, self.penalty)

    def predict(self, vectors: Array) -> Array:
        """Probabilities [N, C] of clips."""
        return take_softmax(_score(self._fitted, vectors) / self.temperature)


def _fit(
    vectors: Array, labels: Index, classes: int, penalty: float
) -> tuple[Array, float, Array, Array]:
    """Mean, scale, weights [D, C] and offsets [C]; by the clips, of which there are fewer."""
    mean = vectors.mean(axis=0)
    scale = float(np.sqrt(((vectors - mean) ** 2).sum(axis=1).mean()))
    rows = (vectors - mean) / scale
    wanted = np.eye(classes)[labels]
    offset = wanted.mean(axis=0)
    dual = np.linalg.solve(rows @ rows.T + penalty * np.eye(len(rows)), wanted - offset)
    return mean, scale, rows.T @ dual, offset


def _score(fitted: tuple[Array, float, Array, Array], vectors: Array) -> Array:
    mean, scale, weights, offset = fitted
    return np.asarray((vectors - mean) / scale @ weights + offset)


def _surprise(scores: Array, labels: Index) -> float:
    """Mean negative logarithm of the probability of the right class."""
    right = take_softmax(scores)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-12)).mean())
