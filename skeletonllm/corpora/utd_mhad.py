"""UTD-MHAD (Chen et al., ICIP 2015): MATLAB files with one array ``d_skel`` [20, 3, T].

    a<action>_s<subject>_t<trial>_skeleton.mat

Joints of Kinect v1 in metres of camera space, head first (``Skeleton_joint_order.txt`` of the
corpus); single-armed actions move the right arm in all but a few of 861 files, as the list of
actions says. Files of another name that hold a ``d_skel`` are read too, without a label.

MATLAB 5 files are read by ``scipy.io``, which trusts the sizes that a file claims. So compressed
parts are unpacked here, up to a limit, and scipy sees plain bytes, one array of numbers, and a
shape that was checked.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.io import loadmat, whosmat

from skeletonllm.clip import Clip
from skeletonllm.corpora import labels
from skeletonllm.corpora.arrays import Raw, check_size
from skeletonllm.corpora.base import Reject, Source
from skeletonllm.corpora.files import MAX_BYTES, list_sources, load
from skeletonllm.corpora.kinect import clip_of, kinect_motion
from skeletonllm.corpora.labels import Facts
from skeletonllm.errors import SourceError
from skeletonllm.topology import KINECT_V1

FPS = 30.0
KEY = "d_skel"

JOINTS = tuple(
    """head upper_spine spine pelvis left_shoulder left_elbow left_wrist left_hand
    right_shoulder right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot
    right_hip right_knee right_ankle right_foot""".split()
)
"""The joints in the order of the files."""

NAME = re.compile(r"a(\d{1,2})_s(\d)_t(\d)_skeleton")
"""Action, subject and trial, in file names of this corpus."""

_ORDER = [JOINTS.index(name) for name in KINECT_V1.joints]
_HEADER, _TAG, _COMPRESSED = 128, 8, 15
_NUMBERS = ("double", "single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


class UtdMhadReader:
    """Reader of ``.mat`` files with an array ``d_skel``."""

    name = "utd_mhad"
    licence = "utd_mhad"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 27 actions, a1 first."""
        return {"utd_mhad": labels.names("utd_mhad")}

    def sources(self, root: str) -> list[Source]:
        """All ``.mat`` files below ``root``."""
        return list_sources(root, ".mat")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = _facts_of_name(source.source_id)
        data = load(source)
        frames = _skeleton(_unpacked(data)).transpose(2, 0, 1)[:, _ORDER]  # [T, 20, 3]
        yield clip_of(self, source, data, kinect_motion(frames[:, None], fps=FPS), **facts)


def _unpacked(data: bytes) -> bytes:
    """The file with its compressed parts unpacked.

    Raises:
        SourceError: ``format`` for another version of MATLAB files, ``truncated``, or ``unsafe``
            for more than :data:`~skeletonllm.corpora.files.MAX_BYTES` unpacked.
    """
    if not data.startswith(b"MATLAB 5.0"[: len(data)]):
        raise SourceError("format", "not a MATLAB 5 file", expected="'MATLAB 5.0' at its start")
    order = {b"IM": "little", b"MI": "big"}.get(data[_HEADER - 2 : _HEADER])
    if len(data) < _HEADER + _TAG:
        raise SourceError("truncated", "the header ends early")
    if order is None:
        raise SourceError("format", f"byte order {data[126:128]!r}", expected="IM or MI")
    parts, at, total = [data[:_HEADER]], _HEADER, 0
    while at + _TAG <= len(data):
        kind, size = (int.from_bytes(data[i : i + 4], order) for i in (at, at + 4))  # type: ignore[arg-type]
        part = data[at : at + _TAG + size]
        if len(part) < _TAG + size:
            raise SourceError("truncated", f"{len(part) - _TAG} of {size} bytes of an array")
        parts.append(_inflated(part[_TAG:], MAX_BYTES - total) if kind == _COMPRESSED else part)
        total += len(parts[-1])
        at += _TAG + size
    return b"".join(parts)


def _inflated(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise SourceError("format", f"a compressed array that is damaged ({error})") from None
    if unpacker.unconsumed_tail:
        raise SourceError("unsafe", f"more than {limit} bytes unpacked")
    if not unpacker.eof:
        raise SourceError("truncated", "a compressed array ends early")
    return plain


def _skeleton(data: bytes) -> Raw:
    """The array ``d_skel`` [20, 3, T]."""
    try:
        held = [entry for entry in whosmat(io.BytesIO(data)) if entry[0] == KEY]
    except Exception as error:  # scipy raises what comes: TypeError, KeyError, struct.error ...
        raise SourceError(
            "format", f"not a MATLAB file ({type(error).__name__}: {error})"
        ) from None
    if len(held) != 1:
        raise SourceError("format", f"{len(held)} arrays {KEY!r}", expected="one")
    _, shape, kind = held[0]
    if kind not in _NUMBERS or len(shape) != 3 or shape[:2] != (len(JOINTS), 3):
        found = f"{KEY} is {kind} of shape {shape}"
        raise SourceError("format", found, expected=f"numbers ({len(JOINTS)}, 3, T)")
    check_size(shape[2], 1, len(JOINTS))
    try:
        array = loadmat(io.BytesIO(data), variable_names=[KEY])[KEY]
    except Exception as error:
        found = f"{KEY} cannot be read ({type(error).__name__}: {error})"
        raise SourceError("format", found) from None
    if np.iscomplexobj(array):
        raise SourceError("format", f"{KEY} holds complex numbers", expected="real ones")
    return np.asarray(array, dtype=np.float64).reshape(shape)


def _facts_of_name(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    action, subject, trial = (int(group) for group in match.groups())
    label, label_id = labels.label_of("utd_mhad", action)
    return {
        "subject": str(subject),
        "repetition": str(trial),
        "label": label,
        "label_id": label_id,
        "label_namespace": "utd_mhad",
    }
