"""Conditions of an evaluation: in what way the motion that a model is shown is not the clip's own.

The question and the right answer stay. What an answer loses under a condition says how much of it
came from what the condition takes away (docs/EVALUATION.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.augmentation.sensing import add_noise, hide_joints, measure_metre
from skeletonllm.augmentation.turns import is_flat, turn_bodies
from skeletonllm.errors import UsageError
from skeletonllm.motion import BoolArray, Motion
from skeletonllm.normalize.frames import resample
from skeletonllm.tasks.draws import draw_number

Change = Callable[[Motion, float, np.random.Generator], Motion]


@dataclass(frozen=True)
class Condition:
    """One condition; :func:`parse_condition` makes it of its name.

    Args:
        kind: A name of :data:`CHANGES` or of :data:`WITHOUT_AMOUNT`.
        amount: How far the change goes, in the unit that the kind names; 0 where it has none.

    Example:
        >>> parse_condition("joint_dropout=0.30").name
        'joint_dropout=0.3'
    """

    kind: str
    amount: float = 0.0

    @property
    def name(self) -> str:
        """The text that gives this condition, the same for each way to write its number."""
        number = repr(self.amount).removesuffix(".0")
        return f"{self.kind}={number}" if self.kind in CHANGES else self.kind

    @property
    def shows_own(self) -> bool:
        """Whether the model is shown this clip, changed or not; else whoever evaluates sees to it:
        ``exchanged`` shows another clip, ``blind`` shows none."""
        return self.kind not in ("exchanged", "blind")

    def is_shown_by(self, camera: str, space: str) -> bool:
        """Whether a renderer's camera lets the change be seen.

        Camera ``fit`` goes to the front of the persons in world space, so that it undoes a turn
        there: a score would then say of a turned clip what it says of the clip's own.

        Args:
            camera: Of :class:`skeletonllm.draction.config.DrActionConfig`.
            space: Of a motion.
        """
        return not (self.kind == "turn_degrees" and camera == "fit" and space == "world")

    def apply(self, motion: Motion, key: str) -> Motion:
        """The motion to show; the same for the same motion and key, in any process.

        Args:
            motion: The clip's own.
            key: The clip's name: joints and noise are drawn from it, alike for all amounts.

        Raises:
            UsageError: The condition suits no such motion, or leaves nothing of it to be seen.
        """
        if not self.shows_own:
            raise UsageError(
                f"condition {self.name!r} changes no motion",
                hint="Whoever evaluates shows another clip, or none.",
            )
        if self.kind not in CHANGES:
            return motion
        change = CHANGES[self.kind].change
        rng = np.random.default_rng(draw_number(f"{self.kind}/1", key))
        changed = change(motion, self.amount, rng)
        if motion.observed.any() and not changed.observed.any():
            raise UsageError(
                f"{self.name} leaves no joint to be seen", where=key, hint="Ask for less of it."
            )
        return changed


@dataclass(frozen=True)
class AmountRange:
    """A kind of condition with an amount.

    Args:
        least: The smallest amount.
        most: The greatest.
        meaning: What the amount is, as the end of a sentence.
        change: Motion, amount and generator -> motion; alike draws for all amounts.
    """

    least: float
    most: float
    meaning: str
    change: Change


def parse_condition(text: str) -> Condition:
    """The condition of a name, such as ``own``, ``noise_cm=5`` or ``blind``.

    Args:
        text: ``kind``, or ``kind=number`` for a kind with an amount.

    Raises:
        UsageError: An unknown kind, a number that lacks or is too much, or one out of range.

    Example:
        >>> parse_condition("turn_degrees=45")
        Condition(kind='turn_degrees', amount=45.0)
    """
    kind, equals, number = (part.strip() for part in text.partition("="))
    if kind in WITHOUT_AMOUNT and not equals:
        return Condition(kind)
    if kind not in CHANGES:
        raise UsageError(f"condition {text!r}", expected=f"one of {_tell_known()}")
    known = CHANGES[kind]
    try:
        amount = float(number)
    except ValueError:
        amount = math.nan
    if not known.least <= amount <= known.most:
        raise UsageError(
            f"condition {text!r}",
            expected=f"{kind}=NUMBER, {_tell_range(kind)}",
            hint=f"All conditions: {_tell_known()}.",
        )
    return Condition(kind, amount + 0.0)  # -0 is 0


def _drop_joints(motion: Motion, share: float, rng: np.random.Generator) -> Motion:
    """Some of the joints that each person was ever seen with are hidden, from end to end.

    Each person's joints have an order; the first of them are hidden. So what a smaller share hides,
    a greater one hides too.
    """
    draws = rng.random((motion.num_persons, motion.num_joints))
    ever_seen: BoolArray = np.logical_or.reduce(motion.observed, axis=0)  # [P, J]
    # A joint that was never seen goes to the end of the order: hiding it would take nothing away.
    order = np.where(ever_seen, draws, 2.0).argsort(axis=1)
    hidden = np.zeros(ever_seen.shape, np.bool_)
    for person, joints in enumerate(order):
        count = round(share * int(ever_seen[person].sum()))
        hidden[person, joints[:count]] = True
    everywhere = np.broadcast_to(hidden, motion.confidence.shape)
    return hide_joints(motion, everywhere) if hidden.any() else motion


def _add_noise(motion: Motion, centimetres: float, rng: np.random.Generator) -> Motion:
    if not centimetres:
        return motion
    if measure_metre(motion) == 0.0 and motion.observed.any():
        raise UsageError(
            "a motion without a unit, in which no body is seen whose size gives one",
            hint="Noise in centimetres has no meaning here: leave the clip out.",
        )
    # A joint that trembles has no orientation that would still be true.
    return add_noise(replace(motion, orientations=None), centimetres / 100, rng)


def _lower_rate(motion: Motion, factor: float, _: np.random.Generator) -> Motion:
    return resample(motion, motion.fps * factor)


def _turn(motion: Motion, degrees: float, _: np.random.Generator) -> Motion:
    if is_flat(motion):
        raise UsageError(
            "a motion in the plane of an image cannot be turned",
            expected="a motion in three dimensions",
            hint="Leave turn_degrees out for 2D corpora.",
        )
    rest = math.fmod(degrees, 360.0)
    return turn_bodies(motion, yaw=math.radians(rest)) if rest else motion


CHANGES: dict[str, AmountRange] = {
    "joint_dropout": AmountRange(
        0.0,
        0.5,
        "the share of each person's joints that is hidden for the whole clip",
        _drop_joints,
    ),
    "noise_cm": AmountRange(
        0.0,
        10.0,
        "the standard deviation of Gaussian noise on each coordinate, in centimetres; of an "
        "adult's body where a corpus has no unit",
        _add_noise,
    ),
    "frame_rate": AmountRange(
        0.1, 1.0, "the frame rate as a factor; the duration stays", _lower_rate
    ),
    "turn_degrees": AmountRange(
        -360.0, 360.0, "the angle by which the bodies are turned about the vertical", _turn
    ),
}
"""The kinds with an amount. Beyond half of the joints, 10 cm or a tenth of the rate people do not
know the action either, so that a model's loss there would say nothing."""

WITHOUT_AMOUNT = ("own", "exchanged", "blind")
"""The kinds without: the clip as it is, another clip in its place, and no picture at all."""


def _tell_range(kind: str) -> str:
    known = CHANGES[kind]
    return f"from {known.least:g} to {known.most:g}: {known.meaning}"


def _tell_known() -> str:
    ranges = [f"{kind}={known.least:g}..{known.most:g}" for kind, known in CHANGES.items()]
    return ", ".join((*WITHOUT_AMOUNT, *ranges))
