"""A family of phrases: sentences with slots that all say one kind of claim."""

from __future__ import annotations

from dataclasses import dataclass

SIDED = ("left", "right", "both")
_ALL = (*SIDED, "centre")


@dataclass(frozen=True)
class Family:
    """Phrases of one motion, and of which claims they are true.

    In a phrase ``[rise]`` is a verb that is inflected. ``{part}`` is the part as the subject,
    ``{who}`` its owner, and ``{own}`` the part as an object of the owner. The other slots are left
    out where the claim is silent, or bring their own space: ``{pace}``, ``{way}`` (direction),
    ``{to}`` and ``{at}`` (level), ``{push}`` (level or person), ``{times}``, ``{steps}`` and
    ``{rounds}`` (count). ``{target}`` is always there. A phrase that begins with ``{part}`` has a
    plural verb where the side is both.

    Args:
        motion: Of the claims.
        phrases: That say them.
        parts: Of the claims; names parted by spaces.
        sides: Of the claims; a part without one has ``centre``.
        direction: That the words themselves tell; None where a slot tells it, or nothing.
    """

    motion: str
    parts: str
    phrases: tuple[str, ...]
    sides: tuple[str, ...] = _ALL
    direction: str | None = None
