"""Which changes are on, and how far each goes: plain data, from a command line or a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from numbers import Real
from typing import Any

from skeletonllm.errors import StateError, UsageError

DEFAULTS: Mapping[str, float] = {
    "yaw": 30.0,
    "view": 10.0,
    "scale": 0.1,
    "speed": 0.15,
    "dropout": 0.1,
    "noise": 0.01,
    "mirror": 0.5,
}
"""How far a change goes where it is switched on by its name alone. Beyond 30 degrees of yaw a front
is seen as a profile; people's statures differ by 10 % and their pace by more; a centimetre is what
a depth sensor's joints tremble by."""

_MOST: Mapping[str, float] = {
    "yaw": 180.0,
    "view": 45.0,
    "scale": 0.5,
    "speed": 0.5,
    "dropout": 0.9,
    "noise": 0.2,
    "mirror": 1.0,
}


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How motions are changed; each change is off at 0.

    Args:
        yaw: Degrees to either side by which all bodies are turned about their vertical.
        view: Degrees by which the camera is raised or lowered; it rolls by a third of them.
        scale: By which share bodies grow or shrink: 0.1 is between 1/1.1 and 1.1 times.
        speed: By which share the motion is made faster or slower, likewise.
        dropout: Probability of a joint to be unobserved for a part of the clip.
        noise: Standard deviation of what is added to each coordinate of each joint, in metres.
            Where the unit is not the metre: in metres of an adult's body.
        mirror: Probability that left and right are exchanged, in the motion and in the words.

    Raises:
        UsageError: A value that is no number, or outside its range.

    Example:
        >>> Augmentation(yaw=30.0, mirror=0.5).describe()
        'yaw=30 mirror=0.5'
    """

    yaw: float = 0.0
    view: float = 0.0
    scale: float = 0.0
    speed: float = 0.0
    dropout: float = 0.0
    noise: float = 0.0
    mirror: float = 0.0

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and 0 <= value <= most):
                raise UsageError(
                    f"augmentation {name}={value!r}",
                    expected=f"a number from 0 (off) to {most:g}",
                    hint=f"{name}={DEFAULTS[name]:g} is usual.",
                )

    @property
    def is_on(self) -> bool:
        """Whether any change may be made."""
        return any(asdict(self).values())

    def describe(self) -> str:
        """What is on, as :meth:`parse` reads it; empty if nothing is."""
        return " ".join(f"{name}={value:g}" for name, value in asdict(self).items() if value)

    @classmethod
    def parse(cls, texts: str | Sequence[str]) -> Augmentation:
        """The augmentation that words of a command line ask for.

        Args:
            texts: Such as ``yaw=30 mirror=0.5``, in one text or several. A name alone stands for
                its value in :data:`DEFAULTS`.

        Raises:
            UsageError: An unknown name, a name twice, or no number.

        Example:
            >>> Augmentation.parse(("yaw=20", "noise")).describe()
            'yaw=20 noise=0.01'
        """
        given = (texts,) if isinstance(texts, str) else texts
        values: dict[str, float] = {}
        for word in " ".join(given).replace(",", " ").split():
            name, value = _read_word(word)
            if name in values:
                raise UsageError(f"augmentation {name} twice", hint="Give each name once.")
            values[name] = value
        return cls(**values)

    def to_json(self) -> dict[str, float]:
        """Plain data, as stored in a checkpoint."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Augmentation:
        """Inverse of :meth:`to_json`; a change that is not named is off.

        Raises:
            StateError: A field that this version does not know, or a value that is no amount.
        """
        unknown = sorted(set(data) - {field.name for field in fields(cls)})
        if unknown:
            raise StateError(
                f"an augmentation with unknown fields {unknown}",
                expected=f"some of {', '.join(DEFAULTS)}",
                hint="It was written by another version of skeletonllm.",
            )
        try:
            return cls(**data)
        except UsageError as error:
            raise StateError(error.found, expected=error.expected) from None


def _read_word(word: str) -> tuple[str, float]:
    """Name and value of ``name=value``, or of a name alone."""
    name, equals, text = word.partition("=")
    if name not in DEFAULTS:
        near = get_close_matches(name, DEFAULTS, n=1)
        raise UsageError(
            f"unknown augmentation {name!r}",
            expected=f"some of {', '.join(DEFAULTS)}",
            hint=f"Did you mean {near[0]}={DEFAULTS[near[0]]:g}?" if near else None,
        )
    try:
        return name, float(text) if equals else DEFAULTS[name]
    except ValueError:
        raise UsageError(
            f"augmentation {word!r}",
            expected=f"a number, such as {name}={DEFAULTS[name]:g}",
        ) from None
