"""MediaPipe's landmarks as bare numbers: NPY, NPZ and nested lists, told by their shape alone.

[T, 33, C], [T, 33 * C] or [T, persons, 33, C] with C = 2 (x, y), 3 (and z, or a score where no
number is negative), 4 (x, y, z, visibility) or 5 (and presence). Holistic models append hands and
face: the pose is read. Poses of zeros are nobody. All of this is a guess, and flagged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.pose.landmarks.recording import NAMES, Recording
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError

POSE = len(NAMES)
WIDTHS = {
    POSE * 2: (POSE, 2),
    POSE * 3: (POSE, 3),
    POSE * 4: (POSE, 4),
    POSE * 5: (POSE, 5),
    POSE * 4 + 1530: (POSE, 4),
    POSE * 4 + 126: (POSE, 4),
    POSE * 4 + 1404: (POSE, 4),
    POSE * 3 + 126: (POSE, 3),
    543 * 3: (543, 3),
}
"""Joints and coordinates of flat rows, by their width: with hands 126 more, with a face 1404."""

OFFSETS = {POSE: (0,), 75: (0,), 501: (0,), 543: (0, 489)}
"""Where the pose may start, by the number of landmarks; of 543, faces or poses come first."""

_NAMES = ("landmarks", "pose", "pose_landmarks", "keypoints", "data", "arr_0", "poses", "joints")


def read_array_file(uri: str, data: bytes) -> Recording:
    """The recording of a ``.npy`` or ``.npz`` file.

    Args:
        uri: Its name.
        data: Its bytes.

    Raises:
        SourceError: ``format``, ``truncated`` or ``unsafe``.
    """
    if not uri.lower().endswith(".npz"):
        return read_numbers_array(_real(parse_npy(data)), Recording())
    archive = Npz(data)
    names = [*(name for name in _NAMES if name in archive), *archive.names]
    faults = []
    for name in dict.fromkeys(names):
        try:
            array = _real(archive.array(name))
            if array.size >= POSE * 2:
                return read_numbers_array(array, _stated(archive))
        except SourceError as error:
            faults.append(str(error))
    found = f"the arrays {', '.join(archive.names)[:200]}"
    raise SourceError("format", found, expected="one of 33 landmarks a frame")


def _real(array: npt.NDArray[np.generic]) -> Raw:
    if array.dtype.kind not in "fiu":
        raise SourceError("format", f"an array of {array.dtype}", expected="numbers")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        return np.asarray(array.astype(np.float64))


def _stated(archive: Npz) -> Recording:
    """Rate and picture size, where an archive has them as arrays of one number."""
    values: Mapping[str, float | None] = {
        name: _scalar(archive, name) for name in ("fps", "width", "height")
    }
    fps, width, height = values["fps"], values["width"], values["height"]
    size = (int(width), int(height)) if width and height and max(width, height) < 1 << 16 else None
    return Recording(fps=fps if fps and 0 < fps <= 1000 else None, size=size)


def _scalar(archive: Npz, name: str) -> float | None:
    if name not in archive:
        return None
    try:
        array = _real(archive.array(name))
    except SourceError:
        return None
    number = float(array.reshape(-1)[0]) if array.size == 1 else np.nan
    return number if np.isfinite(number) else None


def read_numbers_array(array: Raw, recording: Recording) -> Recording:
    """The recording of an array of numbers.

    Args:
        array: Of any shape.
        recording: What else is known; frames and flags are added to it.

    Raises:
        SourceError: ``format`` for a shape in which nobody writes 33 landmarks.
    """
    poses = _shaped(array)
    check_size(len(poses), poses.shape[1], POSE)
    if poses.shape[-1] == 3 and _is_score(poses):
        poses = np.concatenate(
            [poses[..., :2], np.full_like(poses[..., :1], np.nan), poses[..., 2:]], -1
        )
    missing = np.full((*poses.shape[:-1], max(0, 4 - poses.shape[-1])), np.nan)
    whole = np.concatenate([poses[..., :4], missing], -1)
    for number, people in enumerate(whole):
        there = (np.nan_to_num(people[..., :3]) != 0).any((1, 2))
        recording.frames[number] = [*people[there]]
    recording.bare = True
    recording.flags += (FORMAT_ASSUMED, SKELETON_ASSUMED)
    return recording


def _shaped(array: Raw) -> Raw:
    """An array as [T, persons, 33, C]."""
    shape = array.shape
    if array.ndim == 2 and shape[0] == POSE and 2 <= shape[1] <= 5:
        return array[None, None]
    if array.ndim >= 2 and shape[-1] in WIDTHS and array.ndim <= 3:
        array = array.reshape(*shape[:-1], -1)
        joints, count = WIDTHS[shape[-1]]
        array = array[..., : joints * count].reshape(*shape[:-1], joints, count)
    if array.ndim == 3 and array.shape[2] == POSE and 2 <= array.shape[1] <= 5:
        array = array.transpose(0, 2, 1)
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4 or array.shape[2] not in OFFSETS or not 2 <= array.shape[3] <= 5:
        expected = "[T, 33, 2..5], [T, 33 * 2..5] or [T, persons, 33, 2..5]"
        raise SourceError("format", f"an array {shape}", expected=expected)
    starts = OFFSETS[array.shape[2]]
    start = max(starts, key=lambda at: _extent(array[:, :, at : at + POSE]))
    return array[:, :, start : start + POSE]


def _extent(poses: Raw) -> float:
    """How far apart the landmarks of a pose are: a part of a face is small."""
    if not np.isfinite(poses[..., :2]).all(-1).any():
        return 0.0
    seen = np.isfinite(poses[..., :2]).all(-1, keepdims=True)
    low = np.where(seen, poses[..., :2], np.inf).min(2)
    high = np.where(seen, poses[..., :2], -np.inf).max(2)
    sizes = (high - low)[np.isfinite(high - low)]
    return float(np.median(sizes)) if len(sizes) else 0.0


def _is_score(poses: Raw) -> bool:
    """Whether the third number is a score: depths lie on both sides of the hips."""
    third = poses[..., 2][np.isfinite(poses[..., 2])]
    return len(third) > 0 and bool((third >= 0).all() and (third <= 1).all() and third.any())
