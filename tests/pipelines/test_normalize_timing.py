"""Gaps and frame rates, from the configuration to the clips; without Ray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.normalize import NormalizeConfig, normalize_unit
from skeletonllm.clip import Clip, clips_from_table
from skeletonllm.corpora import get_reader
from skeletonllm.normalize import Timing
from skeletonllm.storage import Unit
from skeletonllm.synthesis import synthesize, write_ntu


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One NTU file in which the only body is away for three frames."""
    motion = synthesize("hand waving")
    seen = np.ones(motion.present.shape, bool)
    seen[20:23] = False
    hidden = motion.confidence * seen[..., None]
    joints = motion.joints * seen[..., None, None]
    motion = replace(motion, present=seen, confidence=hidden, joints=joints)
    (tmp_path / "raw").mkdir()
    write_ntu(tmp_path / "raw" / "S001C001P001R001A023.skeleton", motion)
    return tmp_path / "raw"


def normalized(corpus: Path, timing: Timing) -> Clip:
    output = corpus.parent / "out"
    config = NormalizeConfig("ntu_rgbd", str(corpus), str(output), timing=timing)
    sources = get_reader("ntu_rgbd").sources(str(corpus))
    unit = Unit(0, tuple(source.uri for source in sources))
    normalize_unit(unit, sources, config=config, licence="cc0-1.0")
    (clip,) = clips_from_table(pq.read_table(output / "parts" / "part-00000.parquet"))
    return clip


def test_without_a_wish_time_stays(corpus: Path) -> None:
    clip = normalized(corpus, Timing())
    assert (clip.profile, clip.flags, clip.filled) == ("clean@2", (), None)
    assert not clip.motion.present[20:23].any()


def test_gaps_and_rate_are_in_the_clips(corpus: Path) -> None:
    clip = normalized(corpus, Timing(max_gap_s=0.1, fps=15.0))
    assert clip.profile == "clean@2+max_gap=0.1s+fps=15"
    assert clip.flags == ("gaps_filled", "resampled")
    assert clip.motion.present.all()
    assert clip.frame_index[:4] == (0, 2, 4, 6)
    assert clip.filled is not None
    assert np.flatnonzero(clip.filled.any((1, 2))).tolist() == [10, 11]
    short = normalized(corpus, Timing(max_gap_s=0.09))
    assert not short.motion.present[20:23].any()
