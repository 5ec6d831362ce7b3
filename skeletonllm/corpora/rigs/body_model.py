"""Body models of the SMPL family, as far as joints go: where they are on a body of some shape.

Loper et al., SIGGRAPH Asia 2015 (SMPL); Romero et al., SIGGRAPH Asia 2017 (SMPL-H); Pavlakos et
al., CVPR 2019 (SMPL-X). A model may not be passed on: whoever has agreed to its terms downloads it,
and says in :data:`VARIABLE` which folder it lies in:

    <folder>/smpl/female/model.npz       or   <folder>/smpl/SMPL_FEMALE.npz
    <folder>/smplh/female/model.npz      or   <folder>/smplh/SMPLH_FEMALE.npz
    <folder>/smplx/male/model.npz        or   <folder>/smplx/SMPLX_MALE.npz

Of a model are read ``v_template`` [V, 3], ``shapedirs`` [V, 3, B], ``J_regressor`` [K, V] and
``kintree_table`` [2, K]. Nothing in it is unpickled: SMPL itself is handed out as ``.pkl``, whose
arrays of these names are to be saved as ``.npz``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

import fsspec
import numpy as np

from skeletonllm.corpora.files import load
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.reader import Source
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

VARIABLE = "SKELETONLLM_BODY_MODELS"
"""Environment variable: the folder that holds the body models."""

NO_BODY_MODEL = "no_body_model"

PAGES = {
    "smpl": "https://smpl.is.tue.mpg.de (its arrays v_template, shapedirs, J_regressor and "
    "kintree_table, saved by numpy.savez)",
    "smplh": "https://mano.is.tue.mpg.de (Extended SMPL+H model, as used in AMASS)",
    "smplx": "https://smpl-x.is.tue.mpg.de (SMPL-X, NPZ)",
}
"""Where a kind of model is handed out."""

MAX_BYTES = 256 << 20
MAX_NUMBERS = 1 << 24
"""Most numbers of one array; SMPL-X has 12.6 million in its shapes."""


@dataclass(frozen=True, eq=False)
class BodyModel:
    """The joints of a body in its rest pose, and how they move with its shape.

    Args:
        parents: Of each joint, before it; -1 for the root.
        joints: [K, 3] metres, of the mean shape.
        shapes: [K, 3, B], what one unit of each shape parameter adds.
    """

    parents: tuple[int, ...]
    joints: Raw
    shapes: Raw

    def shaped(self, betas: Raw) -> Raw:
        """Joints [K, 3] of a shape [B]; parameters that the model does not have are left out."""
        known = min(len(betas), self.shapes.shape[2])
        return self.joints + self.shapes[..., :known] @ betas[:known]


def find_model(kind: str, gender: str, folder: str | None = None) -> BodyModel:
    """The model of a kind (``smpl``, ``smplh``, ``smplx``) and gender, read once.

    Args:
        kind: Kind of model, one of :data:`PAGES`.
        gender: ``female``, ``male`` or ``neutral``.
        folder: Where the models lie; by default what :data:`VARIABLE` says.

    Raises:
        SourceError: ``no_body_model``, with what to download from where.
    """
    folder = (os.environ.get(VARIABLE, "") if folder is None else folder).rstrip("/")
    wanted = f"{kind}/{gender}/model.npz"
    hint = f"Download it from {PAGES[kind]}, unpack it, and set {VARIABLE} to the folder above."
    if not folder:
        found = f"the poses need the {gender} {kind} body model, and {VARIABLE} is not set"
        raise SourceError(NO_BODY_MODEL, found, expected=f"<folder>/{wanted}", hint=hint)
    fs, base = fsspec.core.url_to_fs(folder)
    for name in (wanted, f"{kind}/{kind.upper()}_{gender.upper()}.npz"):
        if fs.exists(f"{base}/{name}"):
            return _read(f"{folder}/{name}")
    found = f"no {gender} {kind} body model in {folder}"
    raise SourceError(NO_BODY_MODEL, found, expected=f"{folder}/{wanted}", hint=hint)


@lru_cache(maxsize=8)
def _read(uri: str) -> BodyModel:
    try:
        return _parse(load(Source(uri, uri, 0), MAX_BYTES))
    except SourceError as error:
        found = f"a body model that cannot be read ({error.code}: {error.found})"
        raise SourceError(NO_BODY_MODEL, found, where=uri, hint=error.hint) from None


def _parse(data: bytes) -> BodyModel:
    """Joints from the vertices that they are means of."""
    file = Npz(data)
    tree = _floats(file, "kintree_table", 2)[:1]
    regressor = _floats(file, "J_regressor", 2)
    vertices = _floats(file, "v_template", 2)
    shapes = _floats(file, "shapedirs", 3)
    joints, points, betas = *regressor.shape, shapes.shape[-1]
    fits = (tree.shape[1], vertices.shape, shapes.shape) == (
        joints,
        (points, 3),
        (points, 3, betas),
    )
    if not fits or not joints:
        shown = [array.shape for array in (tree, regressor, vertices, shapes)]
        raise SourceError("format", f"arrays of {shown}", expected="those of an SMPL model")
    parents = [-1, *(int(parent) for parent in tree[0, 1:])]
    if any(not 0 <= parent < j for j, parent in enumerate(parents) if j):
        raise SourceError("format", "a joint that comes before its parent")
    moved = regressor @ shapes.reshape(points, 3 * betas)
    return BodyModel(tuple(parents), regressor @ vertices, moved.reshape(joints, 3, betas))


def _floats(file: Npz, name: str, axes: int) -> Raw:
    array = file.array(name)
    if array.ndim != axes or array.dtype.kind not in "fiu":
        raise SourceError("format", f"{name} is an array of {array.dtype} {array.shape}")
    if array.size > MAX_NUMBERS:
        raise SourceError("unsafe", f"{array.size} numbers in {name}")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise SourceError("non_finite", f"{name} holds numbers that are not finite")
    return values
