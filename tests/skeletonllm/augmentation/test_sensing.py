"""Size, speed, noise and gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.augmentation.sensing import (
    add_noise,
    change_speed,
    drop_joints,
    measure_metre,
    scale_bodies,
)
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.strategies import FEW_EXAMPLES
from skeletonllm.topology import COCO_17
from tests.skeletonllm.augmentation.conftest import scenes
from tests.skeletonllm.augmentation.test_turns import distances


@FEW_EXAMPLES
@given(motion=scenes(), factor=st.floats(0.5, 2.0))
def test_all_lengths_scale(motion: Motion, factor: float) -> None:
    scaled = scale_bodies(motion, factor)
    assert np.allclose(distances(scaled), factor * distances(motion), rtol=1e-4, atol=1e-3)
    assert (scaled.joints[~motion.observed] == 0).all()


@FEW_EXAMPLES
@given(motion=scenes(), factor=st.floats(0.5, 2.0))
def test_another_speed_keeps_rate_space_and_skeleton(motion: Motion, factor: float) -> None:
    changed = change_speed(motion, factor)
    assert changed.fps == motion.fps
    assert (changed.space, changed.topology) == (motion.space, motion.topology)
    assert changed.num_frames == int((motion.num_frames - 1) / factor + 1e-6) + 1 or (
        changed is motion
    )
    assert changed.observed.any() == motion.observed.any()


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_another_speed_goes_the_same_way_in_another_time(wave: Motion, factor: float) -> None:
    changed = change_speed(wave, factor)
    paths = [np.linalg.norm(np.diff(m.joints, axis=0), axis=-1).sum(0) for m in (wave, changed)]
    assert changed.duration_s == pytest.approx(wave.duration_s / factor, abs=0.05)
    assert np.allclose(*paths, rtol=0.05, atol=0.02)
    assert np.allclose(changed.joints[0], wave.joints[0], atol=1e-6)


def test_noise_has_the_size_that_was_asked_for(wave: Motion) -> None:
    noisy = add_noise(wave, 0.02, np.random.default_rng(0))
    assert (noisy.joints - wave.joints).std() == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize("factor", [0.2, 100.0])
def test_noise_without_a_unit_goes_by_the_body(wave: Motion, factor: float) -> None:
    unitless = replace(wave, joints=wave.joints * np.float32(factor), metric=False)
    noisy = add_noise(unitless, 0.02, np.random.default_rng(0))
    assert measure_metre(unitless) == pytest.approx(factor, rel=0.35)
    assert (noisy.joints - unitless.joints).std() == pytest.approx(0.02 * factor, rel=0.35)


def test_noise_of_a_picture_is_some_pixels_within_its_plane() -> None:
    flat = synthesize("hand waving", topology=COCO_17, noise_m=0.0)
    noise = add_noise(flat, 0.02, np.random.default_rng(0)).joints - flat.joints
    assert (noise[..., 2] == 0).all()
    assert 0.5 < noise[..., :2].std() < 20


def test_a_single_point_without_a_unit_gets_no_noise() -> None:
    motion = synthesize("hand waving", topology=COCO_17)
    point = replace(motion, confidence=motion.confidence * (np.arange(17) == 0))
    assert measure_metre(point) == 0.0


@FEW_EXAMPLES
@given(motion=scenes(), probability=st.floats(0, 1), seed=st.integers(0, 99))
def test_dropping_joints_never_adds_one(motion: Motion, probability: float, seed: int) -> None:
    dropped = drop_joints(motion, probability, np.random.default_rng(seed))
    assert not (dropped.observed & ~motion.observed).any()
    assert (dropped.joints[~dropped.observed] == 0).all()
    assert (dropped.joints[dropped.observed] == motion.joints[dropped.observed]).all()
    assert dropped.observed.any() == motion.observed.any()


def test_a_lost_joint_is_lost_for_one_span_of_the_clip(wave: Motion) -> None:
    gone = ~drop_joints(wave, 1.0, np.random.default_rng(0)).observed[:, 0]
    shares = gone.mean(axis=0)
    assert ((shares > 0.05) & (shares < 0.55)).all()
    assert (np.abs(np.diff(gone.astype(int), axis=0)).sum(axis=0) <= 2).all()


def test_about_as_many_joints_are_lost_as_asked_for(wave: Motion) -> None:
    rng = np.random.default_rng(0)
    lost = [(~drop_joints(wave, 0.2, rng).observed).any(axis=0).mean() for _ in range(40)]
    assert np.mean(lost) == pytest.approx(0.2, abs=0.04)
