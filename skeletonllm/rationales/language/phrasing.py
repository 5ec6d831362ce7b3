"""How one clip is spoken of: of how many persons, and which of several words is taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Phrasing:
    """Fixes every choice of words of a rationale.

    Args:
        persons: In the clip; with one, nobody is called the first.
        variant: Two variants of one key differ in nearly every sentence.
        key: What else the choice depends on, such as the clip's id.
        measures: Whether measured amounts are told; no picture shows them.
    """

    persons: int = 1
    variant: int = 0
    key: str = ""
    measures: bool = False

    def pick(self, place: str, phrases: Sequence[T]) -> T:
        """One of the phrases: the next one with the next variant, from a start that is hashed.

        Args:
            place: Where in the rationale, such as the id of the step and the slot.
            phrases: At least one.

        Example:
            >>> Phrasing(key="a").pick("1", "xy") == Phrasing(key="a", variant=2).pick("1", "xy")
            True
        """
        digest = hashlib.sha256(f"{self.key}\0{place}".encode()).digest()
        return phrases[(int.from_bytes(digest[:4], "big") + self.variant) % len(phrases)]
