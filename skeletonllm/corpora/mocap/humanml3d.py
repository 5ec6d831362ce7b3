"""HumanML3D (Guo et al., CVPR 2022): joint positions as ``.npy``, captions as text beside them.

    <root>/new_joints/<id>.npy   float [T, 22, 3], metres, +y up, 20 frames a second
    <root>/joints/<id>.npy       float [T, 52, 3], the same before the body was made that of one
                                 skeleton: SMPL-H with fingers; 22 or 24 joints in other releases
    <root>/texts/<id>.txt        a line a caption: caption#tokens#start#end, (0, 0) for all of it

Models of motion write arrays of the same shape into folders of the same name. So a file is of this
corpus where it bears one of its names, texts, features or means lie beside its folder, and the body
is an adult's in metres, +y up or on the floor of y. Else its skeleton, unit and rate are assumed
and flagged, its licence is unknown, a body in another unit or other axes is made an upright adult
in metres, and it is metric only if it has that size. ``<id>.npy`` below ``new_joint_vecs`` is no
motion, but features: see :mod:`.humanml3d_vectors`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import decode, list_sources, load, own_stem, plain_path
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import Settled, settle_body
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
    SKELETON_ASSUMED,
    UNIT_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size, observed
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.mocap_topologies import SMPL_24, SMPLH_52
from skeletonllm.motion import Motion
from skeletonllm.topology import SMPL_22, Topology

NAME = re.compile(r"M?\d{6}")
"""Names of the corpus' own motions; M marks mirror images."""

FPS = 20.0
BESIDE = ("texts", "new_joint_vecs", "Mean.npy", "all.txt", "train.txt")
"""What releases of this corpus and of KIT-ML hold beside the folders of their motions."""

REACH_M = 1000.0
"""Motions are in the world, not before a sensor: people walk."""

MAX_TEXT = 1 << 20
"""Largest file of captions; real ones stay below 10 kB."""

BAD_CAPTION = "bad_caption"
"""Flag: a caption file, or a line of it, could not be read and was left out; or the times of a
caption are no stretch of its motion, and it stands for all of it."""


TOPOLOGIES = {len(topology): topology for topology in (SMPL_22, SMPL_24, SMPLH_52)}

GUESSES = (FORMAT_ASSUMED, SKELETON_ASSUMED, UNIT_ASSUMED, FPS_ASSUMED)
"""Flags of an array of which only folder and shape say that it is of this corpus."""


class HumanML3DReader:
    """Reader of ``new_joints/*.npy`` with the captions beside them; a missing caption is fine.

    Args:
        raw: Read ``joints/*.npy``; the corpus is then called ``humanml3d_joints``.
    """

    licence = "humanml3d"

    def __init__(self, raw: bool = False) -> None:
        self._raw = raw

    @property
    def name(self) -> str:
        """The corpus."""
        return "humanml3d_joints" if self._raw else "humanml3d"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: this corpus has captions, not classes."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files directly in folders of its kind at or below ``root``."""
        folder = "joints" if self._raw else "new_joints"
        return list_sources(root, ".npy", folder=folder, own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        joints, topology = _joints(data)
        body = settle_body(joints, topology)
        released = is_released(source.uri, NAME) and not (body.scaled or body.turned)
        released = released and (body.metric or body.is_unknown)
        motion = _motion(body, topology, released)
        captions, bad = captions_beside(source.uri, motion.duration_s)
        lean = () if body.upright else (AXES_ASSUMED,)
        flags = bad if released else (*GUESSES, *lean, *bad)
        licence = self.licence if released else UNKNOWN
        yield clip_of(self, source, data, motion, captions=captions, flags=flags, licence=licence)


def is_released(uri: str, names: re.Pattern[str]) -> bool:
    """Whether a file is one of those a corpus gave out: by its name, and what lies beside.

    Args:
        uri: The file, in a folder such as ``new_joints``.
        names: Names that the corpus gave to its files.
    """
    if own_stem(names)(plain_path(uri)) is None:
        return False
    fs, path = locate(uri)
    above = path.rpartition("/")[0].rpartition("/")[0]
    return any(fs.exists("/".join(filter(None, (above, name)))) for name in BESIDE)


def _joints(data: bytes) -> tuple[Raw, Topology]:
    """Positions [T, 1, J, 3] of a file, and what they are."""
    frames = parse_npy(data)
    frames = frames[0] if frames.ndim == 4 and len(frames) == 1 else frames
    topology = TOPOLOGIES.get(frames.shape[1]) if frames.ndim == 3 else None
    if topology is None or frames.shape[2] != 3 or frames.dtype.kind != "f":
        found = f"an array of {frames.dtype} {frames.shape}"
        raise SourceError("format", found, expected=f"floats (T, {len(SMPL_22)}, 3)")
    check_size(len(frames), 1, len(topology))
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return frames.astype(np.float64)[:, None] + 0.0, topology


def _motion(body: Settled, topology: Topology, released: bool) -> Motion:
    joints, metric = body.joints, body.metric or released
    present = np.ones(joints.shape[:2], np.bool_)
    everywhere = np.ones(joints.shape[:3], np.float32)
    clean, confidence = observed(joints, present, everywhere, reach=REACH_M)
    return Motion(clean, present, confidence, topology, FPS, space=body.space, metric=metric)


def captions_beside(uri: str, duration_s: float) -> tuple[tuple[Caption, ...], tuple[str, ...]]:
    """Captions of a motion, from ``../texts/<id>.txt``, and the flag if some could not be read.

    Args:
        uri: The file of the motion.
        duration_s: Of the motion.
    """
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
    read = [caption for caption in found if caption is not None]
    captions = tuple(_settle(caption, duration_s) for caption in read)
    return captions, () if [*captions] == found else (BAD_CAPTION,)


def _settle(caption: Caption, duration_s: float) -> Caption:
    """The caption; of the whole motion where its times are no stretch of it."""
    is_stretch = 0 <= caption.start_s <= min(caption.end_s, duration_s)
    return caption if is_stretch else Caption(caption.text)


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
