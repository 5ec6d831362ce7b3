"""Which frames are rendered."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.draction import sample_frames
from skeletonllm.errors import RenderError


def test_uniform_takes_the_middle_of_each_segment() -> None:
    assert sample_frames(120, 12).tolist() == list(range(5, 120, 10))


@pytest.mark.parametrize("num_frames", [12, 13, 29, 300])
def test_jitter_takes_one_frame_of_each_segment(num_frames: int) -> None:
    rng = np.random.default_rng(0)
    edges = np.arange(13) * num_frames / 12
    drawn = np.stack([sample_frames(num_frames, 12, "jitter", rng) for _ in range(50)])
    assert ((drawn >= np.floor(edges[:-1])) & (drawn < np.ceil(edges[1:]))).all()
    assert (np.diff(drawn) >= 0).all()
    if num_frames > 12:
        assert len(np.unique(drawn, axis=0)) > 1


def test_jitter_follows_its_generator() -> None:
    one, same = (sample_frames(90, 8, "jitter", np.random.default_rng(5)) for _ in range(2))
    assert one.tolist() == same.tolist()


@pytest.mark.parametrize("mode", ["uniform", "jitter"])
def test_short_clips_are_spread_evenly_never_at_random(mode: str) -> None:
    rng = np.random.default_rng(0)
    assert sample_frames(4, 12, mode, rng).tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert sample_frames(1, 3, mode, rng).tolist() == [0, 0, 0]
    every = sample_frames(7, 12, mode, rng)
    assert sorted(set(every.tolist())) == list(range(7))
    assert (np.diff(every) >= 0).all()


def test_jitter_without_a_generator_is_refused() -> None:
    with pytest.raises(RenderError) as caught:
        sample_frames(40, 4, "jitter")
    assert str(caught.value) == (
        "mode 'jitter' with rng None; expected 'uniform', or 'jitter' with a Generator"
    )


@pytest.mark.parametrize(("num_frames", "count"), [(0, 4), (4, 0)])
def test_nothing_to_sample_is_refused(num_frames: int, count: int) -> None:
    with pytest.raises(RenderError, match="expected at least 1 of at least 1"):
        sample_frames(num_frames, count)
