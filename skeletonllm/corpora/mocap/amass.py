"""AMASS (Mahmood et al., ICCV 2019): poses of SMPL-H and SMPL-X bodies as ``.npz``.

    poses   float [T, 156] (SMPL-H) or [T, 165] (SMPL-X), rotation vectors of the joints
    trans   float [T, 3] metres, z up;   betas float [B];   gender text
    mocap_framerate or mocap_frame_rate

Other tools write the like in other forms (:mod:`.amass_poses`); the licence of such files is not
known, and what they do not state is assumed and flagged.

Joints are not in the files: they follow from a body model, which everyone has to fetch from its
makers, see :mod:`skeletonllm.corpora.rigs.body_model`. Without it every file is a reject that says
how. Files of a subject's shape (``shape.npz``, ``*_stagei.npz``) hold no motion. No pickle is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.corpora.mocap.amass_poses import JOINTS, Poses, parse_poses
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.body_model import BodyModel, find_model
from skeletonllm.corpora.rigs.rotation_vectors import pose_by_rotation_vectors
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.licences import UNKNOWN
from skeletonllm.mocap_topologies import SMPLH_52
from skeletonllm.topology import SMPL_22, Topology

MAX_BYTES = 192 << 20


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
        poses = parse_poses(Npz(data, MAX_BYTES))
        if self._hands and poses.turns.shape[1] < len(SMPLH_52):
            found = f"poses of {poses.turns.shape[1]} joints, without fingers"
            raise SourceError("format", found, hint="Read it as amass, not as amass_hands.")
        model = find_model(poses.kind, poses.gender, self._models)
        topology = SMPLH_52 if self._hands else SMPL_22
        joints = place_joints(poses, model, topology)
        world = joints if poses.y_up else joints[..., [0, 2, 1]] * [1, 1, -1]
        motion = motion_of(world[:, None], topology, poses.fps, space="world")
        licence = self.licence if poses.published else UNKNOWN
        yield clip_of(self, source, data, motion, flags=poses.flags, licence=licence)


def place_joints(poses: Poses, model: BodyModel, topology: Topology) -> Raw:
    """Joints [T, J, 3] in metres, in the axes of the file; NaN where a frame is missing.

    Args:
        poses: Of a body.
        model: Of its kind and gender.
        topology: ``smpl_22``, or ``smplh_52`` with the fingers.

    Raises:
        SourceError: ``no_body_model`` where the model has too few joints.
    """
    at = JOINTS[poses.kind][: len(topology)]
    if len(model.parents) <= max(at):
        found = f"a {poses.kind} body model of {len(model.parents)} joints"
        raise SourceError("no_body_model", found, expected=f"more than {max(at)}")
    parents = [at.index(model.parents[j]) if j else -1 for j in at]
    rest = model.shaped(poses.betas)[list(at)]
    offsets = rest - np.where(np.array(parents)[:, None] < 0, 0, rest[parents])
    places, _ = pose_by_rotation_vectors(parents, offsets, poses.turns[:, : len(topology)])
    return places + poses.trans[:, None]
