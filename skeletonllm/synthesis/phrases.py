"""Phrases: postures and claims that many actions share."""

from __future__ import annotations

from skeletonllm.synthesis.moves import Claim, Element, Move, Target, aim

OVERHEAD: Target = (165.0, 60.0, 0.98)
AHEAD: Target = (88.0, 4.0, 0.98)
CHEST = aim(-0.04, -0.07, 0.2)
HIP = aim(0.045, -0.215, 0.02)


def raises(part: str, target: str = "") -> Claim:
    """The part goes up.

    Args:
        part: Such as ``hand``.
        target: Where to, in words; empty if nothing is claimed.
    """
    return Claim("raise", part, target)


def lowers(part: str, target: str = "") -> Claim:
    """The part goes down.

    Args:
        part: Such as ``hand``.
        target: Where to, in words; empty if nothing is claimed.
    """
    return Claim("lower", part, target)


def bends(*parts: str) -> tuple[Claim, ...]:
    """The joints close."""
    return tuple(Claim("bend", part) for part in parts)


def extends(*parts: str) -> tuple[Claim, ...]:
    """The joints open."""
    return tuple(Claim("extend", part) for part in parts)


def both(part: str) -> tuple[str, str]:
    """The part on both sides."""
    return f"near {part}", f"far {part}"


def both_arms(
    to: Target, start: float, end: float, *claims: Claim, person: int = 0
) -> tuple[Element, ...]:
    """Both arms do the same; claims that name the near hand hold for the far one, too.

    Args:
        to: Value of the arm channels.
        start: Fraction of the clip.
        end: Likewise.
        claims: What is true of the near hand.
        person: Row of the person.
    """
    return tuple(
        Move(
            f"{arm}_arm",
            to,
            start,
            end,
            tuple(Claim(c.motion, c.part.replace("near", arm), c.target) for c in claims),
            person,
        )
        for arm in ("near", "far")
    )
