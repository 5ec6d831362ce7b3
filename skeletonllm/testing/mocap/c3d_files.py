"""C3D files for tests: what programs write, with their ways of saying how many frames there are.

The reader has a parser of its own, so that its tests need a writer which shares no code with it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

INTEL, DEC, MIPS = 84, 85, 86
BLOCK = 512

Array = npt.NDArray[Any]
Value = str | int | float | Sequence[str] | Array


@dataclass(frozen=True, eq=False)
class C3dFile:
    """What a C3D file says and holds.

    Args:
        points: [T, N, 4], coordinates and residual, which is -1 where a point is missing.
        labels: Of the N points.
        parameters: More of them, by ``GROUP:NAME``; None leaves one out that is usually there.
        first: Number of the first frame in the header.
        last: Number of the last frame in the header; that of the last frame if None.
        processor: Who wrote it.
        scale: Factor of whole numbers of 16 bits; negative for numbers of 32 bits.
        rate: Frames a second.
        analog: Samples of other signals behind the points of a frame.
        groups_last: Whether groups stand behind their parameters.
    """

    points: Array
    labels: Sequence[str]
    parameters: Mapping[str, Value | None] = field(default_factory=dict)
    first: int = 1
    last: int | None = None
    processor: int = INTEL
    scale: float = -1.0
    rate: float = 100.0
    analog: int = 0
    groups_last: bool = False

    def encode(self) -> bytes:
        """The bytes of the file, filled up to whole blocks."""
        start = 2
        for _ in range(2):  # the section says at which block the data start
            section = self._section(start)
            start = 2 + len(section) // BLOCK
        return self._header(start) + section + self._data()

    def _header(self, start: int) -> bytes:
        last = self.first + len(self.points) - 1 if self.last is None else self.last
        counts = (self.points.shape[1], self.analog, self.first & 0xFFFF, last & 0xFFFF, 10)
        words = [self._words([2 | 0x50 << 8], is_plain=True), self._words(counts)]
        words += [self._floats([self.scale]), self._words([start, int(self.analog > 0)])]
        return b"".join([*words, self._floats([self.rate])]).ljust(BLOCK, b"\0")

    def _section(self, start: int) -> bytes:
        frames = len(self.points)
        usual: dict[str, Value | None] = {
            "POINT:USED": self.points.shape[1],
            "POINT:FRAMES": frames if frames < 65536 else 65535,
            "POINT:DATA_START": start,
            "POINT:SCALE": float(self.scale),
            "POINT:RATE": float(self.rate),
            "POINT:UNITS": "mm",
            "POINT:LABELS": list(self.labels),
            **self.parameters,
        }
        groups = list(dict.fromkeys(name.partition(":")[0] for name in usual))
        records = [self._record(-(i + 1), group, b"\0") for i, group in enumerate(groups)]
        for name, value in usual.items():
            group, _, own = name.partition(":")
            if value is not None:
                number = groups.index(group) + 1
                records.append(self._record(number, own, self._value(value) + b"\0"))
        if self.groups_last:
            records = records[len(groups) :] + records[: len(groups)]
        body = b"".join(records) + b"\0\0"
        blocks = -(-(4 + len(body)) // BLOCK)
        return (bytes([1, 0x50, blocks & 0xFF, self.processor]) + body).ljust(blocks * BLOCK, b"\0")

    def _record(self, group: int, name: str, content: bytes) -> bytes:
        head = struct.pack("bb", len(name), group) + name.encode("ascii")
        return head + self._words([len(content) + 2]) + content

    def _value(self, value: Value) -> bytes:
        """Type, dimensions and values of a parameter."""
        if isinstance(value, str):
            return bytes([255, 1, len(value)]) + value.encode("latin-1")
        if isinstance(value, np.ndarray):
            kind = 4 if value.dtype.kind == "f" else 2
            numbers = value.ravel().tolist()
            data = self._floats(numbers) if kind == 4 else self._words(numbers)
            return bytes([kind, value.ndim, *value.shape]) + data
        if isinstance(value, Sequence):
            width = max(map(len, value), default=0)
            text = "".join(line.ljust(width) for line in value)
            return bytes([255, 2, width, len(value)]) + text.encode("latin-1")
        if isinstance(value, float):
            return bytes([4, 0]) + self._floats([value])
        return bytes([2, 0]) + self._words([value])

    def _data(self) -> bytes:
        frames = len(self.points)
        rows = self.points.reshape(frames, -1)
        if self.scale > 0:
            scaled = self.points.copy()
            scaled[..., :3] /= self.scale
            rows = np.rint(scaled).reshape(frames, -1)
        rows = np.concatenate([rows, np.zeros((frames, self.analog))], 1)
        numbers = rows.ravel().tolist()
        data = self._floats(numbers) if self.scale < 0 else self._words(numbers)
        return data + bytes(-len(data) % BLOCK)

    def _words(self, numbers: Sequence[float], *, is_plain: bool = False) -> bytes:
        order = ">" if self.processor == MIPS and not is_plain else "<"
        return (np.asarray(numbers).astype(np.int64) & 0xFFFF).astype(f"{order}u2").tobytes()

    def _floats(self, numbers: Sequence[float]) -> bytes:
        if self.processor == DEC:
            bits = (np.asarray(numbers, np.float32) * np.float32(4)).view(np.uint32)
            return np.stack([bits >> 16, bits & 0xFFFF], -1).astype("<u2").tobytes()
        return np.asarray(numbers, ">f4" if self.processor == MIPS else "<f4").tobytes()


def with_residual(places: Array, residual: Array | float = 0.0) -> Array:
    """Points [T, N, 4] from their places [T, N, 3].

    Args:
        places: Coordinates.
        residual: [T, N] or one for all; negative where a point is missing.
    """
    fourth = np.broadcast_to(np.asarray(residual, np.float64), places.shape[:2])
    return np.concatenate([places, fourth[..., None]], -1)
