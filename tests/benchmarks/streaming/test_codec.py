from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from benchmarks.streaming import codec, plain_samples
from skeletonllm.clip import Clip
from skeletonllm.shards import decode, read_members
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    motion = synthesize("throw", seed=1)
    confidence = motion.confidence.copy()
    confidence[3, 0, 4] = 0
    joints = motion.joints * (confidence > 0)[..., None]
    joints[5, 0, 2] = 1e5
    gap = replace(motion, joints=joints.astype(np.float32), confidence=confidence)
    return [make_clip(motion, clip_id="lab/1"), make_clip(gap, clip_id="lab/2", flags=("odd",))]


def test_plain_code_reads_the_same_sample_as_ours(clips: list[Clip]) -> None:
    """Else the comparison would be of two different things."""
    for packed in codec.pack_samples(clips):
        plain = plain_samples.read_sample(packed.data)
        ours = decode(read_members(packed.data, packed.key))
        assert plain.motion.sha256 == ours.motion.sha256
        for field in fields(Clip):
            if field.name != "motion":
                assert getattr(plain.clip, field.name) == getattr(ours.clip, field.name)


def test_every_part_is_timed_on_every_sample(clips: list[Clip]) -> None:
    parts = codec.list_parts(codec.pack_samples(clips))
    compared = [name for name, (_, plain) in parts.items() if plain]
    assert compared == [
        "all, hash checked",
        "members of a tar",
        "json",
        "arrays of an npz",
        "dequantize",
    ]
    for ours, plain in parts.values():
        least = codec.time_in_turns([part for part in (ours, plain) if part], rounds=2)
        assert all(0 < seconds < float("inf") for seconds in least)


def test_errors_and_outliers_are_those_of_the_motion(clips: list[Clip]) -> None:
    metric, unitless, pixels = codec.measure_errors(clips)
    assert 0 < float(metric["error"]) <= 0.1 + 1e5 * 1e3 * 2**-23
    assert float(unitless["error"]) > 0
    assert 0 < float(pixels["error"]) <= 0.0501
    rows = codec.measure_outliers(clips[0].motion)
    assert [row["more than as it is"] for row in rows[1:4]] == sorted(
        row["more than as it is"] for row in rows[1:4]
    )
    assert all(float(row["error of the other joints, mm"]) <= 0.1003 for row in rows)


def test_each_table_has_a_file_of_its_own() -> None:
    assert codec.name_file("out/a.json", "Bytes of members") == "out/a-members.json"
    assert codec.name_file(None, "Damage") is None
