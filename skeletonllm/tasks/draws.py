"""What a task draws at random, from a key: the same everywhere, for ever."""

from __future__ import annotations

import hashlib


def draw_number(version: str, key: str) -> int:
    """A number of 64 bits.

    Args:
        version: Of what is drawn; another one draws otherwise.
        key: What it is drawn from.

    Example:
        >>> draw_number("caption/1", "toy/0") == draw_number("caption/1", "toy/0")
        True
    """
    digest = hashlib.sha256(f"{version}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def draw_place(count: int, version: str, key: str, repeat: int = 0) -> int:
    """A place among ``count``; repeats go on from it, so that each place comes before one again.

    Args:
        count: Places, at least one.
        version: Of what is drawn.
        key: What the first place is drawn from.
        repeat: For the how manieth time.

    Example:
        >>> sorted(draw_place(3, "caption/1", "toy/0", repeat) for repeat in range(3))
        [0, 1, 2]
    """
    return (draw_number(version, key) + repeat) % count


def key_of_repeat(key: str, repeat: int) -> str:
    """The key itself for the first time, another one for each repeat.

    Args:
        key: The same for all repeats.
        repeat: For the how manieth time.

    Example:
        >>> key_of_repeat("toy/0", 0), key_of_repeat("toy/0", 1)
        ('toy/0', 'toy/0#1')
    """
    return f"{key}#{repeat}" if repeat else key
