"""Two trees of plain data, one stated and one made again: where they differ, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from skeletonllm.release.verify.tables import SHOWN

ROUNDING = {"seconds": 2e-3, "frames": 2e-3, "grounded": 2e-3}
"""Part of the tree -> by how much numbers in it may differ: they are rounded sums, and a sum of
floats depends on the order of the clips."""
LEAST_ROUNDING = 2e-6


def find_differences(file: str, stated: Any, found: Any, *, whole: bool = True) -> Iterator[str]:
    """Sentences that name the file, the place in it, and both values; the first few.

    Args:
        file: That states it.
        stated: What the file says.
        found: What was made again.
        whole: Whether the file must say all of it, and nothing else, at its first level.
    """
    if not isinstance(stated, Mapping):
        yield f"{file}: a JSON {type(stated).__name__} and no object"
        return
    if not whole:
        stated = {key: value for key, value in stated.items() if key in found}
        found = {key: value for key, value in found.items() if key in stated}
    differing = _differ(stated, found, (), LEAST_ROUNDING)
    shown = list(islice(differing, SHOWN))
    yield from (f"{file}: {text}" for text in shown)
    if more := sum(1 for _ in differing):
        yield f"{file}: {more} more differences"


def _differ(stated: Any, found: Any, path: tuple[str, ...], slack: float) -> Iterator[str]:
    name = ".".join(path)
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in sorted(stated.keys() | found.keys(), key=str):
            place = (*path, str(key))
            if key not in found:
                yield f"{'.'.join(place)} is {_short(stated[key])}; nothing of the release gives it"
            elif key not in stated:
                yield f"{'.'.join(place)} is missing; the release gives {_short(found[key])}"
            else:
                room = max(slack, ROUNDING.get(str(key), 0))
                yield from _differ(stated[key], found[key], place, room)
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for number, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from _differ(one, other, (*path, str(number)), slack)
    elif not _equal(stated, found, slack):
        yield f"{name} is {_short(stated)}; the release gives {_short(found)}"


def _equal(stated: Any, found: Any, slack: float) -> bool:
    if isinstance(stated, float) or isinstance(found, float):
        numbers = type(stated) in (int, float) and type(found) in (int, float)
        try:
            return numbers and math.isclose(stated, found, rel_tol=1e-12, abs_tol=slack)
        except OverflowError:  # an integer beyond all floats
            return False
    return type(stated) is type(found) and bool(stated == found)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
