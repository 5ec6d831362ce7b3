"""A release of raw files that still lie there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.normalize import Timing, normalize
from skeletonllm.release import cut_release
from skeletonllm.synthesis import synthesize, write_ntu

AS_IT_IS = Timing()
CLIP = "ntu_rgbd/S001C001P001R001A008"


@dataclass(frozen=True)
class Traced:
    """A release, and the raw folder of its clips of NTU."""

    release: str
    raw: Path


def make_clips(raw: Path, timing: Timing, *, orientations: bool) -> list[Clip]:
    """The clips of a folder of NTU, as ``normalize`` makes them."""
    reader = get_reader("ntu_rgbd")
    clips = [clip for source in reader.sources(str(raw)) for clip in read_clips(reader, source)[0]]
    made = [_finish(timing.apply(normalize(clip)), raw) for clip in clips]
    if orientations:
        return made
    return [replace(c, motion=replace(c.motion, orientations=None)) for c in made]


def _finish(clip: Clip, raw: Path) -> Clip:
    inside = clip.source_uri.removeprefix(f"{raw.parent}/")
    return replace(clip, source_uri=inside, licence="cc-by-4.0")


@pytest.fixture
def trace_release(
    tmp_path: Path, make_stages: Callable[..., dict[str, Any]], make_clip: Callable[..., Clip]
) -> Callable[..., Traced]:
    """Write two raw files, and cut a release of them and of three other clips."""

    def make(timing: Timing = AS_IT_IS, *, orientations: bool = False) -> Traced:
        raw = tmp_path / "nturgb"
        raw.mkdir()
        for name, seed in (("S001C001P001R001A008", 1), ("S001C001P002R001A008", 2)):
            write_ntu(raw / f"{name}.skeleton", synthesize("sit down", seed=seed))
        others = [make_clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]
        clips = make_clips(raw, timing, orientations=orientations)
        stages = make_stages(tmp_path / "stages", clips, others)
        release = cut_release(str(tmp_path / "releases"), "toy", "1.0.0", code="test", **stages)
        return Traced(release, raw)

    return make
