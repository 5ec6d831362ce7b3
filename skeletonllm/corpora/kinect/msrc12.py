"""MSRC-12 Kinect gestures (Fothergill et al., CHI 2012): 20 joints of Kinect v1, as text.

    P<group>_<modality>_<gesture>[A]_p<person>.csv, for example P1_1_10A_p19.csv

A line a frame, parted by blanks: a time stamp, then x y z (m) and confidence of each joint. Time
stamps are microseconds (943 lines take 31.96 s, the 30 frames a second of the documentation).
Lines of zeros are frames before the sensor found a person, and stay as empty frames.

In one file a person repeats one gesture about ten times; where each ends stands in the
``.tagstream`` files beside, which are not read: a clip is the whole file.
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

FPS = 30.0
COLUMNS = 1 + 4 * len(KINECT_V1)

NAME = re.compile(r"P(\d+)_(\d+)_(\d+)(A?)_p(\d+)")
"""Group, modality, gesture, mark of a second instruction, and person, in file names."""


class Msrc12Reader:
    """Reader of MSRC-12 ``.csv`` files."""

    name = "msrc12"
    licence = "msrc12"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The 12 gestures, G1 first."""
        return {"msrc12": labels.names("msrc12")}

    def sources(self, root: str) -> list[Source]:
        """All ``.csv`` files below ``root`` that are named as above."""
        return named_sources(root, ".csv", own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = _facts_of_name(source.source_id)
        data = load(source, MAX_BYTES)
        table = parse_table(decode(data), COLUMNS)
        if not (np.isfinite(table[:, 0]).all() and (np.diff(table[:, 0]) >= 0).all()):
            raise SourceError("format", "time stamps that go back")
        raw = table[:, 1:].reshape(-1, 1, len(KINECT_V1), 4)
        confidence = tracked_confidence(raw[..., :3], raw[..., 3])
        present: BoolArray = np.any(confidence > 0, axis=-1)
        motion = motion_of(raw[..., :3], KINECT_V1, FPS, present=present, confidence=confidence)
        yield clip_of(self, source, data, motion, **facts)


def _facts_of_name(name: str) -> Facts:
    match = NAME.fullmatch(name)
    if match is None:
        return {}
    group, modality, gesture, mark, person = match.groups()
    label, label_id = labels.look_up_label("msrc12", int(gesture))
    return {
        "subject": str(int(person)),
        "setup": f"P{group}_{modality}{mark}",
        "label": label,
        "label_id": label_id,
        "label_namespace": "msrc12",
    }
