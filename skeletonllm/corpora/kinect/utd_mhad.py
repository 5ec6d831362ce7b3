"""UTD-MHAD (Chen et al., ICIP 2015): MATLAB files with one array ``d_skel`` [20, 3, T].

    a<action>_s<subject>_t<trial>_skeleton.mat

Joints of Kinect v1 in metres of camera space, head first (``Skeleton_joint_order.txt`` of the
corpus); single-armed actions move the right arm in all but a few of 861 files, as the list of
actions says. Files of another name that hold a ``d_skel`` are read too, without a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, own_stem
from skeletonllm.corpora.formats.mat import read_array
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError
from skeletonllm.topology import KINECT_V1

FPS = 30.0
MAX_BYTES = 4 << 20
"""Largest file, packed and unpacked; real ones stay below 100 kB."""

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
        return list_sources(root, ".mat", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = _facts_of_name(source.source_id)
        data = load(source, MAX_BYTES)
        frames = _skeleton(data).transpose(2, 0, 1)[:, _ORDER]  # [T, 20, 3]
        yield clip_of(self, source, data, motion_of(frames[:, None], KINECT_V1, FPS), **facts)


def _skeleton(data: bytes) -> Raw:
    """The array ``d_skel`` [20, 3, T]."""
    array = read_array(data, KEY, MAX_BYTES)
    if array.ndim != 3 or array.shape[:2] != (len(JOINTS), 3):
        found = f"{KEY} of shape {array.shape}"
        raise SourceError("format", found, expected=f"({len(JOINTS)}, 3, T)")
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        return array.astype(np.float64)


def _facts_of_name(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    action, subject, trial = (int(group) for group in match.groups())
    label, label_id = labels.look_up_label("utd_mhad", action)
    return {
        "subject": str(subject),
        "repetition": str(trial),
        "label": label,
        "label_id": label_id,
        "label_namespace": "utd_mhad",
    }
