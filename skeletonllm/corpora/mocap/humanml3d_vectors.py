"""HumanML3D's 263 features a frame (Guo et al., CVPR 2022), recovered to joint positions.

    <root>/new_joint_vecs/<id>.npy    float [T, 263], 20 frames a second, metres, +y up

    0          turn of the root about +y since the frame before, half of it, in radians
    1, 2       velocity of the root along x and z, in the root's own heading
    3          height of the root
    4 .. 66    the 21 other joints, about the root and in its heading
    67 .. 258  rotations and velocities, which follow from the others and are not read
    259 .. 262 foot contacts, 0 or 1

Models write normalised features, (x - mean) / std. They are told by contacts that are neither 0 nor
1, and undone where ``Mean.npy`` and ``Std.npy`` lie beside ``new_joint_vecs``. A motion starts at
the origin and faces +z, as those of ``new_joints`` do; the two agree to 1e-6 m.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, own_stem
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.mocap.humanml3d import (
    FPS,
    GUESSES,
    NAME,
    REACH_M,
    captions_beside,
    is_released,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.motion import Motion
from skeletonllm.topology import SMPL_22

FEATURES = 263
DENORMALISED = "denormalised"
"""Flag: the features were normalised, and Mean.npy and Std.npy beside undid it."""

_ROUNDED = 0.02
"""How far from 0 or 1 a contact may lie once the normalisation is undone."""


class HumanML3DVectorsReader:
    """Reader of ``new_joint_vecs/*.npy`` with the captions beside them."""

    name = "humanml3d_vectors"
    licence = "humanml3d"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: this corpus has captions, not classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files directly in folders named ``new_joint_vecs`` at or below ``root``."""
        return list_sources(root, ".npy", folder="new_joint_vecs", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        vectors, flags = plain_features(data, source.uri, FEATURES, REACH_M)
        raw = recover_joints(vectors)[:, None]  # [T, 1, 22, 3]
        present = np.ones(raw.shape[:2], np.bool_)
        everywhere = np.ones(raw.shape[:3], np.float32)
        joints, confidence = observed(raw, present, everywhere, reach=REACH_M)
        motion = Motion(joints, present, confidence, SMPL_22, fps=FPS, space="world")
        captions, bad = captions_beside(source.uri, motion.duration_s)
        released = is_released(source.uri, NAME)
        flags = (*(() if released else GUESSES), *bad, *flags)
        licence = self.licence if released else UNKNOWN
        yield clip_of(self, source, data, motion, captions=captions, flags=flags, licence=licence)


def recover_joints(vectors: Raw) -> Raw:
    """Joint positions [T, J, 3] of features [T, 12 J - 1], not normalised, in their unit.

    The turn of a frame is that stored with the frame before, and so is its step, which is taken in
    the new heading (Guo et al., ``recover_from_ric``).
    """
    joints = (vectors.shape[1] + 1) // 12
    turns = 2 * np.concatenate([[0.0], np.cumsum(vectors[:-1, 0])])
    steps = np.zeros((len(vectors), 3))
    steps[1:, 0], steps[1:, 2] = vectors[:-1, 1], vectors[:-1, 2]
    root = np.cumsum(_turned(steps[:, None], turns), axis=0)
    root[..., 1] = vectors[:, 3:4]
    others = _turned(vectors[:, 4 : 3 * joints + 1].reshape(-1, joints - 1, 3), turns)
    others[..., ::2] += root[..., ::2]
    return np.concatenate([root, others], axis=1)


def _turned(points: Raw, turns: Raw) -> Raw:
    """Points [T, J, 3] turned back about +y by angles [T]."""
    cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]
    x, y, z = (points[..., i] for i in range(3))
    return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1)


def plain_features(data: bytes, uri: str, width: int, reach: float) -> tuple[Raw, tuple[str, ...]]:
    """Features [T, width] of a file as they were before normalisation, and its flags.

    Args:
        data: The file.
        uri: Its place; ``Mean.npy`` and ``Std.npy`` are looked for beside its folder.
        width: Features of a frame, 12 for each joint less one.
        reach: Largest number that is believable.

    Raises:
        SourceError: ``format``, ``truncated``, ``no_frames``, ``unsafe``, or ``non_finite``.
    """
    vectors = _features(data, (2, width), reach)
    if np.isin(vectors[:, -4:], (0, 1)).all():
        return vectors, ()
    fs, path = locate(uri)
    folder = path.rpartition("/")[0].rpartition("/")[0]
    if not all(fs.exists(f"{folder}/{name}.npy") for name in ("Mean", "Std")):
        raise SourceError(
            "format",
            "normalised features (foot contacts are neither 0 nor 1)",
            expected="plain ones, or Mean.npy and Std.npy beside new_joint_vecs",
        )
    mean, std = (
        _features(
            load(Source(name_beside(uri, fs, f"{folder}/{name}.npy"), name, 0)), (1, width), reach
        )
        for name in ("Mean", "Std")
    )
    plain = vectors * std + mean
    contacts = plain[:, -4:]
    if (np.abs(contacts - np.round(np.clip(contacts, 0, 1))) > _ROUNDED).any():
        found = "foot contacts that are neither 0 nor 1, even with Mean.npy and Std.npy undone"
        raise SourceError("format", found, expected="features of this corpus")
    return plain, (DENORMALISED,)


def _features(data: bytes, form: tuple[int, int], reach: float) -> Raw:
    """The floats of a file, of so many axes and so many features."""
    array = parse_npy(data)
    axes, width = form
    if array.ndim != axes or array.shape[-1] != width or array.dtype.kind != "f":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected=f"floats (T, {width})")
    check_size(len(array), 1, width // 12 + 1)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        values = array.astype(np.float64)
        near = np.abs(values) < reach
    if not near.all():  # refuses NaN too: sums would spread it
        raise SourceError("non_finite", f"a feature that is not finite or beyond {reach:g}")
    return values
