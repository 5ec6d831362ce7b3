"""Which numbers of ``statistics.json`` moved, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from skeletonllm.release.diff.side import Side
from skeletonllm.storage import TOPOLOGIES

STATISTICS = "statistics.json"
LEAST = 0.01
"""Relative change from which on a number is told, unless another one is asked for."""
_JOINTS = "joints"


@dataclass(frozen=True)
class Moved:
    """A number of the statistics that is another now.

    Args:
        name: Its keys from the outermost on, parted by `` / ``.
        old: Before; None where there was none.
        new: Now; None where there is none.
    """

    name: str
    old: float | None
    new: float | None

    @property
    def relative(self) -> float | None:
        """Change as a part of the old number; None where there was nothing, or zero."""
        if not self.old or self.new is None:
            return None
        return round((self.new - self.old) / abs(self.old), 6)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "relative": self.relative}


@dataclass(frozen=True)
class MovedNumbers:
    """The numbers that moved.

    Args:
        least: Relative change from which on they are told.
        told: Those that moved as much, came or went, the largest change first.
        below: How many others moved by less.
    """

    least: float
    told: tuple[Moved, ...]
    below: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        told = [number.to_json() for number in self.told]
        return {"least": self.least, "told": told, "below": self.below}


def compare_numbers(old: Side, new: Side, least: float = LEAST) -> MovedNumbers:
    """Which numbers moved.

    Args:
        old: The earlier release.
        new: The later one.
        least: Smallest relative change that is told; 0 tells all.
    """
    before, after = _read(old), _read(new)
    names = sorted(before.keys() | after.keys())
    every = [Moved(name, before.get(name), after.get(name)) for name in names]
    moved = [number for number in every if number.old != number.new]
    told = [n for n in moved if n.relative is None or abs(n.relative) >= least]
    return MovedNumbers(least, tuple(sorted(told, key=_by_size)), len(moved) - len(told))


def _by_size(number: Moved) -> tuple[bool, float, str]:
    """What came or went last: no share says how much that is."""
    size = number.relative
    return size is None, -abs(size or 0), number.name


def _read(side: Side) -> dict[str, float]:
    skeletons = side.read_json(TOPOLOGIES)
    named = {name: entry.get(_JOINTS) for name, entry in skeletons.items()}
    return dict(_flatten(side.read_json(STATISTICS), (), named))


def _flatten(
    data: Any, keys: tuple[str, ...], skeletons: Mapping[str, Any]
) -> Iterator[tuple[str, float]]:
    """Every number below an object or a list, by its keys; joints by their names."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _flatten(value, (*keys, str(key)), skeletons)
    elif isinstance(data, list):
        joints = skeletons.get(keys[-2]) if len(keys) > 1 and keys[-1] == _JOINTS else None
        fits = isinstance(joints, list) and len(joints) == len(data)
        for number, value in enumerate(data):
            name = str(joints[number]) if fits and joints is not None else str(number)
            yield from _flatten(value, (*keys, name), skeletons)
    elif isinstance(data, (int, float)) and not isinstance(data, bool):
        yield " / ".join(keys), float(data)
