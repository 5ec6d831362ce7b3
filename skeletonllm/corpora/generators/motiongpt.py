"""Motions that a generator wrote as bare arrays of SMPL's joints.

    0_out.npy    [1, T, 22, 3] or [T, 22, 3]    (MotionGPT, Jiang et al., NeurIPS 2023; T2M-GPT,
                                                MoMask, MLD, Motion-Diffuse and others)
    0_in.txt     the text that was asked for, if it lies beside

The models learn from HumanML3D, so their joints are in metres, +y up, at 20 frames a second; but
nothing in the file says so, and all is flagged. A body in centimetres or millimetres is scaled, one
along another axis is turned, unless it lies on the floor of y. [N, T, 22, 3] are N motions. 24
joints are SMPL's with the hands, 52 those of SMPL-H. Arrays in folders ``new_joints`` and
``joints`` are left to :mod:`skeletonllm.corpora.mocap.humanml3d`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import decode, list_sources, load
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.mocap.humanml3d import FPS, GUESSES, MAX_TEXT, TOPOLOGIES
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import settle_body
from skeletonllm.corpora.toolkit.assumed import AXES_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import Topology

MAX_BYTES = 1 << 30
_OUT = re.compile(r"(_out|_joints|_motion)?\.npy$", re.IGNORECASE)
_OTHERS = {"new_joints", "joints", "new_joint_vecs"}


class MotionGptReader:
    """Reader of bare arrays of 22, 24 or 52 joints."""

    name = "motiongpt"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files below ``root``, but in folders that another format names."""
        return list_sources(root, ".npy", keep=_may_be)

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip of each motion."""
        data = load(source, MAX_BYTES)
        motions, topology = _motions(data)
        captions = _captions_beside(source.uri)
        for i, joints in enumerate(motions):
            place = f"/{i:06d}" if len(motions) > 1 else ""
            try:
                motion, flags = _motion(joints[:, None], topology)
                yield clip_of(
                    self,
                    source,
                    data,
                    motion,
                    clip_id=f"{self.name}/{source.source_id}{place}",
                    captions=captions,
                    flags=flags,
                )
            except SourceError as error:
                yield Reject.of(f"{source.uri}#{i}", error)


def _may_be(uri: str) -> bool:
    return PurePosixPath(uri).parent.name not in _OTHERS


def _motions(data: bytes) -> tuple[Raw, Topology]:
    """Positions [N, T, J, 3] of a file, and what they are."""
    array = parse_npy(data)
    topology = TOPOLOGIES.get(array.shape[-2]) if array.ndim in (3, 4) else None
    if topology is None or array.shape[-1] != 3 or array.dtype.kind not in "fiu":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected="numbers (T, 22, 3) or (N, T, 22, 3)")
    check_size(array.shape[-3], 1, len(topology))
    check_size(array.size // (3 * len(topology)), 1, len(topology))
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.reshape(-1, *array.shape[-3:]).astype(np.float64) + 0.0, topology


def _motion(joints: Raw, topology: Topology) -> tuple[Motion, tuple[str, ...]]:
    """The motion of positions [T, 1, J, 3], and what was assumed."""
    body = settle_body(joints, topology)
    motion = motion_of(body.joints, topology, FPS, space=body.space, metric=body.metric)
    return motion, GUESSES if body.upright else (*GUESSES, AXES_ASSUMED)


def _captions_beside(uri: str) -> tuple[Caption, ...]:
    """The text of ``0_in.txt`` beside ``0_out.npy``, or of ``a.txt`` beside ``a.npy``."""
    fs, path = locate(uri)
    stem = _OUT.sub("", without_gz(path))
    for beside in (f"{stem}_in.txt", f"{stem}.txt"):
        if fs.exists(beside):
            try:
                text = decode(load(Source(name_beside(uri, fs, beside), stem, 0), MAX_TEXT))
            except SourceError:
                continue
            return tuple(Caption(line.strip()) for line in text.splitlines()[:1] if line.strip())
    return ()
