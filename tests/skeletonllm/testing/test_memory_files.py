from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject, Source, get_reader
from skeletonllm.corpora.kinect.nw_ucla import NwUclaReader
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.memory_files import (
    assert_same_motion,
    read_in_memory,
    read_one_clip,
    read_one_reject,
)
from skeletonllm.topology import KINECT_V1

READER = get_reader("nw_ucla")
NAME = "a01_s01_e00_v01.json"


def text(motion_seed: int = 0) -> str:
    motion = synthesize("sit down", topology=KINECT_V1, seed=motion_seed)
    joints = motion.joints[:, 0].astype(float).tolist()
    return json.dumps({"file_name": NAME, "skeletons": joints, "label": 1})


def test_a_file_in_memory_is_read_like_one_on_a_disk() -> None:
    clip = read_one_clip(READER, text(), NAME)
    assert clip.corpus == "nw_ucla"
    written = synthesize("sit down", topology=KINECT_V1, seed=0)
    np.testing.assert_allclose(clip.motion.joints, written.joints, atol=1e-6)


def test_the_next_file_is_read_alone() -> None:
    read_in_memory(READER, text(), "a02_s01_e00_v01.json")
    clips, rejects = read_in_memory(READER, text(), NAME)
    assert (len(clips), rejects) == (1, [])


def test_a_bad_file_ends_in_its_reject() -> None:
    assert read_one_reject(READER, "", NAME).code == "empty"
    with pytest.raises(AssertionError):
        read_one_clip(READER, "", NAME)


class _Broken(NwUclaReader):
    def read(self, source: Source) -> Iterator[Clip | Reject]:
        yield from super().read(source)
        raise ZeroDivisionError


def test_a_strict_reading_shows_the_fault_of_a_reader() -> None:
    _, (reject,) = read_in_memory(_Broken(), text(), NAME)
    assert "ZeroDivisionError" in reject.message
    with pytest.raises(ZeroDivisionError):
        read_in_memory(_Broken(), text(), NAME, strict=True)


def test_motions_that_differ_anywhere_are_not_the_same() -> None:
    motion = synthesize("sit down", topology=KINECT_V1)
    assert_same_motion(motion, motion)
    moved = replace(motion, joints=motion.joints + np.float32(1e-3))
    assert_same_motion(moved, motion, atol=2e-3)
    for other in (moved, replace(motion, fps=7.0)):
        with pytest.raises(AssertionError):
            assert_same_motion(other, motion)
