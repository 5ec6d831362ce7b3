"""The unit of a C3D file's points, which is stated for all of them, for each, or for none.

POINT:UNITS is one text for all points in most files; some programs write one for each point, as
lines of a list or as words in a row, and some of the points of modelling software are no lengths.
A list that is much shorter says in what lengths, angles and forces are: its length holds for all.
Where nothing is stated, or what is stated makes no body, the size of the body says the unit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.markers.words import stands_for
from skeletonllm.corpora.rigs.posed_rig import ADULT_M
from skeletonllm.corpora.toolkit.validation import Raw

_NAMES = {
    1e-3: "mm millimeter millimeters millimetre millimetres",
    1e-2: "cm centimeter centimeters centimetre centimetres",
    0.1: "dm decimeter decimeters decimetre decimetres",
    1.0: "m meter meters metre metres",
    0.0254: "in inch inches",
    0.3048: "ft foot feet",
}
UNITS_M = {name: metres for metres, names in _NAMES.items() for name in names.split()}
"""Metres of each unit of length."""

LIKELY_M = (1e-3, 1e-2, 1.0)
"""Units that are taken where none is stated."""

_NO_LENGTH = re.compile(
    r"deg.*|rad.*|°.*|n|nm+|n[.*]?m+|n/kg|nmm?/kg|w|w/kg|watts?|m/s.*|mm/s.*|v|mv|%|kg|s|ms|hz"
)

ADULT_EXTENT_M = 1.5
"""How far the markers of a body are apart, from the head (1.7 m) or the chest (1.3 m) down."""

PLAUSIBLE = 2.0
"""How far a body may be from an adult's for a unit to be taken: an infant's limbs are half as long,
a few markers of a body half as far apart. Units are ten times apart or more."""

GIANT, DWARF = 2.2, 0.3
"""How large limbs must be, of an adult's, for a stated unit not to be believed: the tallest man on
record had 1.6 times theirs, an infant of half a metre less than a third."""

SMALL = 0.45
"""Limbs of a child that has just learned to walk: smaller ones are taken as stated, and flagged."""

IMPOSSIBLE = 5.0
"""How far the whole must be from an adult's, where no limb is known: it may be one foot."""


def read_units(stated: Sequence[str], count: int) -> tuple[list[float | None], list[bool]]:
    """Metres in a unit of each point (None where no unit of length is stated), and what is a place.

    Args:
        stated: Lines of POINT:UNITS.
        count: Points of the file.

    Example:
        >>> read_units(["mm", "", "deg"], 3)
        ([0.001, None, None], [True, True, False])
    """
    lines = [line.strip("\0 []()").lower() for line in stated]
    if len(lines) == 1 and count > 1:
        lines = _words(lines[0])
    if not _is_for_each(lines, count):
        lines = [next((line for line in lines if line in UNITS_M), lines[0])] * count
    lines = (lines + [""] * count)[:count]
    places = [not _NO_LENGTH.fullmatch(line) for line in lines]
    return [UNITS_M.get(line) for line in lines], places


def likely_unit(joints: Raw, names: Sequence[str]) -> tuple[float, bool]:
    """Metres in a unit by the size of a body, and whether one of the usual units fits it.

    Where none does, the body is brought to an adult's size.

    Args:
        joints: [T, P, J, 3].
        names: Of the J joints.
    """
    needed = needed_scale(joints, names)
    if needed is None:
        return LIKELY_M[0], False
    unit = min(LIKELY_M, key=lambda metres: abs(math.log(metres / needed)))
    return (unit, True) if _ratio(unit, needed) < PLAUSIBLE else (needed, False)


def is_impossible(metres: float, joints: Raw, names: Sequence[str]) -> bool:
    """Whether no body is like that in a stated unit.

    Args:
        metres: In a unit.
        joints: [T, P, J, 3], in that unit.
        names: Of the J joints.
    """
    limb = _limb_scale(joints, names)
    if limb is not None:
        return not DWARF <= metres / limb <= GIANT
    needed = needed_scale(joints, names)
    return needed is not None and _ratio(metres, needed) > IMPOSSIBLE


def is_small(metres: float, joints: Raw, names: Sequence[str]) -> bool:
    """Whether limbs are those of an infant in a stated unit, or of someone in another unit.

    Args:
        metres: In a unit.
        joints: [T, P, J, 3], in that unit.
        names: Of the J joints.
    """
    limb = _limb_scale(joints, names)
    return limb is not None and metres / limb < SMALL


def needed_scale(joints: Raw, names: Sequence[str]) -> float | None:
    """By how much the limbs must be scaled to be an adult's, or the whole body where no limb is.

    Args:
        joints: [T, P, J, 3].
        names: Of the J joints.
    """
    limb = _limb_scale(joints, names)
    if limb is not None:
        return limb
    extent = _extent(joints)
    return ADULT_EXTENT_M / extent if extent else None


def _limb_scale(joints: Raw, names: Sequence[str]) -> float | None:
    """By how much the limbs must be scaled to be an adult's; None where fewer than two are."""
    lengths = [
        (metres, _distance(joints, names, f"{side}_{upper}", f"{side}_{lower}"))
        for (upper, lower), metres in ADULT_M.items()
        for side in ("left", "right")
    ]
    scales = [metres / length for metres, length in lengths if length]
    return float(np.median(scales)) if len(scales) > 1 else None


def common_unit(units: Sequence[float | None]) -> float | None:
    """The unit that most points state; None if none does.

    Args:
        units: Metres in a unit of each point.
    """
    found = Counter(unit for unit in units if unit is not None)
    return found.most_common(1)[0][0] if found else None


def _is_for_each(lines: Sequence[str], count: int) -> bool:
    """Whether units are those of the points one by one: of all, or of most and some are alike."""
    if not lines or len(lines) >= count:
        return True
    return len(lines) * 2 > count and len(set(lines)) < len(lines)


def _words(line: str) -> list[str]:
    """Units in one text: one, several words, or one that is repeated without blanks."""
    words = line.split()
    if len(words) > 1:
        return words if len(set(words)) > 1 else words[:1]
    match = re.fullmatch(r"(mm|cm|dm|in|ft|m)\1*", line)
    return [match[1] if match else line]


def _distance(joints: Raw, names: Sequence[str], one: str, other: str) -> float:
    """The median distance of the markers at two places; 0 where one is not there."""
    at = [_known_at(names, word) for word in (one, other)]
    if not all(at):
        return 0.0
    gaps = np.linalg.norm(_middle(joints, at[0]) - _middle(joints, at[1]), axis=-1)
    gaps = gaps[np.isfinite(gaps)]
    return float(np.median(gaps)) if len(gaps) else 0.0


def _known_at(names: Sequence[str], word: str) -> list[int]:
    """The joint itself, or else the markers that lie there; not what only hangs on it."""
    if word in names:
        return [names.index(word)]
    near = (j for j, name in enumerate(names) if name.partition(".")[0] == word)
    return [j for j in near if stands_for(names[j])]


def _middle(joints: Raw, at: Sequence[int]) -> Raw:
    """The mean of some joints, [T, P, 3]; NaN where none is seen."""
    some = joints[:, :, list(at)]
    seen = np.isfinite(some).all(-1, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.where(seen, some, 0).sum(2) / seen.sum(2))


def _extent(joints: Raw) -> float:
    """The median over frames and persons of the diagonal that the joints span."""
    seen = np.isfinite(joints).all(-1, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        span = np.where(seen, joints, -np.inf).max(2) - np.where(seen, joints, np.inf).min(2)
        spread = np.linalg.norm(span, axis=-1)
    spread = spread[np.isfinite(spread) & (spread > 0)]
    return float(np.median(spread)) if len(spread) else 0.0


def _ratio(a: float, b: float) -> float:
    return max(a / b, b / a)
