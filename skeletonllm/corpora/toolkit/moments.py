"""Times that are written as dates, clock times or timecodes, in seconds.

A column of such words is read as a whole, for one word alone may mean several things. Three colons
with two digits behind the last are a timecode of film (SMPTE ST 12-1): hours, minutes, seconds and
a count of frames, which is a time only at a known rate; ``;`` before the frames drops numbers at
29.97 and 59.94 frames a second. With three digits in every row they are milliseconds. Dates by
points have the day first, dates by slashes what all rows allow. Clock times pass midnight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time

import numpy as np

from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

DAY_S = 86_400.0
SHAPES = "seconds, 12:00:00.033, 2026-11-27 12:00:00.033, 27.11.2026 12:00:00.033 or a timecode"
"""What a time may look like, for the sentence of an error."""

_CLOCK = r"(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s*([AaPp]\.?[Mm]\.?)?"
_TIME = re.compile(_CLOCK)
_MINUTES = re.compile(r"(\d{1,3}):(\d{2})[.,](\d{1,9})")
_DATE = re.compile(rf"(\d{{1,4}})([./-])(\d{{1,2}})\2(\d{{1,4}})[T,\s]\s*{_CLOCK}")
_CODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;])(\d{2,3})")


def read_moments(words: Sequence[str], fps: float | None) -> list[float | None]:
    """Seconds of each word of a column; None where it is no time.

    Args:
        words: As they are written.
        fps: Frames a second, for timecodes.

    Raises:
        SourceError: ``format`` for timecodes without a rate, or dates of which nothing tells
            whether the day or the month is first.

    Example:
        >>> read_moments(["23:59:59.5", "00:00:00.5"], None)
        [86399.5, 86400.5]
        >>> read_moments(["01:00:00:12"], 25.0)
        [3600.48]
    """
    plain = [word.strip() for word in words]
    codes = [_CODE.fullmatch(word) for word in plain]
    if any(codes):
        return _past_midnight(_of_codes(codes, fps))
    if any(map(_DATE.fullmatch, plain)):
        return _of_dates(plain)
    clocks = [_clock(word) for word in plain]
    if any(seconds is not None for seconds in clocks):
        return _past_midnight(clocks)
    return [_iso(word) for word in plain]


def _of_codes(codes: list[re.Match[str] | None], fps: float | None) -> list[float | None]:
    """Seconds of timecodes; a frame number that the rate does not have is no time."""
    known = [code for code in codes if code]
    parts = [int(code[5]) for code in known]
    thirds = all(len(code[5]) == 3 for code in known)
    if thirds and max(parts) >= (fps or 1):
        return [code and _seconds(code) + int(code[5]) / 1000 for code in codes]
    if fps is None:
        found = f"the timecode {known[0][0]}, whose last number counts frames"
        raise SourceError("format", found, expected="fps: in the YAML, to say of what rate")
    return [code and _code_seconds(code, fps) for code in codes]


def _code_seconds(code: re.Match[str], fps: float) -> float | None:
    rate = max(round(fps), 1)
    if int(code[5]) >= rate:
        return None
    count = int(_seconds(code)) * rate + int(code[5])
    if code[4] == ";" and rate % 30 == 0:
        minutes = int(code[1]) * 60 + int(code[2])
        count -= rate // 15 * (minutes - minutes // 10)
    return count / fps


def _seconds(match: re.Match[str]) -> float:
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def _clock(word: str) -> float | None:
    """Seconds of a time of day."""
    match = _TIME.fullmatch(word)
    if match:
        return _of_clock(*match.group(1, 2, 3, 4, 5))
    if match := _MINUTES.fullmatch(word):
        return _of_clock("0", match[1], match[2], match[3], None)
    try:
        day = time.fromisoformat(word) if word.count(":") < 3 else None
    except ValueError:
        return None
    if day is None:
        return None
    return day.hour * 3600 + day.minute * 60 + day.second + day.microsecond / 1e6


def _of_clock(*parts: str | None) -> float:
    hour, minute, second, part, half = (part or "" for part in parts)
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    return hours * 3600 + int(minute) * 60 + int(second) + float(f"0.{part or 0}")


def _past_midnight(values: list[float | None]) -> list[float | None]:
    """Times of day that go on by a day where they start again."""
    known = [i for i, value in enumerate(values) if value is not None]
    whole: Raw = np.array([values[i] for i in known], np.float64)
    days = np.concatenate([[0], np.cumsum(-np.rint(np.diff(whole) / DAY_S))]) * DAY_S
    out = values.copy()
    for i, day in zip(known, days.tolist(), strict=False):
        out[i] = (values[i] or 0.0) + day
    return out


def _of_dates(words: list[str]) -> list[float | None]:
    """Seconds of dates with times, by the order of day and month that all rows allow."""
    orders = ("ymd", "dmy", "mdy")
    read = [[_date(word, order) for word in words] for order in orders]
    iso = [_iso(word) for word in words]
    read = [[a if a is not None else b for a, b in zip(one, iso, strict=True)] for one in read]
    most = max(sum(value is not None for value in one) for one in read)
    best = [one for one in read if sum(value is not None for value in one) == most]
    if len(best) > 1 and not _same_steps(best[0], best[1]):
        found = f"the date {next(filter(_DATE.fullmatch, words))}"
        expected = "one that tells the day from the month, as 2026-11-27 does"
        raise SourceError("format", found, expected=expected)
    return best[0]


def _same_steps(one: list[float | None], other: list[float | None]) -> bool:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return len({round(a - b, 3) for a, b in pairs}) <= 1


def _date(word: str, order: str) -> float | None:
    """Seconds since 1970 of a date whose parts have an order; by points the day is first."""
    match = _DATE.fullmatch(word)
    if match is None or (match[2] == "." and order == "mdy"):
        return None
    parts = dict(zip(order, (match[1], match[3], match[4]), strict=True))
    if len(parts["y"]) != 4 or max(len(parts["m"]), len(parts["d"])) > 2:
        return None
    try:
        day = datetime(int(parts["y"]), int(parts["m"]), int(parts["d"]), tzinfo=UTC)
        return day.timestamp() + _of_clock(*match.group(5, 6, 7, 8, 9))
    except ValueError:
        return None


def _iso(word: str) -> float | None:
    """Seconds since 1970; a time of no zone is not that of this machine."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
