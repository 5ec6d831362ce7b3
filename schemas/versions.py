"""Which version of a layout can be read: the same major one, whatever its minor.

A minor version adds: a column that may be null or has a default, a word to a closed set, a key to
a JSON file. All else (another name, type, field of a struct or meaning) is a major version.
"""

from __future__ import annotations

import re
from functools import lru_cache

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
"""MAJOR.MINOR.PATCH; for ``fullmatch``, since ``$`` lets a line end pass."""


def parse_version(text: object) -> tuple[int, int, int] | None:
    """Major, minor and patch as numbers, so that 1.10 follows 1.9; None if it is no version.

    Example:
        >>> parse_version("1.10.0"), parse_version("v1")
        ((1, 10, 0), None)
    """
    return _parse(text) if isinstance(text, str) else None


@lru_cache  # every sample states one of few versions
def _parse(text: str) -> tuple[int, int, int] | None:
    match = SEMVER.fullmatch(text)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def same_major(found: object, ours: str) -> bool:
    """Whether a file of version ``found`` is read by code of version ``ours``.

    Args:
        found: What the file states.
        ours: What this code writes.
    """
    one, other = parse_version(found), parse_version(ours)
    return one is not None and other is not None and one[0] == other[0]


def is_later(found: object, ours: str) -> bool:
    """Whether a file was written in a later version than ``ours``.

    Args:
        found: What the file states; what is no version is not later.
        ours: What this code writes.
    """
    return (parse_version(found) or (0, 0, 0)) > (parse_version(ours) or (0, 0, 0))
