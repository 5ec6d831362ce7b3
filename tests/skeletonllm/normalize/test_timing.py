from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.normalize import Timing, normalize

Make = Callable[..., Clip]
NAN = np.nan


def test_gaps_are_measured_in_seconds_of_the_source(make_clip: Make) -> None:
    x = np.arange(20.0)[:, None]
    x[5:11] = NAN
    slow, fast = make_clip(x, 30.0), make_clip(x, 60.0)
    assert not Timing(0.1).apply(slow).motion.present.all()
    assert Timing(0.2).apply(slow).motion.present.all()
    assert Timing(0.1).apply(fast).motion.present.all()


def test_a_clip_says_what_was_done_to_its_time(make_clip: Make) -> None:
    clip = Timing(0.2, 20.0).apply(normalize(make_clip([[0.0], [NAN], [2.0], [3.0]])))
    assert clip.profile == "clean@2+max_gap=0.2s+fps=20"
    assert clip.flags == ("gaps_filled", "resampled")
    assert clip.frame_index == (10, 12, 13)
    assert clip.motion.fps == 20.0
    assert clip.filled is not None
    assert clip.filled[:, 0, 0].tolist() == [False, True, False]


def test_nothing_asked_nothing_done(make_clip: Make) -> None:
    clip = make_clip([[0.0], [1.0]])
    assert Timing().apply(clip) is clip
    assert Timing().suffix == ""


@pytest.mark.parametrize("gap", [-1.0, NAN, np.inf])
def test_impossible_gaps(gap: float) -> None:
    with pytest.raises(UsageError, match="expected 0 or more seconds"):
        Timing(gap)


def test_impossible_rates() -> None:
    with pytest.raises(UsageError, match="expected a positive number"):
        Timing(fps=0.0)


@pytest.mark.parametrize("timing", [Timing(), Timing(0.25), Timing(0.0, 12.5), Timing(0.2, 20.0)])
def test_a_suffix_says_the_timing(timing: Timing) -> None:
    assert Timing.parse(timing.suffix) == timing


@pytest.mark.parametrize("suffix", ["+fps=", "fps=20", "+max_gap=0.2", "+fps=20+max_gap=0.2s", "x"])
def test_what_is_no_suffix_is_refused(suffix: str) -> None:
    with pytest.raises(UsageError, match="expected such as"):
        Timing.parse(suffix)
