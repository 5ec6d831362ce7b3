from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.clip import Caption
from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff import compare_releases


def test_no_tar_is_opened_unless_it_is_asked_for(pristine: Path, cut, corpora) -> None:
    new = cut("1.0.1", *corpora)
    for tar in Path(new, "shards").iterdir():
        tar.unlink()
    assert compare_releases(str(pristine), new).samples is None


def test_fields_and_ways_are_measured_in_the_samples_that_changed(pristine, cut, corpora) -> None:
    first, second = corpora
    changed = list(first)
    moved = first[3].motion.joints.copy()
    moved[2, 0, 4] += (0.3, 0.0, 0.4)
    changed[3] = replace(first[3], motion=replace(first[3].motion, joints=moved))
    short = first[4].motion.select_frames(np.arange(3))
    changed[4] = replace(first[4], motion=short, frame_index=(0, 1, 2))
    changed[5] = replace(first[5], captions=(Caption("another"),), flags=("resampled",))
    found = compare_releases(str(pristine), cut("1.0.1", changed, second), samples=True).samples
    assert found is not None
    assert (found.read, found.motions, found.reshaped) == (3, 2, 1)
    expected = {"captions": 1, "flags": 1, "motion_sha256": 2, "num_frames": 1}
    assert {name: found.fields.get(name) for name in expected} == expected
    assert not {"clip_id", "label", "source_sha256", "quantum", "sample_version"} & set(
        found.fields
    )
    assert found.moved == pytest.approx((0.5, 0.5, 0.5), abs=3e-4)
    assert found.told == ("alpha/003",)


def test_a_damaged_sample_is_named(pristine: Path, cut, corpora) -> None:
    first, second = corpora
    new = cut("1.0.1", [replace(first[0], flags=("resampled",)), *first[1:]], second)
    (tar,) = Path(new, "shards").glob("*-000000.tar")
    data = bytearray(tar.read_bytes())
    data[600] ^= 1
    tar.write_bytes(data)
    with pytest.raises(ReleaseError, match="its bytes are not those that the index has the hash"):
        compare_releases(str(pristine), new, samples=True)
