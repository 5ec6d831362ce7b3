"""The points of a C3D file: how many frames there are, decided once, and their coordinates.

Five places say how many frames a file has, and programs fill them differently. In order of trust:
TRIAL:ACTUAL_END_FIELD less ACTUAL_START_FIELD (32 bits in two words), POINT:LONG_FRAMES (a
number), POINT:FRAMES and the header's first and last frame (16 bits, which start again at 65,536 or
stay at 65,535), and the bytes that are there. A count that the file cannot hold is never believed,
one that fills the file to its last block is believed before one that does not, and among those the
one that most places state. Blocks are filled up with zeros, so that a frame of zero bytes at the
end is no frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.c3d_bytes import BLOCK, Sections, parse_sections
from skeletonllm.corpora.toolkit.validation import check_size
from skeletonllm.errors import SourceError

MAX_FRAMES = 500_000
"""Most frames of one file: 83 minutes at 100 frames a second."""

MAX_POINTS = 4096

LEAST_RATE = 1e-3
"""Fewest frames a second that a clip may have: one in a quarter of an hour."""

FRAMES_BY_SIZE = "frames_by_size"
"""Flag: the file states several numbers of frames, or none; as many are read as it can hold."""

MORE_FRAMES = "more_frames_than_declared"
"""Flag: bytes of further frames follow those that the file states; they are not read."""

RESIDUALS_IGNORED = "residuals_ignored"
"""Flag: the file says of every point that it was not seen, and has places of them all the same."""

RANGES = ("TRIAL", "header")
"""Places that state a first and a last frame; a first one is believed where the count is."""

_WRAP = 1 << 16
_FULL = _WRAP - 1
"""What 16 bits say of any count that they cannot hold, in files of Vicon."""


@dataclass(frozen=True, eq=False)
class Points:
    """What a file holds of points.

    Args:
        places: float32 [T, N, 3] in the file's unit and axes; NaN where a point is missing.
        first: Number of the first frame.
        rate: Frames a second; None where nothing states them.
        sections: Header and parameters.
        flags: ``frames_by_size``, ``more_frames_than_declared``, ``residuals_ignored``.
    """

    places: npt.NDArray[np.float32]
    first: int
    rate: float | None
    sections: Sections
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """Where the frames are.

    Args:
        start: Byte of the first.
        end: Byte behind the last that there may be.
        points: Points of a frame.
        width: Bytes of a number.
        stride: Bytes of a frame.
    """

    start: int
    end: int
    points: int
    width: int
    stride: int

    @property
    def held(self) -> int:
        """Most frames that there may be."""
        return max(self.end - self.start, 0) // self.stride

    def fills(self, frames: int) -> bool:
        """Whether so many frames take all that is there, but for what fills up the last block."""
        return 0 <= self.end - self.start - frames * self.stride < BLOCK


def parse_points(data: bytes) -> Points:
    """All points of a C3D file.

    Raises:
        SourceError: ``format``, ``truncated``, ``unsafe``, ``no_frames`` or ``no_body``.
    """
    sections = parse_sections(data)
    stated = list(state_counts(sections))
    layout = find_layout(sections, len(data), [count for _, count, _ in stated])
    frames, flags = decide_count(stated, layout, data)
    check_size(frames, layout.points, 1)
    if frames > MAX_FRAMES:
        raise SourceError("unsafe", f"{frames} frames", expected=f"at most {MAX_FRAMES}")
    places, is_residual = _places(data, layout, frames, sections)
    flags = flags if is_residual else (*flags, RESIDUALS_IGNORED)
    alike = (begin for place, count, begin in stated if count == frames and place in RANGES)
    first = next(alike, min(sections.header.first, 1))
    return Points(places, first, _rate(sections), sections, flags)


def state_counts(sections: Sections) -> Iterator[tuple[str, int, int]]:
    """Where a number of frames is stated, the number, and that of the first, in order of trust."""
    header = sections.header
    first = sections.count("TRIAL:ACTUAL_START_FIELD")
    last = sections.count("TRIAL:ACTUAL_END_FIELD")
    begin = header.first if first is None else first
    if last is not None:
        if last < begin < _WRAP:  # the upper word was left out
            last += _WRAP
        if last >= begin:
            yield "TRIAL", last - begin + 1, begin
    for place in ("POINT:LONG_FRAMES", "POINT:FRAMES"):
        count = sections.count(place)
        if count:
            yield place, count, header.first
    if header.last not in (0, header.first - 1) or header.last < header.first - 1:
        yield "header", (header.last - header.first) % _WRAP + 1, header.first


def find_layout(sections: Sections, size: int, counts: list[int]) -> Layout:
    """Where the frames are, in a file of ``size`` bytes.

    The header and the parameters both say where the data start, and how many points and other
    signals a frame has. Where they disagree, those are taken with which a stated number of frames
    fills the file.

    Args:
        sections: Header and parameters.
        size: Bytes of the file.
        counts: Numbers of frames that the file states.

    Raises:
        SourceError: ``no_body`` for a file without points, ``format``, ``unsafe``.
    """
    scale = sections.number("POINT:SCALE")
    width = 4 if (sections.header.scale if scale is None else scale) < 0 else 2
    points = list(dict.fromkeys(_stated_points(sections)))
    if not any(points):
        raise SourceError("no_body", _what_else(sections), expected="points")
    layouts = [
        Layout(start, end, n, width, (4 * n + analog) * width)
        for start, end in _bounds(sections, size)
        for n in points
        if n
        for analog in dict.fromkeys(_stated_analog(sections))
    ]
    layout = next((x for x in layouts if any(map(x.fills, counts))), layouts[0])
    if layout.points > MAX_POINTS:
        raise SourceError("unsafe", f"{layout.points} points", expected=f"at most {MAX_POINTS}")
    return layout


def decide_count(
    stated: list[tuple[str, int, int]], layout: Layout, data: bytes
) -> tuple[int, tuple[str, ...]]:
    """How many frames are read, and flags; see the top of this file.

    Args:
        stated: As :func:`state_counts` gives it.
        layout: Where the frames are.
        data: The file.

    Raises:
        SourceError: ``truncated`` where all counts are of more than there is, ``no_frames``.
    """
    counts = [count for _, count, _ in stated if count != _FULL]
    whole = (count + (layout.held - count) // _WRAP * _WRAP for count in counts)
    counts += [count for count in whole if count > _FULL and layout.fills(count)]
    if len(stated) == 1:  # nobody else says that zeros at the end are a frame
        counts += [
            shorter for count in counts if (shorter := _without_padding(count, layout, data))
        ]
    if not counts:
        return _count_unstated(bool(stated), layout, data)
    votes = Counter(counts)
    fitting = [count for count in votes if count <= layout.held]
    if not fitting:
        _refuse_truncated(max(votes), layout, len(data))
    best = max(fitting, key=lambda count: _trust(count, votes, layout, data))
    flags = {
        FRAMES_BY_SIZE: not all(_agrees(count, best) for _, count, _ in stated),
        MORE_FRAMES: best < layout.held and not layout.fills(best),
    }
    return best, tuple(flag for flag, holds in flags.items() if holds)


def _count_unstated(is_full: bool, layout: Layout, data: bytes) -> tuple[int, tuple[str, ...]]:
    """How many frames there are where no count is stated, or only that 16 bits are too few."""
    if is_full and layout.fills(_FULL):
        return _FULL, ()
    held = _without_padding(layout.held, layout, data)
    if is_full and held < _FULL:
        _refuse_truncated(_FULL, layout, len(data))
    return held, (FRAMES_BY_SIZE,)


def _trust(count: int, votes: Counter[int], layout: Layout, data: bytes) -> tuple[bool, bool, int]:
    """What speaks for a count, the weightiest first; of equals, the first stated is taken."""
    is_padded = _without_padding(count, layout, data) < count
    return layout.fills(count), not is_padded, votes[count]


def _agrees(count: int, best: int) -> bool:
    """Whether a stated count is the one taken, or what 16 bits hold of it."""
    return count == best or (best > _FULL and count in (_FULL, best % _WRAP))


def _without_padding(frames: int, layout: Layout, data: bytes) -> int:
    """So many frames but for those of zero bytes in the last block of the file."""
    while frames > 0 and layout.fills(frames - 1):
        at = layout.start + (frames - 1) * layout.stride
        if any(data[at : at + layout.stride]):
            break
        frames -= 1
    return frames


def _refuse_truncated(frames: int, layout: Layout, size: int) -> None:
    needed = layout.start + frames * layout.stride
    raise SourceError("truncated", f"{size} bytes", expected=f"{needed} for {frames} frames")


def _bounds(sections: Sections, size: int) -> list[tuple[int, int]]:
    """Bytes between which the frames may be: rotations of segments may follow them."""
    blocks = (sections.header.start, sections.count("POINT:DATA_START") or 0)
    starts = dict.fromkeys((block - 1) * BLOCK for block in blocks if block > 1)
    behind = [start for start in starts if sections.end - 4 < start <= size]
    if not behind:
        found = f"data that start at block {blocks[0] or blocks[1]}"
        expected = f"one behind byte {sections.end} of {size}"
        raise SourceError("format", found, expected=expected)
    turns = ((sections.count("ROTATION:DATA_START") or 1) - 1) * BLOCK
    has_turns = bool(sections.count("ROTATION:USED"))
    return [(start, min(size, turns) if has_turns and turns > start else size) for start in behind]


def _stated_points(sections: Sections) -> Iterator[int]:
    used = sections.count("POINT:USED")
    yield from (sections.header.points,) if used is None else (used, sections.header.points)


def _stated_analog(sections: Sections) -> Iterator[int]:
    """Samples of other signals in a frame."""
    yield sections.header.analog
    channels, rate = sections.count("ANALOG:USED"), sections.number("ANALOG:RATE")
    frames = sections.number("POINT:RATE")
    if channels is not None:
        times = round(rate / frames) if rate and frames and 0 < rate / frames < _WRAP else 1
        yield channels * max(times, 1)


def _what_else(sections: Sections) -> str:
    """What a file without points holds."""
    rotations, channels = sections.count("ROTATION:USED"), sections.count("ANALOG:USED")
    if rotations:
        return f"it holds rotations only: those of {rotations} segments, and no points"
    if channels:
        return f"it holds {channels} signals of other sensors, and no points"
    return "no points"


def _rate(sections: Sections) -> float | None:
    """Frames a second: POINT:RATE, else the header's; None if both are 0 or no numbers.

    Raises:
        SourceError: ``format`` for a rate that no clip can have.
    """
    stated = (sections.number("POINT:RATE"), sections.header.rate)
    rates = [rate for rate in stated if rate and np.isfinite(rate)]
    right = next((rate for rate in rates if LEAST_RATE <= rate < 1e6), None)
    if rates and right is None:
        raise SourceError("format", f"{rates[0]} frames a second", expected="a rate")
    return right


def _places(
    data: bytes, layout: Layout, frames: int, sections: Sections
) -> tuple[npt.NDArray[np.float32], bool]:
    """Coordinates [T, N, 3], and whether the fourth number of a point says that it was not seen.

    It does where it is negative; where it is so in the whole of a file with places in it, whoever
    wrote the file had nothing to say.
    """
    numbers, end = sections.numbers, layout.start + frames * layout.stride
    raw = memoryview(data)[layout.start : end]
    values: npt.NDArray[np.float32 | np.int16]
    values = numbers.floats(raw) if layout.width == 4 else numbers.integers(raw)
    rows = values.reshape(frames, -1)[:, : 4 * layout.points].reshape(frames, layout.points, 4)
    places = rows[..., :3].astype(np.float32)
    if layout.width == 2:
        scale = sections.number("POINT:SCALE")
        with np.errstate(over="ignore"):  # infinite places are missing ones
            places *= np.float32(sections.header.scale if scale is None else scale)
    with np.errstate(invalid="ignore"):
        unseen = rows[..., 3] < 0
    missing = (places == 0).all(-1) | ~np.isfinite(places).all(-1)
    is_residual = not unseen.all() or bool(missing.all())
    places[missing | unseen if is_residual else missing] = np.nan
    return places, is_residual
