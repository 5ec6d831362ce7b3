"""HumanML3D (Guo et al., CVPR 2022): joint positions as ``.npy`` and captions as text.

    <root>/new_joints/<id>.npy   float [T, 22, 3], metres, +y up, 20 frames a second
    <root>/texts/<id>.txt        a line a caption: caption#tokens#start#end

Start and end are seconds, 0.0 and 0.0 for the whole clip (some files say nan). The other folders of
the corpus (``new_joint_vecs``, ``Mean.npy``, ``Std.npy``) hold features, not motions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import decode, list_sources, load, own_stem
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import SMPL_22

NAME = re.compile(r"M?\d{6}")
"""Names of the corpus' own motions; M marks mirror images."""

FPS = 20.0
REACH_M = 1000.0
"""Motions are in the world, not before a sensor: people walk."""

MAX_TEXT = 1 << 20
"""Largest file of captions; real ones stay below 10 kB."""

BAD_CAPTION = "bad_caption"
"""Flag: a caption file, or a line of it, could not be read and was left out."""


class HumanML3DReader:
    """Reader of ``new_joints/*.npy`` with the captions beside them; a missing caption is fine."""

    name = "humanml3d"
    licence = "humanml3d"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: this corpus has captions, not classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files directly in folders named ``new_joints`` at or below ``root``."""
        return list_sources(root, ".npy", folder="new_joints", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        motion = _motion(data)
        captions, flags = captions_beside(source.uri)
        yield clip_of(self, source, data, motion, captions=captions, flags=flags)


def _motion(data: bytes) -> Motion:
    frames = parse_npy(data)
    fits = frames.ndim == 3 and frames.shape[1:] == (len(SMPL_22), 3) and frames.dtype.kind == "f"
    if not fits:
        found = f"an array of {frames.dtype} {frames.shape}"
        raise SourceError("format", found, expected=f"floats (T, {len(SMPL_22)}, 3)")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        raw: Raw = frames.astype(np.float64)[:, None]  # [T, 1, 22, 3]
    present = np.ones(raw.shape[:2], np.bool_)
    everywhere = np.ones(raw.shape[:3], np.float32)
    joints, confidence = observed(raw, present, everywhere, reach=REACH_M)
    return Motion(joints, present, confidence, topology=SMPL_22, fps=FPS, space="world")


def captions_beside(uri: str) -> tuple[tuple[Caption, ...], tuple[str, ...]]:
    """Captions of a motion, from ``../texts/<id>.txt``, and the flag if some could not be read."""
    fs, path = locate(uri)
    folder, _, name = without_gz(path).rpartition("/")
    beside = f"{folder.rpartition('/')[0]}/texts/{name.removesuffix('.npy')}.txt"
    if not fs.exists(beside):
        return (), ()
    try:
        text = decode(load(Source(name_beside(uri, fs, beside), name, 0), MAX_TEXT))
    except SourceError as error:
        return (), () if error.code == "empty" else (BAD_CAPTION,)
    found = [_caption(line) for line in text.splitlines() if line.strip()]
    captions = tuple(caption for caption in found if caption is not None)
    return captions, () if len(captions) == len(found) else (BAD_CAPTION,)


def _caption(line: str) -> Caption | None:
    """``caption#tokens#start#end``; nan stands for 0, None for another form."""
    fields = line.rsplit("#", 3)
    try:
        start, end = (float(field) for field in fields[2:])
    except ValueError:
        return None
    text = fields[0].strip()
    if not text:
        return None
    return Caption(text, start if math.isfinite(start) else 0.0, end if math.isfinite(end) else 0.0)
