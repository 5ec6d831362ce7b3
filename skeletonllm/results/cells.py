"""What stands in the cell of a table."""

from __future__ import annotations

NOTHING = ""
"""In a cell that nobody measured."""


def show_percent(share: float | None) -> str:
    """A share in percent; empty where nobody measured it.

    Example:
        >>> show_percent(0.123), show_percent(None)
        ('12.3%', '')
    """
    return NOTHING if share is None else f"{share:.1%}"
