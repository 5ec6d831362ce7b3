"""Moves, of which actions are made, and the claims that are true of them by construction.

A channel is what one body part does over time (see :class:`skeletonllm.synthesis.body.Posture`).
Actions name the ``near`` side, which acts, and the ``far`` one, so that one action serves both
hands. Times are fractions of the clip. Angles are degrees, lengths those of ``Posture``.
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
    """One line of an action: it changes channels, and lists its claims."""

    @property
    def person(self) -> int:
        """Row of the person who does it."""

    def apply(self, channels: dict[str, Array], u: Array) -> None:
        """Change the channels in place.

        Args:
            channels: By name, [T, n] each.
            u: Time [T], from 0 to 1 over the clip.
        """

    def list_claims(self) -> Spans:
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
        """See :meth:`Element.apply`: blend towards the value along a minimum-jerk curve."""
        value = channels[self.channel]
        blend = interpolate_minimum_jerk((u - self.start) / (self.end - self.start))[:, None]
        channels[self.channel] = value + (np.asarray(self.to) - value) * blend

    def list_claims(self) -> Spans:
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
        """See :meth:`Element.apply`: add the swing, faded in and out so that nothing jumps."""
        t = (u - self.start) / (self.end - self.start)
        wave = np.sin(2 * np.pi * (self.cycles * t + self.phase))
        wave = np.maximum(wave, 0.0) ** 1.5 if self.one_way else wave
        window = interpolate_minimum_jerk(t / 0.12) * interpolate_minimum_jerk((1 - t) / 0.12)
        channels[self.channel] = channels[self.channel] + (wave * window)[:, None] * np.asarray(
            self.amplitude
        )

    def list_claims(self) -> Spans:
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
        """See :meth:`Element.apply`: move the body and both feet."""
        t = np.clip((u - self.start) / (self.end - self.start), 0.0, 1.0)
        travelled = self.distance * (0.6 * t + 0.4 * interpolate_minimum_jerk(t))
        channels["travel"] = channels["travel"] + travelled[:, None]
        for first, foot in enumerate(("near", "far")):
            ahead, lifted = self._foot(first, t)
            shift = np.stack([0 * t, self.lift * lifted, ahead - travelled], 1)
            channels[f"{foot}_leg"] = channels[f"{foot}_leg"] + shift
        swing = (
            -self.swing_arms
            * np.cos(np.pi * self.steps * t)
            * interpolate_minimum_jerk(4 * t)
            * interpolate_minimum_jerk(4 * (1 - t))
        )
        for arm, sign in (("near", -1.0), ("far", 1.0)):
            raised = channels[f"{arm}_arm"] + np.stack([0 * t, 0 * t, -0.004 * np.abs(swing)], 1)
            channels[f"{arm}_arm"] = swing_arm(raised, sign * swing)

    def _foot(self, first: int, t: Array) -> tuple[Array, Array]:
        """How far ahead of the start, and height 0..1, of the foot that takes every second step."""
        ahead, lifted = np.zeros_like(t), np.zeros_like(t)
        for step in range(first, self.steps, 2):
            along = np.clip(t * self.steps - step, 0.0, 1.0)
            plant = self.distance * min((step + 1.5) / self.steps, 1.0)
            ahead = ahead + (plant - ahead) * interpolate_minimum_jerk(along)
            lifted = lifted + np.sin(np.pi * along) * (along < 1)
        return ahead, lifted

    def list_claims(self) -> Spans:
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


def apply_elements(elements: tuple[Element, ...], u: Array) -> dict[str, Array]:
    """All channels over the clip, each [T, n].

    Args:
        elements: Change a standing person, in this order.
        u: Time [T], from 0 to 1.
    """
    channels = {name: np.tile(np.asarray(v, np.float64), (len(u), 1)) for name, v in REST.items()}
    for element in elements:
        element.apply(channels, u)
    return channels


def interpolate_minimum_jerk(t: Array) -> Array:
    """Minimum-jerk curve from 0 to 1 (Flash and Hogan, 1985), flat outside."""
    t = np.clip(t, 0.0, 1.0)
    return t**3 * (10 - 15 * t + 6 * t**2)


def swing_arm(arm: Array, forward: Array) -> Array:
    """An arm channel [T, 3], swung in the plane of walking.

    Args:
        arm: The channel, near hanging.
        forward: Degrees [T].
    """
    raised, spread = np.radians(arm[:, 0]), np.radians(arm[:, 1])
    ahead = np.sin(raised) * np.cos(spread) + np.sin(np.radians(forward))
    outward = np.sin(raised) * np.sin(spread)
    down = np.sqrt(np.maximum(1 - np.minimum(ahead**2 + outward**2, 1.0), 0.0))
    angle = np.degrees(np.arctan2(np.hypot(ahead, outward), down))
    return np.stack([angle, np.degrees(np.arctan2(outward, ahead)), arm[:, 2]], 1)


def aim_arm(outward: float, up: float, forward: float) -> Target:
    """Target of an arm whose wrist has this offset from its shoulder, in statures.

    Args:
        outward: Away from the body.
        up: Above the shoulder.
        forward: Before it.

    Example:
        >>> tuple(round(x, 2) for x in aim(0, 0, 0.329))
        (90.0, 0.0, 1.0)
    """
    length = float(np.linalg.norm((outward, up, forward)))
    raised = float(np.degrees(np.arccos(-up / length)))
    return raised, float(np.degrees(np.arctan2(outward, forward))), min(length / ARM, 1.0)


def start_at(channel: str, to: Target, person: int = 0) -> Move:
    """A move that has ended when the clip starts.

    Args:
        channel: Which one.
        to: Where it is then.
        person: Whose.
    """
    return Move(channel, to, -1.0, 0.0, person=person)
