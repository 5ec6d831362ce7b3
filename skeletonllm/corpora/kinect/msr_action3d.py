"""MSR-Action3D (Li et al., CVPRW 2010): 20 joints of an early Kinect, as text.

    a<action>_s<subject>_e<episode>_skeleton3D.txt   x y z (m) confidence, a line a joint
    a<action>_s<subject>_e<episode>_skeleton.txt     pixels and depth, the same joints

20 lines a frame, in an order of this corpus alone, verified on all 567 files: bones keep their
lengths and are as long on the left as on the right, single-armed actions move the right arm and
kicks the right leg. A joint at 0 0 0 with confidence 0 was not tracked; the corpus writes whole
frames so. Only the ``skeleton3D`` form is read: the other has neither image size nor depth unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import decode, load, own_stem
from skeletonllm.corpora.formats.text_table import parse_table
from skeletonllm.corpora.kinect.common import MAX_BYTES, named_sources, tracked_confidence
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of, motion_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray
from skeletonllm.topology import KINECT_V1

FPS = 15.0

JOINTS = tuple(
    """left_shoulder right_shoulder upper_spine spine left_hip right_hip pelvis left_elbow
    right_elbow left_wrist right_wrist left_hand right_hand left_knee right_knee left_ankle
    right_ankle left_foot right_foot head""".split()
)
"""The joints in the order of the files."""

NAME = re.compile(r"a(\d{2})_s(\d{2})_e(\d{2})_skeleton(3D)?")
"""Action, subject, episode and form, in file names of this corpus."""

_ORDER = [JOINTS.index(name) for name in KINECT_V1.joints]


class MsrAction3DReader:
    """Reader of ``*_skeleton3D.txt`` files; ``*_skeleton.txt`` files become rejects."""

    name = "msr_action3d"
    licence = "msr_action3d"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 20 actions, a01 first."""
        return {"msr_action3d": labels.names("msr_action3d")}

    def sources(self, root: str) -> list[Source]:
        """All files of both forms below ``root``."""
        return named_sources(root, ".txt", own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file; frames in which nobody was tracked stay, empty."""
        facts = _facts_of_name(source.source_id)
        data = load(source, MAX_BYTES)
        table = parse_table(decode(data), 4)
        if len(table) % len(JOINTS):
            found = f"{len(table)} lines"
            raise SourceError("truncated", found, expected=f"{len(JOINTS)} a frame")
        raw = table.reshape(-1, 1, len(JOINTS), 4)[:, :, _ORDER]
        confidence = tracked_confidence(raw[..., :3], raw[..., 3])
        present: BoolArray = np.any(confidence > 0, axis=-1)
        if present.any() and not source.source_id.endswith("3D"):
            found = "joints in pixels, without the size of the image"
            raise SourceError("format", found, hint="Read the files named skeleton3D.")
        motion = motion_of(raw[..., :3], KINECT_V1, FPS, present=present, confidence=confidence)
        yield clip_of(self, source, data, motion, **facts)


def _facts_of_name(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    action, subject, episode = (int(group) for group in match.groups()[:3])
    label, label_id = labels.look_up_label("msr_action3d", action)
    return {
        "subject": str(subject),
        "repetition": str(episode),
        "label": label,
        "label_id": label_id,
        "label_namespace": "msr_action3d",
    }
