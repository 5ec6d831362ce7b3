"""AMASS (Mahmood et al., ICCV 2019): poses of SMPL-H and SMPL-X bodies as ``.npz``.

    poses   float [T, 156] (SMPL-H) or [T, 165] (SMPL-X), rotation vectors of the joints
    trans   float [T, 3] metres, z up;   betas float [B];   gender text
    mocap_framerate or mocap_frame_rate

Joints are not in the files: they follow from a body model, which everyone has to fetch from its
makers, see :mod:`skeletonllm.corpora.rigs.body_model`. Without it every file is a reject that says
how. Files of a subject's shape (``shape.npz``, ``*_stagei.npz``) hold no motion. Nothing is
unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.body_model import BodyModel, find_model
from skeletonllm.corpora.rigs.rotation_vectors import pose_by_rotation_vectors
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import SMPLH_52
from skeletonllm.topology import SMPL_22, Topology

MAX_BYTES = 192 << 20
MAX_FRAMES = 100_000
"""Most frames of one motion: a quarter of an hour at 120 a second."""

GENDERS = ("female", "male", "neutral")

KINDS = {156: ("smplh", (*range(52),)), 165: ("smplx", (*range(22), *range(25, 55)))}
"""By width of the poses: the kind of body model, and its joints that are those of ``smplh_52``."""


@dataclass(frozen=True, eq=False)
class Poses:
    """What a file holds: rotation vectors [T, J, 3], translations [T, 3], shape [B]."""

    kind: str
    gender: str
    fps: float
    turns: Raw
    trans: Raw
    betas: Raw


class AmassReader:
    """Reader of AMASS' ``.npz`` files.

    Args:
        models: Folder of body models; by default what the environment says.
        hands: Read the joints of the fingers too; the corpus is then called ``amass_hands``.
    """

    licence = "amass"

    def __init__(self, models: str | None = None, hands: bool = False) -> None:
        self._models, self._hands = models, hands

    @property
    def name(self) -> str:
        """The corpus."""
        return "amass_hands" if self._hands else "amass"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: the files say nothing of what is done."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npz`` files below ``root``."""
        return list_sources(root, ".npz")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source, MAX_BYTES)
        poses = _poses(Npz(data, MAX_BYTES))
        model = find_model(poses.kind, poses.gender, self._models)
        topology = SMPLH_52 if self._hands else SMPL_22
        joints = _joints(poses, model, topology)
        motion = motion_of(joints[:, None], topology, poses.fps, space="world")
        yield clip_of(self, source, data, motion)


def _poses(file: Npz) -> Poses:
    if "poses" not in file or "trans" not in file:
        found = f"the arrays {', '.join(file.names)[:200]}"
        raise SourceError("format", found, expected="poses and trans: this file holds no motion")
    poses, trans = _floats(file, "poses", 2), _floats(file, "trans", 2)
    known = KINDS.get(poses.shape[1])
    if known is None or trans.shape != (len(poses), 3):
        found = f"poses {poses.shape} and trans {trans.shape}"
        raise SourceError("format", found, expected="(T, 156) or (T, 165), and (T, 3)")
    check_size(len(poses), 1, len(SMPLH_52))
    turns = poses.reshape(len(poses), -1, 3)[:, known[1]]
    betas = _floats(file, "betas", 1)
    return Poses(known[0], _gender(file), _fps(file), turns, trans, betas)


def _floats(file: Npz, name: str, axes: int) -> Raw:
    array = file.array(name)
    if array.dtype.kind != "f" or array.ndim != axes:
        found = f"{name} is an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected=f"floats of {axes} axes")
    if array.size > MAX_FRAMES * max(KINDS):
        raise SourceError("unsafe", f"{array.size} numbers", expected=f"{MAX_FRAMES} frames")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        values = array.astype(np.float64)
        near = np.abs(values) < 1e4
    if not near.all():  # refuses NaN too: a joint moves all that hang on it
        raise SourceError("non_finite", f"{name} holds numbers that are not finite or beyond 1e4")
    return values


def _gender(file: Npz) -> str:
    """As text, or as text of bytes (``b'female'``)."""
    text = file.text("gender").lower()
    for gender in GENDERS:
        if gender in text:
            return gender
    raise SourceError("format", f"gender {text[:40]!r}", expected=f"one of {', '.join(GENDERS)}")


def _fps(file: Npz) -> float:
    name = "mocap_framerate" if "mocap_framerate" in file else "mocap_frame_rate"
    rate = file.array(name)
    value = float(rate.reshape(-1)[0]) if rate.size == 1 and rate.dtype.kind in "fiu" else 0.0
    if not (math.isfinite(value) and 1 <= value <= 10_000):
        raise SourceError("format", f"{name} {value:g}", expected="frames a second")
    return value


def _joints(poses: Poses, model: BodyModel, topology: Topology) -> Raw:
    """Joints [T, J, 3] in metres, +y up, of the joints of a skeleton."""
    at = dict(KINDS.values())[poses.kind][: len(topology)]
    if len(model.parents) <= max(at):
        found = f"a {poses.kind} body model of {len(model.parents)} joints"
        raise SourceError("no_body_model", found, expected=f"more than {max(at)}")
    parents = [at.index(model.parents[j]) if j else -1 for j in at]
    rest = model.shaped(poses.betas)[list(at)]
    offsets = rest - np.where(np.array(parents)[:, None] < 0, 0, rest[parents])
    places, _ = pose_by_rotation_vectors(parents, offsets, poses.turns[:, : len(topology)])
    world = places + poses.trans[:, None]
    return world[..., [0, 2, 1]] * [1, 1, -1]
