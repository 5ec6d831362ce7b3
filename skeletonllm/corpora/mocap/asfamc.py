"""ASF/AMC, Acclaim's skeleton and motion text: the CMU motion capture database and HDM05.

    <prefix>.asf            a skeleton, of one person
    <prefix>_<rest>.amc     its motions: 02.asf for 02_01.amc, HDM_mm.asf for HDM_mm_cut_120.amc

Both corpora were recorded at 120 frames a second, and their files do not say so; CMU has a few at
60 that its index names. Lengths are in 1 / ``length`` inches: with CMU's 0.45, units of 5.64 cm.
(mocap.cs.cmu.edu; Mueller et al., Documentation Mocap Database HDM05, 2007.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.formats.archives import inner_path, locate, name_beside
from skeletonllm.corpora.formats.packed import without_gz
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.amc_text import parse_amc
from skeletonllm.corpora.rigs.asf_text import Skeleton, parse_asf
from skeletonllm.corpora.rigs.posed_rig import decode_any, pose, to_motion
from skeletonllm.corpora.toolkit.assumed import FPS_ASSUMED
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.errors import SourceError

FPS = 120.0
INCH_M = 0.0254
ORIGIN = "the hierarchy of an ASF file"


class AsfAmcReader:
    """Reader of ``.amc`` files, each with the ``.asf`` beside it that its name starts with."""

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
        skeleton = _skeleton_of(source)
        values, numbers = parse_amc(decode_any(data), skeleton)
        posed = pose(skeleton.chain(), values, "asf", ORIGIN)
        motion, flags = to_motion(posed, FPS, INCH_M / skeleton.length)
        yield clip_of(self, source, data, motion, frame_index=numbers, flags=(FPS_ASSUMED, *flags))


def _skeleton_of(source: Source) -> Skeleton:
    """The skeleton file beside a motion whose name is the longest start of the motion's.

    Raises:
        SourceError: ``unreadable`` where there is none; else what is wrong with it.
    """
    fs, path = locate(source.uri)
    path = without_gz(path)
    folder, stem = PurePosixPath(path).parent, PurePosixPath(path).stem
    while stem:
        for suffix in (".asf", ".ASF"):
            beside = str(folder / f"{stem}{suffix}")
            if fs.exists(beside):
                return _load_skeleton(name_beside(source.uri, fs, beside))
        stem = stem.rpartition("_")[0]
    start = PurePosixPath(path).stem.partition("_")[0]
    raise SourceError(
        "unreadable",
        "no skeleton file beside it",
        expected=f"{start}.asf, or another .asf that its name starts with",
        hint="Put the .asf of this person into the same folder.",
    )


def _load_skeleton(uri: str) -> Skeleton:
    try:
        return parse_asf(decode_any(load(Source(uri, PurePosixPath(uri).stem, 0))))
    except SourceError as error:
        name = PurePosixPath(inner_path(uri)).name
        raise SourceError(
            error.code, error.found, expected=error.expected, where=name, hint=error.hint
        ) from None
