"""Times as words: dates, clock times, timecodes."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.toolkit.moments import read_moments
from skeletonllm.errors import SourceError


def since_first(words: list[str], fps: float | None = None) -> list[float | None]:
    read = read_moments(words, fps)
    first = next(value for value in read if value is not None)
    return [None if value is None else round(value - first, 4) for value in read]


@pytest.mark.parametrize(
    ("words", "fps", "expected"),
    [
        (["01:02:03:24", "01:02:04:00"], 25.0, [0, 0.04]),
        (["01:02:03:24", "01:02:03:25"], 25.0, [0, None]),  # no such frame
        (["23:59:59:24", "00:00:00:00"], 25.0, [0, 0.04]),
        (["01:00:59;29", "01:01:00;02"], 30000 / 1001, [0, 0.0334]),  # 00 and 01 are dropped
        (["01:09:59;29", "01:10:00;00"], 30000 / 1001, [0, 0.0334]),
        (["12:00:00:967", "12:00:01:000"], 30.0, [0, 0.033]),  # milliseconds
        (["12:00:00:967", "12:00:01:000"], None, [0, 0.033]),
        (["12:00:00:099", "12:00:00:100"], 120.0, [0, 0.0083]),
        (["23:59:59.9", "00:00:00.1", "00:00:00.3"], None, [0, 0.2, 0.4]),
        (["00:00:00.1", "23:59:59.9"], None, [0, -0.2]),
        (["9:59:59.967", "10:00:00.000"], None, [0, 0.033]),
        (["12:59:59.5 PM", "1:00:00.0 PM"], None, [0, 0.5]),
        (["11:59:59.5 AM", "12:00:00.0 PM"], None, [0, 0.5]),
        (["00:59.967", "01:00.000"], None, [0, 0.033]),
        (["27.11.2026 23:59:59,5", "28.11.2026 00:00:00,0"], None, [0, 0.5]),
        (["01.02.2026 12:00:00.0", "02.02.2026 12:00:00.0"], None, [0, 86400]),
        (["11/27/2026 1:00:00.000 PM", "11/27/2026 1:00:00.033 PM"], None, [0, 0.033]),
        (["05/06/2026 13:00:00.000", "05/06/2026 13:00:00.033"], None, [0, 0.033]),
        (["2026/11/27 13:00:00.000", "2026/11/27 13:00:00.033"], None, [0, 0.033]),
        (["2026-11-27T13:00:00.000Z", "2026-11-27T13:00:00.033Z"], None, [0, 0.033]),
        (["2026-10-25 01:59:59.5", "2026-10-25 02:00:00.0"], None, [0, 0.5]),
        (["12:00:00", "noon", ""], None, [0, None, None]),
    ],
)
def test_words(words: list[str], fps: float | None, expected: list[float | None]) -> None:
    assert since_first(words, fps) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["01:02:03:12"], "timecode.*fps:"),
        (["05/06/2026 23:59:59", "06/06/2026 00:00:00"], "day from the month"),
    ],
)
def test_what_does_not_tell_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_moments(words, None)


def test_every_timecode_of_a_minute_is_a_frame_later() -> None:
    words = [f"10:00:{s:02d}:{f:02d}" for s in range(60) for f in range(24)]
    steps = np.diff(np.array(read_moments(words, 24.0), np.float64))
    np.testing.assert_allclose(steps, 1 / 24, atol=1e-6)
