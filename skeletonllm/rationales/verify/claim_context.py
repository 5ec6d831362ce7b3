"""What a claim is about, and the signal that must rise if it is true.

Lengths are in statures, angles in degrees. A claim may have several measurements (a hand is lowered
against the pelvis, or towards the floor); one that holds is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.intervals import Interval, Rise

LEVEL = np.array([1.0, 0.0, 1.0])
"""Multiplies a path into its shadow on the floor."""
LEAST_OWN = 0.3
"""Least share of a closing gap that the named person must make; who waits makes none."""


@dataclass(frozen=True)
class Measurement:
    """One measurement of a claim about one side.

    Args:
        signal: Given the interval, the signal [T] that rises if the claim is true.
        threshold: The least rise that counts.
        flat: Whether depth is hidden.
        rival: The same claim about the other side.
        own: How much of a rise is the part's own doing, where two move.
        least_own: Share of a rise that must be its own doing.
        where: What is wrong with where a rise leads; empty if nothing.
        times: How often it happens in the interval, where that is not the number of rises.
    """

    signal: Callable[[Interval], Array]
    threshold: float
    flat: bool
    rival: Measurement | None = None
    own: Callable[[Rise], float] | None = None
    where: Callable[[Rise], str] | None = None
    times: Callable[[Interval], int] | None = None
    least_own: float = LEAST_OWN


@dataclass(frozen=True)
class Observation:
    """What was seen of a claim that is no rise of one signal: a contact, a loop, a stroke.

    Args:
        amount: How much of what was claimed, in statures, degrees, turns or times.
        fault: What was seen instead, as :class:`Verdict` says it; empty if the claim holds.
        onset: Frame at which it begins; None if it does not happen.
        seen: Share of the interval in which the joints were observed, 0..1.
    """

    amount: float
    fault: str = ""
    onset: int | None = None
    seen: float = 1.0


@dataclass(frozen=True)
class Inspection:
    """A look at an interval as a whole, where a claim is no rise of one signal.

    Args:
        observe: Given the interval, what was seen there.
        flat: Whether depth is hidden, and what is not seen may still be true.
    """

    observe: Callable[[Interval], Observation]
    flat: bool


@dataclass(frozen=True)
class ClaimContext:
    """A claim about one side of one body: ``left``, ``right`` or empty for central parts."""

    step: Step
    body: Body
    others: Sequence[Body]
    side: str

    @property
    def flat(self) -> bool:
        """Whether depth is hidden."""
        return self.body.topology.dims == 2

    def named(self, point: str) -> str:
        """The point of this side."""
        return f"{self.side}_{point}" if self.side else point

    def compare(self, make: Callable[[ClaimContext], Measurement]) -> Measurement:
        """The measure of this side, with that of the other side as its rival.

        A claim of both sides has no rival: each has to hold by itself.
        """
        if not self.side or self.step.side == "both":
            return make(self)
        other = replace(self, side="left" if self.side == "right" else "right")
        return replace(make(self), rival=make(other))

    def axis(self) -> Array | None:
        """The claimed direction over time [T, 3]; None for up, down and none."""
        sign = -1.0 if self.step.direction in ("left", "back") else 1.0
        if self.step.direction in ("left", "right"):
            return self.body.right() * sign
        return self.body.forward() * sign if self.step.direction in ("forward", "back") else None


def ignore_window(signal: Array) -> Callable[[Interval], Array]:
    """A signal that is the same for every interval."""
    return lambda _: signal


def follow_its_way(path: Array) -> Callable[[Interval], Array]:
    """Progress [T] in the direction in which a path gets farthest inside the window.

    Args:
        path: [T, 3]; a level one gives level progress.
    """

    def signal(interval: Interval) -> Array:
        inside = path[interval.first : interval.last + 1]
        seen = inside[np.isfinite(inside).all(axis=1)]
        if not len(seen):
            return np.full(len(path), np.nan)
        shift = seen[int(np.argmax(np.linalg.norm(seen - seen[0], axis=1)))] - seen[0]
        along: Array = path @ (shift / max(float(np.linalg.norm(shift)), 1e-12))
        return along

    return signal
