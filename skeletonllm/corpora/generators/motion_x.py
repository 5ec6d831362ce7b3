"""Motion-X (Lin et al., NeurIPS 2023): SMPL-X bodies as arrays of 322 numbers a frame.

    motion_data/smplx_322/<subset>/<id>.npy    float [T, 322], 30 frames a second, +y up
        0 .. 2 root, 3 .. 65 body, 66 .. 155 hands, 156 .. 158 jaw: rotation vectors
        159 .. 208 expression, 209 .. 308 face
        309 .. 311 translation in metres, 312 .. 321 shape
    texts/semantic_labels/<subset>/<id>.txt    what is done, in a sentence

Joints follow from the neutral SMPL-X model, which everyone has to fetch from its makers, see
:mod:`skeletonllm.corpora.rigs.body_model`; without it every file is a reject that says how. An
array in no folder ``smplx_322`` is of this format by its width only, and so are its rate and body;
it is refused where its shape changes over the frames, or many of its turns are more than whole.
Its subsets come under terms of their own, so the licence is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Caption, Clip
from skeletonllm.corpora.files import decode, list_sources, load, plain_path
from skeletonllm.corpora.formats.archives import locate, name_beside
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.mocap.amass import place_joints
from skeletonllm.corpora.mocap.amass_poses import MAX_FRAMES, Poses, clean_rotations
from skeletonllm.corpora.mocap.humanml3d import MAX_TEXT
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import find_up, find_whole_bodies
from skeletonllm.corpora.rigs.body_model import BodyModel, find_model
from skeletonllm.corpora.rigs.posed_rig import TO_Y_UP, turn_up
from skeletonllm.corpora.toolkit.assumed import (
    AXES_ASSUMED,
    BODY_ASSUMED,
    FORMAT_ASSUMED,
    FPS_ASSUMED,
)
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import SMPLH_52
from skeletonllm.topology import SMPL_22

FPS = 30.0
WIDTH, HANDS, TRANS, BETAS = 322, 156, 309, 312
FOLDER = "smplx_322"
FAR = 1e4
STEADY = 1e-2
"""The shape of one body changes by no more than that."""


class MotionXReader:
    """Reader of ``.npy`` of 322 numbers a frame, with the sentence beside.

    Args:
        models: Folder of body models; by default what the environment says.
        hands: Read the joints of the fingers too; the corpus is then called ``motion_x_hands``.
    """

    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, models: str | None = None, hands: bool = False) -> None:
        self._models, self._hands = models, hands

    @property
    def name(self) -> str:
        """The corpus."""
        return "motion_x_hands" if self._hands else "motion_x"

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` files below ``root``."""
        return list_sources(root, ".npy")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        stated = f"/{FOLDER}/" in f"/{plain_path(source.uri)}"
        poses = _poses(data, stated)
        model = self._model(stated)
        topology = SMPLH_52 if self._hands else SMPL_22
        joints = place_joints(poses, model, topology)[:, None]
        bodies = find_whole_bodies(joints, topology)
        up = find_up(bodies, topology) if len(bodies) else "+y"
        flags = () if stated else (FORMAT_ASSUMED, FPS_ASSUMED, BODY_ASSUMED)
        if up != "+y":  # they lie, or the array is z up as those that it was made of
            flags = (*flags, AXES_ASSUMED)
        turned = turn_up(joints, TO_Y_UP["+z"]) if up == "+z" and not stated else joints
        motion = motion_of(turned, topology, FPS, space="world")
        captions = _captions_beside(source.uri)
        yield clip_of(self, source, data, motion, captions=captions, flags=flags)

    def _model(self, stated: bool) -> BodyModel:
        """The body model; where it is missing, a width alone makes no file Motion-X's."""
        try:
            return find_model("smplx", "neutral", self._models)
        except SourceError as error:
            if stated:
                raise
            found = f"an array (T, {WIDTH}) in no folder {FOLDER}, and the joints of a body that "
            found += f"could tell what it is are not to be had: {error.found}"
            raise SourceError(
                "format", found, expected=error.expected, hint=error.hint, where=error.where
            ) from None


def _poses(data: bytes, stated: bool) -> Poses:
    array = parse_npy(data)
    if array.ndim != 2 or array.shape[1] != WIDTH or array.dtype.kind != "f":
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected=f"floats (T, {WIDTH})")
    check_size(len(array), 1, len(SMPLH_52))
    if len(array) > MAX_FRAMES:
        raise SourceError("unsafe", f"{len(array)} frames", expected=f"at most {MAX_FRAMES}")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        values: Raw = array.astype(np.float64) + 0.0
    near = np.where(np.abs(values) < FAR, values, np.nan)
    shapes = near[:, BETAS:][np.isfinite(near[:, BETAS:]).all(1)]
    if not len(shapes):
        raise SourceError("non_finite", "no frame has a shape of finite numbers")
    if not stated and float(np.ptp(shapes, axis=0).max()) > STEADY:
        found = f"an array (T, {WIDTH}) whose last ten numbers change over the frames"
        raise SourceError("format", found, expected="the shape of one body")
    turns = clean_rotations(near[:, :HANDS].reshape(len(near), -1, 3))
    trans, betas = near[:, TRANS:BETAS], np.median(shapes, axis=0)
    return Poses("smplx", "neutral", FPS, turns, trans, np.asarray(betas))


def _captions_beside(uri: str) -> tuple[Caption, ...]:
    """The sentence of a motion, from where the corpus keeps it."""
    fs, path = locate(uri)
    whole = without_gz(path)
    base, _, below = whole.rpartition(f"{FOLDER}/")
    stem = below.removesuffix(".npy")
    above = base.rstrip("/").rpartition("/")[0]
    places = ("texts/semantic_labels", "semantic_labels", "motionx_seq_text_v1.1", "text")
    for place in places if base else ():
        beside = "/".join(filter(None, (above, place, f"{stem}.txt")))
        if fs.exists(beside):
            try:
                text = decode(load(Source(name_beside(uri, fs, beside), stem, 0), MAX_TEXT))
            except SourceError:
                continue
            return tuple(Caption(line.strip()) for line in text.splitlines() if line.strip())
    return ()
