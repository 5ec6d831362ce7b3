"""Damaged samples raise our errors alone. Thousands: ``python -m benchmarks.streaming.codec``."""

from __future__ import annotations

import random

import pytest

from benchmarks.streaming import flips
from benchmarks.streaming.flips import BEHIND, CAUGHT, HARMLESS, SILENT, UNCAUGHT, judge
from skeletonllm.clip import Clip
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return [make_clip(synthesize("throw", subject=n, seed=n), clip_id=f"lab/{n}") for n in (0, 1)]


def test_flips_and_cuts_raise_our_errors_alone_and_none_passes_the_hash(clips: list[Clip]) -> None:
    outcomes = flips.damage_samples(clips, flips=400, cuts=100, seed=0)
    assert outcomes[UNCAUGHT] == outcomes[BEHIND] == 0, outcomes
    ways = (CAUGHT, HARMLESS, SILENT, "unchanged")
    assert sum(outcomes[way] for way in ways) == 500
    assert outcomes[CAUGHT] > 250  # and some are not: the loop does read what it damaged
    assert outcomes[HARMLESS] + outcomes[SILENT] > 0


def test_each_outcome_is_told_from_the_others(
    clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, _ = flips.pack_samples(clips)
    assert judge(sample, sample.data) == [HARMLESS, BEHIND]
    assert judge(sample, sample.data[:-1]) == [CAUGHT]
    other = sample.data.replace(b'"fps":3', b'"fps":4', 1)
    assert other != sample.data
    assert judge(sample, other) == [SILENT]

    def fail(_: object) -> None:
        raise OSError("as if a codec had forgotten one")

    monkeypatch.setattr(flips, "decode", fail)
    assert judge(sample, other) == [UNCAUGHT, "uncaught OSError"]


def test_damage_is_another_each_time_and_the_same_from_one_seed() -> None:
    data = bytes(range(256)) * 8
    for damage in (flips.flip_bit, flips.cut):
        one, other, again = (random.Random(seed) for seed in (1, 2, 1))
        first = [damage(data, one) for _ in range(20)]
        assert first == [damage(data, again) for _ in range(20)]
        assert first != [damage(data, other) for _ in range(20)]
        assert len(set(first)) > 15
