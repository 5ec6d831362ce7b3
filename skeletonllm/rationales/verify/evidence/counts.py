"""How exactly a count must be told: twice is twice, and of many nobody is sure of the last one."""

from __future__ import annotations

from skeletonllm.rationales.verify.intervals import Interval

SOMEWHERE = 0.6
"""A window that covers this share of the clip says "somewhere": it need not be filled, and one
episode claimed in it may be one of several."""
AT_SOME_TIME = 0.85
"""One that covers this share says "at some time": any of the movements in it may be meant, and
"once" names no number."""

_MANY = 3
"""From here on a count may be one off, and only where both are as many: two is not three."""
_SHARE = 0.15
"""Or this share of it: of twelve steps, nobody is sure of the first and the last."""


def says_somewhere(interval: Interval, frames: int) -> bool:
    """Whether a window covers so much of a clip that it names no time.

    Args:
        interval: The window.
        frames: Length of the clip.
    """
    return interval.last - interval.first > SOMEWHERE * frames


def says_at_some_time(interval: Interval, frames: int) -> bool:
    """Whether a window covers (nearly) all of a clip.

    Args:
        interval: The window.
        frames: Length of the clip.
    """
    return interval.last - interval.first >= AT_SOME_TIME * (frames - 1)


def find_miscount(told: int, seen: float, loose: float = 0.0) -> str:
    """What is wrong with a claimed number of times; empty if nothing.

    Args:
        told: The count of the claim.
        seen: How often it was measured; half cycles are halves.
        loose: How far it may be off in any case.
    """
    many = max(1.0, _SHARE * told) if min(told, seen) >= _MANY else 0.0
    return "" if abs(told - seen) <= max(loose, many) else f"it happens {round(seen)} times"


def find_happenings_fault(told: int, seen: int, interval: Interval, frames: int) -> str:
    """The same of things that happen one by one; said of all of a clip, "once" names no number.

    Args:
        told: The count of the claim.
        seen: How often it was seen.
        interval: Its window.
        frames: Length of the clip.
    """
    if told == 1 and seen >= 1 and says_at_some_time(interval, frames):
        return ""
    return find_miscount(told, seen)
