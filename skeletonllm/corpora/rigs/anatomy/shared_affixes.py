"""What the names of a rig share at either end says whose it is, and nothing of its joints.

``CC_Base_L_Thigh`` and ``l_thigh_JNT`` are thighs. An end is cut off where a word begins or ends,
or anywhere if all joints have it but the root; numbers in it may differ (``01_Hips``,
``02_Spine``), and joints without it keep their names: hair and clothes often have an end of their
own. Of several ends, the one is cut off after which most joints are known, and none if that is not
more than before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

LEAST_JOINTS, LEAST_SHARE = 4, 0.25
MOST_PREFIXES, MOST_SUFFIXES = 8, 4
_LONGEST = 64

_EDGE = re.compile(r"(?<=[\s_.\-:|/])(?=[^\s_.\-:|/])|(?<=[a-z0-9])(?=[A-Z])|(?<=\d)(?=[a-z])")
_EDGE_BEFORE = re.compile(
    r"(?<=[^\s_.\-:|/])(?=[\s_.\-:|/])|(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=\d)"
)
_DIGITS = re.compile(r"\d+")

Score = Callable[[Sequence[str]], int]


def strip_shared(names: Sequence[str], score: Score) -> list[str]:
    """The names without the ends that most of them share.

    Args:
        names: Of all joints; empty ones are end sites.
        score: How many joints are known by such names.

    Example:
        >>> strip_shared(["Bob_Hip", "Bob_Knee", "Bob_Toe", "Bob_Ear"], lambda n: "Hip" in n)
        ['Hip', 'Knee', 'Toe', 'Ear']
    """
    best, known = list(names), score(names)
    starts = _shared([_starts(name) for name in names], MOST_PREFIXES)
    starts += _of_all(names, starts)
    ends = _shared([_ends(name) for name in names], MOST_SUFFIXES)
    ends += [end[::-1] for end in _of_all([name[::-1] for name in names], [e[::-1] for e in ends])]
    pairs = [*((start, "") for start in starts), *(("", end) for end in ends)]
    pairs += [(start, end) for start in starts[:2] for end in ends[:2]]
    for start, end in pairs:
        cut = [_cut(name, start, end) for name in names]
        if (found := score(cut)) > known:
            best, known = cut, found
    return best


def _shared(sets: Sequence[set[str]], most: int) -> list[str]:
    """The ends that enough names have, those of most names first, and the longer of as many."""
    counts = Counter(end for found in sets for end in found)
    least = max(LEAST_JOINTS, LEAST_SHARE * sum(map(bool, sets)))
    enough = [end for end, count in counts.items() if count >= least]
    return sorted(enough, key=lambda end: (-counts[end], -len(end), end))[:most]


def _of_all(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The start that all names have, and the one that all have but the first."""
    filled = [name[:_LONGEST] for name in names if name]
    if len(filled) <= LEAST_JOINTS:
        return []
    return sorted({_common(filled), _common(filled[1:])} - {"", *known})


def _common(names: Sequence[str]) -> str:
    low, high = min(names), max(names)
    pairs = enumerate(zip(low, high, strict=False))
    return low[: next((i for i, (a, b) in pairs if a != b), len(low))]


def _starts(name: str) -> set[str]:
    return {_DIGITS.sub("#", name[: m.start()]) for m in _EDGE.finditer(name[:_LONGEST])} - {""}


def _ends(name: str) -> set[str]:
    first = max(0, len(name) - _LONGEST)
    return {_DIGITS.sub("#", name[m.start() :]) for m in _EDGE_BEFORE.finditer(name, first)} - {""}


def _cut(name: str, start: str, end: str) -> str:
    """The name without both ends, if it has them and is more than them."""
    short = re.sub(rf"^{_pattern(start)}", "", name) or name
    return (re.sub(rf"{_pattern(end)}$", "", short) if end else short) or short


def _pattern(end: str) -> str:
    return re.escape(end).replace(r"\#", r"\d+").replace("#", r"\d+")
