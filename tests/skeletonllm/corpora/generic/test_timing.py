from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.generic.layout import Layout, parse_layout
from skeletonllm.corpora.generic.timing import bring_to_rate, place_rows
from skeletonllm.errors import SourceError


def layout(more: str) -> Layout:
    return parse_layout(f"topology: kinect_v1\nunits: m\n{more}")


UNEVEN = np.array([0.0, 0.01, 0.05, 0.06, 0.1, 0.14, 0.15])


def test_rows_alone_and_numbers() -> None:
    rows = place_rows(3, None, None, layout("fps: 30"))
    assert (rows.frames, rows.places.tolist(), rows.fps) == ((0, 1, 2), [0, 1, 2], 30.0)
    rows = place_rows(3, np.array([100.0, 102, 108]), None, layout("fps: 30"))
    assert (rows.frames, rows.places.tolist()) == ((100, 102, 104, 106, 108), [0, 1, 4])


def test_times_give_rate_and_gaps() -> None:
    times = np.array([0, 1, 2, 5]) / 25
    rows = place_rows(4, None, times, layout("time: t"))
    assert (rows.fps, rows.frames, rows.places.tolist()) == (25.0, (0, 1, 2, 3, 4, 5), [0, 1, 2, 5])
    assert rows.flags == ()


def test_rows_of_one_time_are_one_frame() -> None:
    rows = place_rows(4, None, np.array([0, 0, 0.04, 0.04]), layout("time: t"))
    assert rows.places.tolist() == [0, 0, 1, 1]


def test_a_stated_rate_that_agrees_stands() -> None:
    rows = place_rows(3, None, np.array([0, 0.0333, 0.0667]), layout("time: t\nfps: 29.97"))
    assert (rows.fps, rows.flags, rows.moments) == (29.97, (), None)


@pytest.mark.parametrize(("more", "fps"), [("fps: 50", 50.0), ("resample: true", 40.0)])
def test_another_rate_is_a_wish(more: str, fps: float) -> None:
    rows = place_rows(7, None, UNEVEN, layout(f"time: t\n{more}"))
    assert (rows.fps, rows.flags) == (pytest.approx(fps), ("irregular_frames", "resampled"))
    assert rows.moments is not None


def test_uneven_times_are_flagged() -> None:
    rows = place_rows(7, None, UNEVEN, layout("time: t"))
    assert (rows.fps, rows.flags) == (pytest.approx(40.0), ("irregular_frames",))
    assert rows.frames == tuple(range(7))


def test_numbers_and_times_together() -> None:
    rows = place_rows(3, np.array([0.0, 2, 4]), np.array([0, 0.1, 0.2]), layout("time: t"))
    assert (rows.frames, rows.fps) == ((0, 2, 4), 10.0)


def test_seconds_in_a_column_of_frames() -> None:
    rows = place_rows(3, np.array([0, 0.04, 0.08]), None, layout("fps: 25\nframe: t"))
    assert (rows.frames, rows.fps) == ((0, 1, 2), 25.0)


def test_whole_times_of_no_unit_are_a_guess() -> None:
    rows = place_rows(3, None, np.array([0.0, 40, 80]), layout("time: t"))
    assert (rows.fps, rows.flags) == (25.0, ("time_unit_assumed",))
    rows = place_rows(3, None, np.array([0.0, 40, 80]), layout("time: t\ntime_unit: ms"))
    assert (rows.fps, rows.flags) == (25.0, ())


def test_milliseconds_in_a_column_of_frames() -> None:
    times = np.array([0.0, 33, 67, 100, 133])
    rows = place_rows(5, times, None, layout("fps: 30\nframe: timestamp"))
    assert (rows.frames, rows.fps) == ((0, 1, 2, 3, 4), 30.0)
    rows = place_rows(5, times, None, layout("fps: 30\nframe: number"))
    assert len(rows.frames) == 134


@pytest.mark.parametrize(
    ("frames", "times", "words"),
    [
        ([0, -1], None, "no whole number"),
        ([0, 2.0**40], None, "frame 1.09951e\\+12; expected at most"),
        (None, [1.5, 1.5], "one time in the column t, and no rate"),
        (None, [0, np.nan], "a time that is no number"),
        (None, [0, 1], "whole numbers in the column t, as frames are counted"),
    ],
)
def test_bad_rows(frames: list[float] | None, times: list[float] | None, words: str) -> None:
    given = [None if values is None else np.array(values, float) for values in (frames, times)]
    with pytest.raises(SourceError, match=words):
        place_rows(2, *given, layout("time: t"))


def test_a_straight_line_comes_back_at_another_rate() -> None:
    moments = UNEVEN
    raw = np.broadcast_to(moments[:, None, None, None] * (1, 2, 3), (7, 1, 2, 3))
    present, trust = np.ones((7, 1), np.bool_), np.ones((7, 1, 2))
    joints, there, sure = bring_to_rate(raw, present, trust, moments, 100.0)
    expected = np.arange(16)[:, None, None, None] / 100 * (1, 2, 3)
    np.testing.assert_allclose(joints, np.broadcast_to(expected, joints.shape), atol=1e-12)
    assert there.all()
    assert (sure == 1).all()


def test_nothing_is_put_into_a_hole_or_beside_what_is_missing() -> None:
    moments = np.array([0, 0.1, 0.2, 1.2, 1.3])
    raw, trust = np.zeros((5, 1, 1, 3)), np.ones((5, 1, 1))
    trust[1] = 0
    joints, there, sure = bring_to_rate(raw, np.ones((5, 1), np.bool_), trust, moments, 20.0)
    assert np.flatnonzero(~there[:, 0]).tolist() == [*range(5, 24)]
    assert (sure[:5, 0, 0] > 0).tolist() == [True, False, False, False, True]
    assert np.isnan(joints[sure == 0]).all()
