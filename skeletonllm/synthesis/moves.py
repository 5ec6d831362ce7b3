"""Moves: the alphabet actions are written in, and the truths that writing them implies.

A channel is what one body part does over time (see :class:`skeletonllm.synthesis.body.Posture`).
Actions speak of the ``near`` side, the one that acts, and the ``far`` one, so that one text serves
both hands. Times are fractions of the clip. Angles are degrees, lengths those of ``Posture``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from skeletonllm.synthesis.body import ARM, Array

Target = tuple[float, ...]

HANGING: Target = (7.0, 60.0, 0.97)
REST: dict[str, Target] = {
    "near_arm": HANGING,
    "far_arm": HANGING,
    "near_leg": (0.0, 0.0, 0.0),
    "far_leg": (0.0, 0.0, 0.0),
    "pelvis": (0.0, 0.0, 0.0),
    "torso": (0.0, 0.0, 0.0),
    "head": (0.0,),
    "travel": (0.0,),
}
"""Channels and their values in a person who stands; ``travel`` is leg lengths ahead."""


@dataclass(frozen=True)
class Claim:
    """What a move means in words: ``near hand`` ``raise`` ``above the head``.

    Args:
        motion: One of raise, lower, bend, extend, approach, step.
        part: ``near``, ``far`` or nothing, and a joint or part: ``near hand``, ``torso``.
        target: What is reached or approached.
    """

    motion: str
    part: str
    target: str = ""


Spans = list[tuple[Claim, float, float]]


class Element(Protocol):
    """One line of an action: it bends channels, and knows what it claims."""

    @property
    def person(self) -> int:
        """Row of the person who does it."""

    def apply(self, channels: dict[str, Array], u: Array) -> None:
        """Change the channels in place; ``u`` [T] runs from 0 to 1 over the clip.

        Args:
            channels: Values over the clip by name, each [T, n].
            u: Time of each frame as a fraction of the clip, [T].
        """

    def claims_at(self) -> Spans:
        """Claims with their start and end as fractions of the clip."""


@dataclass(frozen=True)
class Move:
    """A channel goes to a value and stays there."""

    channel: str
    to: Target
    start: float
    end: float
    claims: tuple[Claim, ...] = ()
    person: int = 0

    def apply(self, channels: dict[str, Array], u: Array) -> None:
        """Blend towards the value along a minimum-jerk curve.

        Args:
            channels: Values over the clip by name, each [T, n].
            u: Time of each frame as a fraction of the clip, [T].
        """
        value = channels[self.channel]
        blend = ease((u - self.start) / (self.end - self.start))[:, None]
        channels[self.channel] = value + (np.asarray(self.to) - value) * blend

    def claims_at(self) -> Spans:
        """Each claim over the time of the move."""
        return [(claim, self.start, self.end) for claim in self.claims]


@dataclass(frozen=True)
class Swing:
    """A channel swings around where it is: ``amplitude * sin(2 pi (cycles t + phase))``.

    Args:
        one_way: Only the positive half, as when a foot can leave the floor but not enter it.
        up: What is claimed of each rise of the sine, from its minimum to its maximum.
        down: What is claimed of each fall.
    """

    channel: str
    amplitude: Target
    cycles: float
    start: float
    end: float
    phase: float = 0.0
    one_way: bool = False
    up: tuple[Claim, ...] = ()
    down: tuple[Claim, ...] = ()
    person: int = 0

    def apply(self, channels: dict[str, Array], u: Array) -> None:
        """Add the swing, faded in and out so that nothing jumps.

        Args:
            channels: Values over the clip by name, each [T, n].
            u: Time of each frame as a fraction of the clip, [T].
        """
        t = (u - self.start) / (self.end - self.start)
        wave = np.sin(2 * np.pi * (self.cycles * t + self.phase))
        wave = np.maximum(wave, 0.0) ** 1.5 if self.one_way else wave
        window = ease(t / 0.12) * ease((1 - t) / 0.12)
        channels[self.channel] = channels[self.channel] + (wave * window)[:, None] * np.asarray(
            self.amplitude
        )

    def claims_at(self) -> Spans:
        """Rises and falls that lie wholly inside the swing."""
        rise, fall = (0.0, 0.5) if self.one_way else (-0.25, 0.75)
        spans: Spans = []
        for claims, first, last in ((self.up, rise, 0.25), (self.down, 0.25, fall)):
            for cycle in range(-1, int(np.ceil(self.cycles)) + 1):
                begin = (cycle + first - self.phase) / self.cycles
                finish = (cycle + last - self.phase) / self.cycles
                if begin >= -1e-9 and finish <= 1 + 1e-9:
                    spans += [(claim, self._at(begin), self._at(finish)) for claim in claims]
        return spans

    def _at(self, t: float) -> float:
        return self.start + t * (self.end - self.start)


@dataclass(frozen=True)
class Gait:
    """Steps: each foot stays where it stands until its own step; the body moves on evenly.

    Args:
        distance: Leg lengths ahead; negative walks backwards.
        steps: How many; the near foot goes first.
        lift: Height of a step in leg lengths.
        towards: What is approached, for the claim.
        swing_arms: Degrees the arms swing against the legs.
    """

    distance: float
    steps: int
    start: float
    end: float
    lift: float = 0.1
    towards: str = ""
    swing_arms: float = 0.0
    person: int = 0

    def apply(self, channels: dict[str, Array], u: Array) -> None:
        """Move the body and both feet.

        Args:
            channels: Values over the clip by name, each [T, n].
            u: Time of each frame as a fraction of the clip, [T].
        """
        t = np.clip((u - self.start) / (self.end - self.start), 0.0, 1.0)
        travelled = self.distance * (0.6 * t + 0.4 * ease(t))
        channels["travel"] = channels["travel"] + travelled[:, None]
        for first, foot in enumerate(("near", "far")):
            ahead, lifted = self._foot(first, t)
            shift = np.stack([0 * t, self.lift * lifted, ahead - travelled], 1)
            channels[f"{foot}_leg"] = channels[f"{foot}_leg"] + shift
        swing = -self.swing_arms * np.cos(np.pi * self.steps * t) * ease(4 * t) * ease(4 * (1 - t))
        for arm, sign in (("near", -1.0), ("far", 1.0)):
            raised = channels[f"{arm}_arm"] + np.stack([0 * t, 0 * t, -0.004 * np.abs(swing)], 1)
            channels[f"{arm}_arm"] = swung(raised, sign * swing)

    def _foot(self, first: int, t: Array) -> tuple[Array, Array]:
        """How far ahead of the start, and height 0..1, of the foot that takes every second step."""
        ahead, lifted = np.zeros_like(t), np.zeros_like(t)
        for step in range(first, self.steps, 2):
            along = np.clip(t * self.steps - step, 0.0, 1.0)
            plant = self.distance * min((step + 1.5) / self.steps, 1.0)
            ahead = ahead + (plant - ahead) * ease(along)
            lifted = lifted + np.sin(np.pi * along) * (along < 1)
        return ahead, lifted

    def claims_at(self) -> Spans:
        """Every step with its foot, and the approach as a whole."""
        length = (self.end - self.start) / self.steps
        spans: Spans = [
            (
                Claim("step", f"{('near', 'far')[step % 2]} foot"),
                self.start + step * length,
                self.start + (step + 1) * length,
            )
            for step in range(self.steps)
        ]
        if self.towards:
            spans.append((Claim("approach", "body", self.towards), self.start, self.end))
        return spans


def perform(elements: tuple[Element, ...], u: Array) -> dict[str, Array]:
    """All channels over the clip, each [T, n]; elements apply in the order they are written.

    Args:
        elements: What is done; later ones build on earlier ones.
        u: Time of each frame as a fraction of the clip, [T].
    """
    channels = {name: np.tile(np.asarray(v, np.float64), (len(u), 1)) for name, v in REST.items()}
    for element in elements:
        element.apply(channels, u)
    return channels


def ease(t: Array) -> Array:
    """Minimum-jerk curve from 0 to 1 (Flash and Hogan, 1985), flat outside."""
    t = np.clip(t, 0.0, 1.0)
    return t**3 * (10 - 15 * t + 6 * t**2)


def swung(arm: Array, forward: Array) -> Array:
    """An arm channel near hanging, swung ``forward`` degrees in the walking plane.

    Args:
        arm: An arm channel, [T, n].
        forward: Degrees; negative is back.
    """
    raised, spread = np.radians(arm[:, 0]), np.radians(arm[:, 1])
    ahead = np.sin(raised) * np.cos(spread) + np.sin(np.radians(forward))
    outward = np.sin(raised) * np.sin(spread)
    down = np.sqrt(np.maximum(1 - np.minimum(ahead**2 + outward**2, 1.0), 0.0))
    angle = np.degrees(np.arctan2(np.hypot(ahead, outward), down))
    return np.stack([angle, np.degrees(np.arctan2(outward, ahead)), arm[:, 2]], 1)


def aim(outward: float, up: float, forward: float) -> Target:
    """Arm target from the wrist's offset to its shoulder, in statures of an average body.

    Args:
        outward: To the arm's own side, in statures.
        up: Likewise.
        forward: Likewise.

    Example:
        >>> tuple(round(x, 2) for x in aim(0, 0, 0.329))
        (90.0, 0.0, 1.0)
    """
    length = float(np.linalg.norm((outward, up, forward)))
    raised = float(np.degrees(np.arccos(-up / length)))
    return raised, float(np.degrees(np.arctan2(outward, forward))), min(length / ARM, 1.0)


def already(channel: str, to: Target, person: int = 0) -> Move:
    """The clip starts with this channel there.

    Args:
        channel: Name of the channel.
        to: Its value.
        person: Row of the person.
    """
    return Move(channel, to, -1.0, 0.0, person=person)
