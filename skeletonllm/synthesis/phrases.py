"""Phrases: postures and claims that many actions share."""

from __future__ import annotations

from skeletonllm.synthesis.moves import Claim, Element, Move, Target, aim_arm

OVERHEAD: Target = (165.0, 60.0, 0.98)
AHEAD: Target = (88.0, 4.0, 0.98)
CHEST = aim_arm(-0.04, -0.07, 0.2)
HIP = aim_arm(0.045, -0.215, 0.02)


def claim_raise(part: str, target: str = "") -> Claim:
    """A claim that a part goes up.

    Args:
        part: Such as ``near hand``.
        target: The level that it reaches.
    """
    return Claim("raise", part, target)


def claim_lower(part: str, target: str = "") -> Claim:
    """A claim that a part goes down.

    Args:
        part: Such as ``near hand``.
        target: The level that it reaches.
    """
    return Claim("lower", part, target)


def claim_bend(*parts: str) -> tuple[Claim, ...]:
    """Claims that these joints bend."""
    return tuple(Claim("bend", part) for part in parts)


def claim_extend(*parts: str) -> tuple[Claim, ...]:
    """Claims that these joints extend."""
    return tuple(Claim("extend", part) for part in parts)


def name_both_sides(part: str) -> tuple[str, str]:
    """The names of a part on the near and the far side."""
    return f"near {part}", f"far {part}"


def move_both_arms(
    to: Target, start: float, end: float, *claims: Claim, person: int = 0
) -> tuple[Element, ...]:
    """Moves of both arms that do the same.

    Args:
        to: Where they go.
        start: Share of the clip.
        end: Share of the clip.
        *claims: Of the near side; they hold for the far one, too.
        person: Whose arms.
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
