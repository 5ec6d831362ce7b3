"""KIT Motion-Language (Plappert et al., Big Data 2016), as HumanML3D distributes it.

    <root>/new_joints/<id>.npy       float [T, 21, 3], +y up, 12.5 frames a second
    <root>/new_joint_vecs/<id>.npy   float [T, 251], laid out like HumanML3D's 263
    <root>/texts/<id>.txt            a line a caption: caption#tokens#start#end

The body is KIT's reference model, 1,000 units tall whoever was recorded (thigh 245, shank 246): it
is brought to an adult's size, and the unit is not the metre.

The joints are those of KIT's model in their order, left before right (LS LE LW RS RE RW LH ...).
Yet in the published arrays the joints of the left lie to the right of a body that walks where its
toes point: on the way from z up to y up, two axes were swapped (Ahuja and Morency, 3DV 2019, whose
joints these are), and that mirrors. Who follows the arrays must call the left joints right, as
HumanML3D's code does, and captions of the left arm are then about the right one. Here the mirroring
is undone, and names and captions are what they were. As of HumanML3D, what names a file and lies
beside its folder says that it is of this corpus; else that is assumed, and flagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, own_stem
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.mocap.humanml3d import captions_beside, is_released
from skeletonllm.corpora.mocap.humanml3d_vectors import plain_features, recover_joints
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import stands_or_lies
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.mocap_topologies import KIT_21

NAME = re.compile(r"M?\d{5}")
"""Names of the corpus' own motions; M marks mirror images."""

FPS = 12.5
FEATURES = 251
REACH = 1e5
"""Largest coordinate: 100 bodies away."""

MAX_FRAMES = 100_000
"""Most frames of one motion: two hours."""

ADULT_M = 1.72
METRES = ADULT_M / 1000
"""What a unit comes to on an adult's body."""

UNMIRRORED = "unmirrored"
"""Flag: the file holds the mirror image, which was undone."""


class KitMlReader:
    """Reader of ``new_joints``, or of ``new_joint_vecs``, with the captions beside them.

    Args:
        vectors: Read the 251 features; the corpus is then called ``kit_ml_vectors``.
    """

    licence = "kit_ml"

    def __init__(self, vectors: bool = False) -> None:
        self._vectors = vectors

    @property
    def name(self) -> str:
        """The corpus."""
        return "kit_ml_vectors" if self._vectors else "kit_ml"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: this corpus has captions, not classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files directly in folders of its kind at or below ``root``."""
        folder = "new_joint_vecs" if self._vectors else "new_joints"
        return list_sources(root, ".npy", folder=folder, own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        flags: tuple[str, ...] = ()
        if self._vectors:
            vectors, flags = plain_features(data, source.uri, FEATURES, REACH)
            joints = recover_joints(vectors)
        else:
            joints = _joints(data)
        motion = motion_of(as_adult(joints)[:, None], KIT_21, FPS, space="world", metric=False)
        captions, bad = captions_beside(source.uri, motion.duration_s)
        lean = () if self._vectors or stands_or_lies(joints[:, None], KIT_21) else (AXES_ASSUMED,)
        released = is_released(source.uri, NAME) and not lean
        guesses = () if released else (FORMAT_ASSUMED, SKELETON_ASSUMED, FPS_ASSUMED)
        flags = (*guesses, *bad, *flags, *lean, UNIT_ASSUMED, UNMIRRORED)
        licence = self.licence if released else UNKNOWN
        yield clip_of(self, source, data, motion, captions=captions, flags=flags, licence=licence)


def _joints(data: bytes) -> Raw:
    array = parse_npy(data)
    if array.ndim != 3 or array.shape[1:] != (len(KIT_21), 3) or array.dtype.kind != "f":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected=f"floats (T, {len(KIT_21)}, 3)")
    check_size(len(array), 1, len(KIT_21))
    if len(array) > MAX_FRAMES:
        raise SourceError("unsafe", f"{len(array)} frames", expected=f"at most {MAX_FRAMES}")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.astype(np.float64) + 0.0


def as_adult(joints: Raw) -> Raw:
    """Positions [T, 21, 3] of an adult's body, no longer mirrored.

    Raises:
        SourceError: ``out_of_range`` where the thighs are not of this corpus' body.
    """
    hip, knee = (joints[:, KIT_21.index(f"left_{name}")] for name in ("hip", "knee"))
    with np.errstate(invalid="ignore", over="ignore"):  # refused, as what is not finite
        thigh = np.linalg.norm(hip - knee, axis=-1)
    seen = thigh[np.isfinite(thigh)]
    if len(seen) and not 100 < np.median(seen) < 500:
        found = f"thighs of {np.median(seen):.3g}"
        raise SourceError("out_of_range", found, expected="about 240, on a body of 1000")
    return joints * [-METRES, METRES, METRES]
