"""Header and parameters of a C3D file, read without trusting the sizes it claims.

A C3D file is blocks of 512 bytes (The C3D File Format, User Guide, c3d.org). The first byte is the
block at which the parameters start, the second 0x50. Parameters are records: a length of the name,
a number of the group, the name, the distance to the next record; a group has a description, a
parameter a type, dimensions and values. Their fourth byte names the processor that wrote the file,
which says how numbers are stored in all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SourceError

BLOCK = 512
_KEY = 0x50
_INTEL, _DEC, _MIPS = 84, 85, 86
_PROCESSORS = (_INTEL, _DEC, _MIPS)
MAX_PARAMETERS = 20_000
"""Most records of one file: real ones have a few hundred."""

GROUPS = ("POINT", "TRIAL", "ANALOG", "ROTATION")
"""Groups that are read. Damage in any other is no reason to refuse the markers."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Numbers:
    """How a processor stores numbers.

    Args:
        processor: 84 Intel, 85 DEC (VAX), 86 MIPS (SGI).
    """

    processor: int

    @property
    def order(self) -> str:
        """Byte order of whole numbers, as numpy names it."""
        return ">" if self.processor == _MIPS else "<"

    def integers(self, data: bytes | memoryview) -> npt.NDArray[np.int16]:
        """Signed words of 16 bits, as a view."""
        return np.frombuffer(data, f"{self.order}i2")

    def floats(self, data: bytes | memoryview) -> Floats:
        """Numbers of 32 bits; a VAX stores the upper word first, and four times the IEEE number."""
        if self.processor != _DEC:
            return np.frombuffer(data, f"{self.order}f4")
        words = np.frombuffer(data, "<u2").astype(np.uint32).reshape(-1, 2)
        bits = words[:, 0] << 16 | words[:, 1]
        numbers = bits.view(np.float32) / np.float32(4)
        return np.where(bits & 0x7F800000, numbers, np.float32(0))


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Args:
        kind: -1 text, 1 bytes, 2 words, 4 numbers.
        shape: Dimensions, the fastest first; empty for one value.
        data: Its values, as many bytes as kind and shape say.
        numbers: How they are stored.
    """

    kind: int
    shape: tuple[int, ...]
    data: bytes
    numbers: Numbers

    def texts(self) -> list[str]:
        """Its lines of text, without the blanks they are filled up with."""
        if self.kind != -1:
            return []
        width = self.shape[0] if self.shape else len(self.data)
        steps = range(0, len(self.data), width) if width else ()
        return [_decode(self.data[i : i + width]).strip("\0 \t") for i in steps]

    def values(self) -> list[float]:
        """Its numbers, whatever the shape; words of 16 bits without sign."""
        if self.kind == 4:
            return [float(x) for x in self.numbers.floats(self.data)]
        if self.kind == 2:
            return [int(x) & 0xFFFF for x in self.numbers.integers(self.data)]
        return list(map(float, self.data)) if self.kind == 1 else []

    def count(self) -> int | None:
        """The whole number that it means: one value, or two words of it, the lower first.

        Some programs write a whole number of 32 bits and call it a number of 32 bits; as such it
        is none (far below 1), which tells it from a right one.
        """
        values = self.values()
        if not values or not all(math.isfinite(x) for x in values[:2]):
            return None
        if self.kind == 4 and len(values) == 1 and values[0] and abs(values[0]) < 1e-30:
            return int(np.frombuffer(self.data, f"{self.numbers.order}u4")[0])
        low, high = (*values, 0.0)[:2]
        return None if low < 0 or not 0 <= high < 65536 else int(low) + (int(high) << 16)


@dataclass(frozen=True)
class Header:
    """The words of the first block that say what the data are.

    Args:
        points: Points of a frame.
        analog: Samples of other signals that follow the points of a frame.
        first: Number of the first frame, 16 bits of it.
        last: Number of the last frame, 16 bits of it.
        scale: Factor of whole numbers; negative where points are stored as numbers of 32 bits.
        start: Block at which the data start, from 1.
        rate: Frames a second.
    """

    points: int
    analog: int
    first: int
    last: int
    scale: float
    start: int
    rate: float


@dataclass(frozen=True)
class Sections:
    """What stands before the data.

    Args:
        header: The first block.
        parameters: By ``GROUP:NAME``, in upper case.
        numbers: How numbers are stored.
        end: Bytes up to the last parameter: no data start before.
    """

    header: Header
    parameters: Mapping[str, Parameter]
    numbers: Numbers
    end: int

    def count(self, key: str) -> int | None:
        """A whole number, or None where it is not stated."""
        found = self.parameters.get(key)
        return None if found is None else found.count()

    def number(self, key: str) -> float | None:
        """A number, or None where it is not stated or not finite."""
        found = self.parameters.get(key)
        values = found.values() if found else []
        return values[0] if values and math.isfinite(values[0]) else None

    def texts(self, *keys: str) -> list[str]:
        """Lines of text of parameters, one after the other; none where they are not there."""
        return [line for key in keys if (p := self.parameters.get(key)) for line in p.texts()]


def parse_sections(data: bytes) -> Sections:
    """Header and parameters.

    Raises:
        SourceError: ``format``, ``truncated``, or ``unsafe`` for parameters without end.
    """
    if len(data) < 2 or data[1] != _KEY:
        found = f"{data[1:2].hex() or 'nothing'} as the second byte"
        raise SourceError("format", f"no C3D header: {found}", expected="50")
    start = (max(data[0], 1) - 1) * BLOCK
    if len(data) < max(BLOCK, start + 4):
        raise SourceError("truncated", f"{len(data)} bytes", expected="a header and parameters")
    processor = data[start + 3]
    if processor not in _PROCESSORS:
        expected = "84 (Intel), 85 (DEC) or 86 (MIPS)"
        raise SourceError("format", f"processor {processor}", expected=expected)
    numbers = Numbers(processor)
    parameters, end = _parameters(data, start + 4, numbers)
    return Sections(_header(data, numbers), parameters, numbers, end)


def _header(data: bytes, numbers: Numbers) -> Header:
    words = [int(x) & 0xFFFF for x in numbers.integers(data[:24])]
    scale, rate = (float(numbers.floats(data[at : at + 4])[0]) for at in (12, 20))
    _, points, analog, first, last, _, _, _, start, *_ = words
    return Header(points, analog, first, last, scale, start, rate)


def _parameters(data: bytes, at: int, numbers: Numbers) -> tuple[dict[str, Parameter], int]:
    """Parameters by group and name, and where the records end.

    A parameter may stand before its group, so that groups get their names at the end.
    """
    groups: dict[int, str] = {}
    found: dict[tuple[int, str], bytes] = {}
    end = at
    for group, name, content, stop in _records(data, at, numbers):
        end = stop
        if group < 0:
            groups.setdefault(-group, name)
        else:
            found.setdefault((group, name), content)
    named = {(groups.get(group, ""), name): content for (group, name), content in found.items()}
    return {
        f"{group}:{name}": _parameter(name, content, numbers)
        for (group, name), content in named.items()
        if group in GROUPS
    }, end


def _records(data: bytes, at: int, numbers: Numbers) -> Iterator[tuple[int, str, bytes, int]]:
    """Group, name, content and end of each record; the first without a name is the end."""
    order = "big" if numbers.order == ">" else "little"
    for _ in range(MAX_PARAMETERS):
        length = abs(int.from_bytes(data[at : at + 1], signed=True))
        group = int.from_bytes(data[at + 1 : at + 2], signed=True)
        if not length or not group or len(data) < at + 2 + length + 2:
            return
        link = at + 2 + length
        name = data[at + 2 : link].decode("latin-1").strip("\0 ").upper()
        step = int.from_bytes(data[link : link + 2], order)  # type: ignore[arg-type]
        at = link + step
        if not step:
            yield group, name, data[link + 2 : link + 2 + 0x10000], len(data[: link + 2])
            return
        yield group, name, data[link + 2 : at], min(at, len(data))
    raise SourceError("unsafe", f"more than {MAX_PARAMETERS} parameters")


def _parameter(name: str, content: bytes, numbers: Numbers) -> Parameter:
    """The parameter of a record; one that claims more than its record has is refused."""
    if len(content) < 2:
        raise SourceError("format", f"parameter {name!r} without a type", where="parameters")
    kind = int.from_bytes(content[:1], signed=True)
    shape = tuple(content[2 : 2 + content[1]])
    size = math.prod(shape) * abs(kind)
    values = content[2 + content[1] : 2 + content[1] + size]
    if kind not in {-1, 1, 2, 4} or len(shape) < content[1] or len(values) < size:
        found = f"parameter {name!r} of type {kind} and shape {shape} in {len(content)} bytes"
        raise SourceError("format", found, where="parameters")
    return Parameter(kind, shape, values, numbers)


def _decode(line: bytes) -> str:
    """The format knows ASCII only; programs write names in UTF-8, or in Latin-1."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
