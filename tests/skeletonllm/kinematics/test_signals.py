from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.signals import finite_quantile, sharpen, smooth


@pytest.mark.parametrize(("hertz", "least", "most"), [(1.0, 0.95, 1.05), (4.0, 0.75, 0.95)])
def test_sharpening_gives_a_quick_wave_most_of_its_height_back(hertz, least, most) -> None:
    wave = np.sin(2 * np.pi * hertz * np.arange(120) / 30)
    assert least < np.ptp(sharpen(smooth(wave, 30.0), 30.0)[20:-20]) / 2 < most


def test_sharpening_leaves_jitter_out_and_the_unseen_unseen() -> None:
    wave = np.sin(2 * np.pi * 10 * np.arange(120) / 30)
    assert np.ptp(sharpen(smooth(wave, 30.0), 30.0)[20:-20]) / 2 < 0.1
    signal = np.where(np.arange(120) < 60, wave, np.nan)
    sharp = sharpen(smooth(signal, 30.0), 30.0)
    assert np.isfinite(sharp[:55]).all()
    assert np.isnan(sharp[70:]).all()


def test_smoothing_keeps_the_mean_and_drops_jitter() -> None:
    rng = np.random.default_rng(0)
    noisy = 3.0 + rng.normal(size=200)
    calm = smooth(noisy, fps=30.0)
    assert calm.mean() == pytest.approx(noisy.mean(), abs=0.02)
    assert calm.std() < 0.6 * noisy.std()


def test_typical_of_nothing_is_nan() -> None:
    assert np.isnan(finite_quantile(np.array([np.nan, np.nan])))
