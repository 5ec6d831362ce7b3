"""The size of pictures, as a user states it where files do not."""

from __future__ import annotations

import re

from skeletonllm.errors import UsageError

Size = tuple[int, int]
"""(width, height) in pixels."""

MOST = 100_000
"""Pixels of a side; no camera has more."""

_SIZE = re.compile(r"(\d{1,6})\s*[x×*,:]\s*(\d{1,6})", re.IGNORECASE)  # noqa: RUF001


def parse_image_size(text: str) -> Size:
    """Width and height from words such as ``1920x1080``.

    Raises:
        UsageError: It is no such size.

    Example:
        >>> parse_image_size("1920x1080")
        (1920, 1080)
    """
    match = _SIZE.fullmatch(text.strip())
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(1 <= side <= MOST for side in size):
        raise UsageError(f"image size {text!r}", expected="WIDTHxHEIGHT in pixels, as 1920x1080")
    return size


def stated_size(width: object, height: object) -> Size | None:
    """The size that a file states, or None where it is none.

    Args:
        width: In pixels, as read.
        height: In pixels, as read.

    Example:
        >>> stated_size(1920, 1080), stated_size(None, 1080)
        ((1920, 1080), None)
    """
    sides = [int(s) for s in (width, height) if isinstance(s, int | float) and 1 <= s <= MOST]
    return (sides[0], sides[1]) if len(sides) == 2 else None
