"""Northwestern-UCLA Multiview Action 3D (Wang et al., CVPR 2014), as JSON files of Kinect v1.

One file a clip, ``a<action>_s<subject>_e<episode>_v<view>.json``, with the keys ``file_name``,
``label`` and ``skeletons`` [T][20][3] in metres of camera space.

The action is the number in the name. The ``label`` field counts the ten classes through and so
differs from it for a08, a09, a11 and a12; it is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load, own_stem
from skeletonllm.corpora.formats.json_text import parse_json
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit import labels
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.labels import Facts
from skeletonllm.corpora.toolkit.validation import Raw, observed
from skeletonllm.errors import SourceError
from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V1

FPS = 30.0
MAX_MEMORY = 128 << 20
"""Most bytes of one parsed file: 12 minutes, where the longest real clip has seven seconds."""

REACH_M = 100.0

NAME = re.compile(r"a(\d{2})_s(\d{2})_e(\d{2})_v(\d{2})")
"""Action, subject, episode and view, in file names of this corpus."""


class NwUclaReader:
    """Reader of NW-UCLA JSON files; a file of another name is read too, without a label."""

    name = "nw_ucla"
    licence = "nw_ucla"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """The ten actions, a01 first."""
        return {"nw_ucla": labels.names("nw_ucla")}

    def sources(self, root: str) -> list[Source]:
        """All ``.json`` files below ``root``."""
        return list_sources(root, ".json", own_id=own_stem(NAME))

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        facts = _facts_of_name(source.source_id)
        data = load(source)
        motion = _motion(_skeletons(data))
        yield clip_of(self, source, data, motion, **facts)


def _facts_of_name(stem: str) -> Facts:
    match = NAME.fullmatch(stem)
    if match is None:
        return {}
    action, subject, episode, view = (int(group) for group in match.groups())
    label, label_id = labels.look_up_label("nw_ucla", action)
    return {
        "subject": str(subject),
        "camera": str(view),
        "repetition": str(episode),
        "label": label,
        "label_id": label_id,
        "label_namespace": "nw_ucla",
    }


def _skeletons(data: bytes) -> Raw:
    """[T, 20, 3] of a file; JSON null and NaN are missing coordinates."""
    content = parse_json(data, memory=MAX_MEMORY)
    if not isinstance(content, dict) or "skeletons" not in content:
        raise SourceError("format", "no key 'skeletons'", expected="an object with that key")
    try:
        frames = np.asarray(content["skeletons"], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", f"skeletons are no array of numbers ({error})") from None
    if frames.size and frames.shape[1:] != (len(KINECT_V1), 3):
        found = f"skeletons of shape {frames.shape}"
        raise SourceError("format", found, expected=f"(T, {len(KINECT_V1)}, 3)")
    return frames.reshape(-1, len(KINECT_V1), 3)


def _motion(frames: Raw) -> Motion:
    raw = frames[:, None]  # [T, 1, 20, 3]
    present = np.ones(raw.shape[:2], np.bool_)
    everywhere = np.ones(raw.shape[:3], np.float32)
    joints, confidence = observed(raw, present, everywhere, reach=REACH_M)
    return Motion(joints, present, confidence, topology=KINECT_V1, fps=FPS)
