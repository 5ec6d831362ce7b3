from __future__ import annotations

import hashlib

import numpy as np
import pytest

from skeletonllm.corpora import Source, clip_of, get_reader, motion_of
from skeletonllm.errors import SourceError
from skeletonllm.topology import KINECT_V1

RAW = np.random.default_rng(0).normal(size=(5, 2, 20, 3))


def test_what_is_nan_is_missing_and_who_is_all_nan_is_absent() -> None:
    raw = RAW.copy()
    raw[1, 0, 3, 2] = np.nan
    raw[2, 1] = np.nan
    motion = motion_of(raw, KINECT_V1, 30.0)
    assert np.argwhere(~motion.present).tolist() == [[2, 1]]
    assert motion.observed.sum() == 5 * 2 * 20 - 1 - 20
    assert (motion.joints[1, 0, 3] == 0).all()
    np.testing.assert_array_equal(motion.joints[0], RAW[0].astype(np.float32))


def test_what_the_source_says_of_presence_and_confidence_counts() -> None:
    present = np.ones((5, 2), bool)
    present[4, 1] = False
    motion = motion_of(
        RAW, KINECT_V1, 30.0, present=present, confidence=np.full((5, 2, 20), 0.5, np.float32)
    )
    assert motion.confidence[0, 0, 0] == 0.5
    assert not motion.observed[4, 1].any()


def test_a_clip_knows_its_source() -> None:
    reader, source = get_reader("nw_ucla"), Source("x/a01_s02_e03_v01.json", "a01_s02_e03_v01", 9)
    clip = clip_of(reader, source, b"bytes", motion_of(RAW, KINECT_V1, 30.0), label="wave")
    assert clip.clip_id == "nw_ucla/a01_s02_e03_v01"
    assert (clip.corpus, clip.source_uri, clip.licence) == ("nw_ucla", source.uri, "nw_ucla")
    assert clip.source_sha256 == hashlib.sha256(b"bytes").hexdigest()
    assert (clip.frame_index, clip.person_ids) == ((0, 1, 2, 3, 4), ("0", "1"))
    assert clip.label == "wave"
    other = clip_of(reader, source, b"", clip.motion, person_ids=("left", "right"))
    assert other.person_ids == ("left", "right")


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(SourceError, match="a coordinate beyond 100"):
        motion_of(RAW + 200, KINECT_V1, 30.0)
