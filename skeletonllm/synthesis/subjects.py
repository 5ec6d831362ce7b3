"""Subjects: people who differ in size, proportions and speed, each fixed by a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Subject:
    """Who performs a motion.

    Args:
        id: Number of the subject, as in ``P003``.
        stature: Height in metres.
        legs: Leg length relative to the average person of this stature.
        arms: Arm length, likewise.
        shoulders: Shoulder and hip width, likewise.
        speed: 1 is average; 1.2 does everything in 1/1.2 of the time.
    """

    id: int
    stature: float = 1.72
    legs: float = 1.0
    arms: float = 1.0
    shoulders: float = 1.0
    speed: float = 1.0

    @classmethod
    def from_id(cls, number: int) -> Subject:
        """The subject of this number, always the same one.

        Example:
            >>> Subject.from_id(3) == Subject.from_id(3)
            True
        """
        rng = np.random.default_rng([number, 0x5EED])
        legs, arms, shoulders = 1 + rng.uniform(-0.04, 0.04, 3) * (1.0, 1.0, 2.0)
        return cls(
            id=number,
            stature=float(rng.uniform(1.52, 1.92)),
            legs=float(legs),
            arms=float(arms),
            shoulders=float(shoulders),
            speed=float(rng.uniform(0.8, 1.25)),
        )
