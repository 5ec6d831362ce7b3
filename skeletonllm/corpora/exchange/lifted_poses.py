"""Poses that a network lifted from pictures: bare arrays of Human3.6M's 17 joints.

    X3D.npy                       [T, 17, 3]                     (MotionBERT, Zhu et al., ICCV 2023)
    output_keypoints_3d.npz       reconstruction: [T, 17, 3]     (MHFormer, StridedTransformer,
                                                                  PoseFormerV2, MotionAGFormer)
    any .npy or .npz of one       [T, 17, 3], [1, T, 17, 3], [T, 1, 17, 3] or [T, 51];
                                  [T, 17, 4] with a score

The networks learn from Human3.6M, so their joints come in its order (pelvis, right leg, left leg,
spine, neck, nose, head, left arm, right arm). Their coordinates do not come in its unit: shares of
the picture, pixels, or what the script divided by. Some turn them into the world, z up; in others y
is down. Nothing of that is in a file, nor the rate of the video: all is assumed and flagged, and a
body whose proportions are not a person's is refused. A file whose path names a subject and an
action of Human3.6M and whose body has its size is that corpus' own, and is left to its reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import MAX_BYTES, list_sources, load, plain_path
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.mocap.human36m import is_of_corpus
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.bare_arrays import BARE, make_bare_motion
from skeletonllm.corpora.toolkit.assumed import FORMAT_ASSUMED, FPS_ASSUMED, SKELETON_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw, check_size
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import H36M_17
from skeletonllm.motion import FloatArray

FPS = 30.0
JOINTS = len(H36M_17)
FLAGS = (FORMAT_ASSUMED, SKELETON_ASSUMED, FPS_ASSUMED, *BARE)

KEYS = ("reconstruction", "X3D", "keypoints_3d", "poses_3d", "prediction", "pred_3d")
"""Names under which scripts save what they lifted."""


class LiftedPosesReader:
    """Reader of bare arrays of 17 joints in space; they bear no label."""

    name = "lifted_poses"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.npy`` and ``.npz`` files below ``root``."""
        return list_sources(root, ".npy", ".npz")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        packed = plain_path(source.uri).lower().endswith(".npz")
        array = _take_array(Npz(data, MAX_BYTES)) if packed else parse_npy(data)
        joints, trust = _joints(array)
        bare = not packed and array.dtype.kind == "f" and array.shape == joints.shape
        if bare and is_of_corpus(source.uri, joints, H36M_17):
            found = "positions whose path and size are Human3.6M's own"
            raise SourceError("format", found, hint="Read them as human36m.")
        motion = make_bare_motion(joints[:, None], H36M_17, FPS, confidence=trust)
        yield clip_of(self, source, data, motion, flags=FLAGS)


def _take_array(archive: Npz) -> npt.NDArray[np.generic]:
    names = [name for name in KEYS if name in archive] or archive.names
    if len(names) != 1:
        found = f"the arrays {', '.join(archive.names)[:200]}"
        raise SourceError("format", found, expected=f"one of {', '.join(KEYS)}, or a single array")
    return archive.array(names[0])


def _joints(array: npt.NDArray[np.generic]) -> tuple[Raw, FloatArray | None]:
    """Positions [T, 17, 3], and confidences [T, 1, 17] if a fourth number is one."""
    shape = tuple(size for size in array.shape[:-2] if size != 1) + array.shape[-2:]
    if array.ndim == 2 and array.shape[1] == 3 * JOINTS:
        shape = (len(array), JOINTS, 3)
    if len(shape) == 2:  # one frame
        shape = (1, *shape)
    if (
        len(shape) != 3
        or shape[1:] not in ((JOINTS, 3), (JOINTS, 4))
        or array.dtype.kind not in "fiu"
    ):
        found = f"an array of {array.dtype} {array.shape}"
        raise SourceError("format", found, expected=f"numbers (T, {JOINTS}, 3)")
    check_size(shape[0], 1, JOINTS)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, once it was counted with
        values = array.reshape(shape).astype(np.float64) + 0.0
    joints, fourth = values[..., :3], values[..., 3:]
    if not fourth.size:
        return joints, None
    if not ((fourth >= 0) & (fourth <= 1)).all():
        found = "a fourth number of each joint that is no score from 0 to 1"
        raise SourceError("format", found, expected=f"numbers (T, {JOINTS}, 3)")
    return joints, fourth[:, None, :, 0].astype(np.float32)
