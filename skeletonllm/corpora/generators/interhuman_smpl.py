"""InterHuman's recordings (Liang et al., IJCV 2024): two SMPL-H bodies as a pickle.

    motions/<id>.pkl    {"mocap_framerate": 59.94, "frames": T,
                         "person1": {"trans": [T, 3], "root_orient": [T, 3], "pose_body": [T, 63],
                                     "betas": [10], "gender": "male"}, "person2": {...}}
    annots/<id>.txt     a line a caption

Metres, z up. Joints follow from a body model, as those of :mod:`skeletonllm.corpora.mocap.amass`;
that it is SMPL-H follows from the 52 joints of what InterGen makes of these files, and is flagged.
The pickle is read and not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.corpora.generators.interhuman import read_captions
from skeletonllm.corpora.mocap.amass import place_joints
from skeletonllm.corpora.mocap.amass_poses import (
    FPS,
    GENDERS,
    MAX_FRAMES,
    Poses,
    clean_rotations,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.body_model import find_model
from skeletonllm.corpora.toolkit.assumed import BODY_ASSUMED, FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.topology import SMPL_22

PERSONS = ("person1", "person2")
FAR = 1e4


class InterHumanSmplReader:
    """Reader of the pickles of two bodies.

    Args:
        models: Folder of body models; by default what the environment says.
    """

    name = "interhuman_smpl"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, models: str | None = None) -> None:
        self._models = models

    def sources(self, root: str) -> list[Source]:
        """All ``.pkl`` files below ``root``."""
        return list_sources(root, ".pkl")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        content = load_pickle(data)
        if not isinstance(content, dict) or not isinstance(content.get(PERSONS[0]), dict):
            found = f"a pickle of {type(content).__name__}"
            raise SourceError("format", found, expected="a dict with person1 and person2")
        rate = content.get("mocap_framerate")
        stated = isinstance(rate, int | float) and 1 <= rate <= 1000
        fps = float(rate) if isinstance(rate, int | float) and stated else FPS
        bodies = [self._joints(name, content[name], fps) for name in PERSONS if name in content]
        frames = content.get("frames", len(bodies[0]))
        if any(len(body) != frames for body in bodies):
            found = f"bodies of {[len(body) for body in bodies]} frames, and frames {frames!r:.20}"
            raise SourceError("format", found, expected="as many of each")
        world = np.stack(bodies, axis=1)[..., [0, 2, 1]] * [1, 1, -1]  # z is up
        motion = motion_of(world, SMPL_22, fps, space="world")
        flags = (BODY_ASSUMED,) if stated else (FPS_ASSUMED, BODY_ASSUMED)
        captions = read_captions(source.uri, 1)
        yield clip_of(self, source, data, motion, captions=captions, flags=flags)

    def _joints(self, name: str, body: Any, fps: float) -> Raw:
        if not isinstance(body, dict):
            raise SourceError("format", f"{name} is a {type(body).__name__}", expected="a dict")
        root, trunk, trans, betas = (
            _numbers(body, key) for key in ("root_orient", "pose_body", "trans", "betas")
        )
        count = len(trans)
        if (root.size, trunk.size, trans.size) != (3 * count, 63 * count, 3 * count):
            found = f"root_orient {root.shape}, pose_body {trunk.shape}, trans {trans.shape}"
            raise SourceError("format", found, expected="[T, 3], [T, 63], [T, 3]", where=name)
        check_size(count, len(PERSONS), len(SMPL_22))
        shape = betas.reshape(-1, betas.shape[-1])
        shape = shape[(np.abs(shape) < FAR).all(1)]
        if not shape.size:
            raise SourceError("non_finite", "betas hold no finite shape", where=name)
        turns = np.concatenate([root.reshape(count, 1, 3), trunk.reshape(count, 21, 3)], axis=1)
        gender = str(body.get("gender")).lower()
        known = gender if gender in GENDERS else "neutral"
        moved = np.where(np.abs(trans) < FAR, trans, np.nan).reshape(count, 3)
        mean = np.asarray(np.median(shape, axis=0))
        poses = Poses("smplh", known, fps, clean_rotations(turns), moved, mean)
        return place_joints(poses, find_model("smplh", known, self._models), SMPL_22)


def _numbers(body: Mapping[str, Any], key: str) -> Raw:
    held = body.get(key)
    if not isinstance(held, PickledArray) or held.size > MAX_FRAMES * 63:
        found = f"{key} is a {type(held).__name__}"
        raise SourceError("format", found, expected="an array of numbers")
    array = np.asarray(held)
    if array.dtype.kind not in "fiu" or not array.ndim:
        raise SourceError("format", f"{key} is an array of {array.dtype} {array.shape}")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        return array.astype(np.float64) + 0.0
