"""Measured amounts at the end of a clause, in one fixed form, written and read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skeletonllm.errors import UsageError

UNITS = ("metres", "statures", "degrees", "seconds")
_NUMBER = r"\d+(?:\.\d+)?"
_FORMS = {
    "metres": ("m", r"by (?P<amount>{n}) (?P<cm>c?)m"),
    "statures": ("% of body height", r"by (?P<amount>{n}) % of body height"),
    "degrees": ("degrees", r"(?:from (?P<before>{n}) to|by) (?P<amount>{n}) degrees"),
    "seconds": ("s", r"for (?P<amount>{n}) s"),
}
_PATTERNS = {
    unit: re.compile(rf" {pattern.replace('{n}', _NUMBER)}$")
    for unit, (_, pattern) in _FORMS.items()
}


@dataclass(frozen=True)
class Measure:
    """How far, how wide or how long; no picture shows it, so it is told only where asked for.

    Args:
        amount: Not negative; with ``before``, the angle in the end.
        unit: One of :data:`UNITS`.
        before: Angle in the beginning, where the unit is degrees.
    """

    amount: float
    unit: str
    before: float | None = None


def write_measure(measure: Measure) -> str:
    """``by 62 cm``, ``by 1.2 m``, ``from 160 to 85 degrees``, ``for 1.2 s``.

    Raises:
        UsageError: The unit is none of ours.
    """
    amount = measure.amount
    if measure.unit == "metres":
        return f"by {amount:.1f} m" if amount >= 0.995 else f"by {100 * amount:.0f} cm"
    if measure.unit == "statures":
        return f"by {100 * amount:.0f} % of body height"
    if measure.unit == "seconds":
        return f"for {amount:.1f} s"
    if measure.unit == "degrees":
        start = "by" if measure.before is None else f"from {measure.before:.0f} to"
        return f"{start} {amount:.0f} degrees"
    raise UsageError(f"the unit {measure.unit!r}", expected=f"one of {', '.join(UNITS)}")


def cut_measure(text: str) -> tuple[str, Measure | None]:
    """A clause without the measure at its end, and that measure.

    Example:
        >>> cut_measure("the right knee bends from 160 to 85 degrees")
        ('the right knee bends', Measure(amount=85.0, unit='degrees', before=160.0))
    """
    for unit, pattern in _PATTERNS.items():
        if found := pattern.search(text):
            groups = found.groupdict()
            before = float(groups["before"]) if groups.get("before") else None
            scale = 0.01 if groups.get("cm") or unit == "statures" else 1.0
            return text[: found.start()], Measure(float(found["amount"]) * scale, unit, before)
    return text, None
