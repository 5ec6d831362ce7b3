"""ASF/AMC, Acclaim's skeleton and motion text: the CMU motion capture database and HDM05.

    <prefix>.asf            a skeleton, of one person
    <prefix>_<rest>.amc     its motions: 02.asf for 02_01.amc, HDM_mm.asf for HDM_mm_cut_120.amc

Both corpora were recorded at 120 frames a second, and their files do not say so; CMU has a few at
60 that its index names. Lengths are in 1 / ``length`` inches: with CMU's 0.45, units of 5.64 cm.
(mocap.cs.cmu.edu; Mueller et al., Documentation Mocap Database HDM05, 2007.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.mocap.asf_search import find_skeleton
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.amc_text import parse_amc
from skeletonllm.corpora.rigs.posed_rig import pose, to_motion
from skeletonllm.corpora.rigs.text_encoding import decode_any, with_points
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of

SKELETON_BY_FIT = "skeleton_by_fit"
"""Flag: the skeleton file has another name or lies a folder up; it is the only one that fits."""

FPS = 120.0
INCH_M = 0.0254
ORIGIN = "the hierarchy of an ASF file"


class AsfAmcReader:
    """Reader of ``.amc`` files, each with the ``.asf`` that its name starts with, or that fits."""

    name = "asfamc"
    licence = "unknown"

    @property
    def label_names(self) -> Mapping[str, tuple[str, ...]]:
        """None: the classes of these corpora stand in lists outside of the files."""
        return {}

    def sources(self, root: str) -> list[Source]:
        """All ``.amc`` files below ``root``."""
        return list_sources(root, ".amc")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a motion file."""
        data = load(source)
        text = with_points(decode_any(data))
        found = find_skeleton(source, text)
        skeleton = found.skeleton
        values, numbers = parse_amc(text, skeleton)
        posed = pose(skeleton.chain(), values, "asf", ORIGIN)
        motion, flags = to_motion(posed, FPS, INCH_M / skeleton.length)
        flags = (FPS_ASSUMED, *((SKELETON_BY_FIT,) if found.by_fit else ()), *flags)
        yield clip_of(self, source, data, motion, frame_index=numbers, flags=flags)
