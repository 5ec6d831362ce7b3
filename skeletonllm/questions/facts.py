"""What questions about a clip are made of: clear and true claims, those that matter most first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from skeletonllm.kinematics import Event
from skeletonllm.motion import Motion
from skeletonllm.questions.draft import Hypothesis
from skeletonllm.questions.people import Cast
from skeletonllm.questions.words import AIMED, capitalize, is_asked, simplify
from skeletonllm.rationales.language import Phrasing
from skeletonllm.rationales.language.forms import find_form_fault
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.teachers.kinematic import Told, find_told
from skeletonllm.tasks.draws import draw_number

CLEAR = 1.5
"""Times the least change that counts: what is just over it may be missed, or be noise, and who
looks at the picture is asked what can be seen."""
CLEAR_CYCLE = 2.5
"""The same of what goes to and fro: 13 cm of a person of 1.7 m; any walk makes less of it."""
CLEAR_FOOT = 2.0
"""The same of a foot that goes up or down, 20 cm: ankles of a Kinect jump most."""
CLEAR_S = 0.2
"""Shorter events are half of them jumps of a joint."""
OTHER_SIDE = {"left": "right", "right": "left"}
_COUNTS = (2, 3, 5, 7, 9, 11)
"""Numbers of cycles that, with what the judge allows for, stand for every number up to twelve."""


@dataclass(frozen=True)
class Fact:
    """A claim that may be asked about.

    Args:
        step: As it is asked about (:func:`skeletonllm.questions.words.simplify`); true.
        told: As it was found, with level and count.
        event: What it was made from.
    """

    step: Step
    told: Step
    event: Event

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.step.end_s - self.step.start_s


@dataclass(frozen=True)
class Facts:
    """One person of one clip, as questions see it.

    Args:
        key: Of the clip: what every draw depends on.
        motion: Of all persons.
        cast: Who is there.
        person: Row of the one who is asked about.
        told: What a rationale would tell, of all persons.
        facts: Clear ones of this person, those that set the clip apart first.
        opening: Said before each question: whom it is about; empty of one person alone.
    """

    key: str
    motion: Motion
    cast: Cast
    person: int
    told: Told
    facts: tuple[Fact, ...]
    opening: str = ""

    @property
    def _name(self) -> str:
        """Of the person in this clip; neither the row nor the place, so that a file in another
        order, or a mirror, changes no draw.
        """
        return f"{self.key}\0{self.cast.rows.index(self.person)}"

    @property
    def whole(self) -> tuple[float, float]:
        """All of the clip, in seconds."""
        return 0.0, self.motion.duration_s

    def phrasing(self, kind: str, number: int) -> Phrasing:
        """The choice of words of one draft.

        Args:
            kind: Of the question.
            number: Of the draft among those of its kind.
        """
        return Phrasing(key=f"{self._name}\0{kind}\0{number}")

    def draw(self, count: int, kind: str, number: int) -> int:
        """A number below ``count``, drawn from the clip's name.

        Args:
            count: At least one.
            kind: What for.
            number: Of the draft.
        """
        return draw_number(kind, f"{self._name}\0{number}") % count

    def ask(self, text: str) -> str:
        """The question with its opening and a capital letter."""
        return f"{self.opening}{capitalize(text)}"


def find_facts(key: str, motion: Motion, cast: Cast) -> tuple[Facts, ...]:
    """The facts of each person who may be asked about.

    Args:
        key: Name of the clip.
        motion: Of all persons.
        cast: Who is there.
    """
    told = find_told(motion)
    found = []
    for row in cast.rows:
        place = cast.places.get(row, "")
        opening = f"Look at {place}. " if place else ""
        found.append(Facts(key, motion, cast, row, told, _select(told, row, cast), opening))
    return tuple(found)


def _select(told: Told, person: int, cast: Cast) -> tuple[Fact, ...]:
    ordered = [(told.steps[i - 1], told.events[i - 1]) for i in told.main]
    every = [Fact(simplify(s), s, e) for s, e in ordered if s.person == person and is_asked(s)]
    return tuple(
        fact
        for fact in every
        if is_clear(fact.event) and is_meant(fact.step, cast) and not find_form_fault(fact.step)
    )


def is_clear(event: Event) -> bool:
    """Whether an event is large and long enough to be seen by whoever looks."""
    cycle = event.motion == "oscillate"
    foot = event.part == "foot" and event.motion in ("raise", "lower")
    least = CLEAR_CYCLE if cycle else CLEAR_FOOT if foot else CLEAR
    return event.prominence >= least and event.end_s - event.start_s >= CLEAR_S


def is_meant(step: Step, cast: Cast) -> bool:
    """Whether its words say whose target it is: of two persons, "the head" may be anybody's.

    Args:
        step: The claim.
        cast: Who is there.
    """
    aimed = step.motion in AIMED and len(cast.rows) > 1
    return not aimed or step.target.startswith("other person")


def say_somewhere(
    step: Step, when: tuple[float, float], *, cut: bool = False
) -> tuple[Hypothesis, ...]:
    """That a claim holds at some time, any number of times, whatever the other side does.

    Args:
        step: The claim; its window does not matter.
        when: Seconds, all of the clip.
        cut: They are not all of it, and nothing else is looked at.
    """
    wide = replace(step, start_s=when[0], end_s=when[1])
    counts = _COUNTS if step.motion == "oscillate" else (step.count,)
    return tuple(
        Hypothesis((replace(wide, count=count),), when if cut else None, one_side=True)
        for count in counts
    )


def happens_otherwise(facts: Facts, step: Step, **change: str) -> bool:
    """Whether a claim that differs was found of the same person at any time of the clip.

    Args:
        facts: Of the person.
        step: The claim.
        **change: Fields that differ, such as the side.
    """
    other = replace(step, **change)  # type: ignore[arg-type]
    return any(_is_as(simplify(c.step), other) for c in facts.told.candidates)


def _is_as(found: Step, other: Step) -> bool:
    one_side = found.side == other.side or "both" in (found.side, other.side)
    kind = (found.motion, found.part, found.person, found.direction, found.target)
    return one_side and kind == (
        *(other.motion, other.part, other.person, other.direction, other.target),
    )


def mirror_side(step: Step) -> Step:
    """The same of the other side; a direction stays as it is."""
    return replace(step, side=OTHER_SIDE.get(step.side, step.side))


def list_pairs(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Every pair, in order of time, those of facts that matter most first."""
    places = [(i + j, i, j) for j in range(len(facts)) for i in range(j)]
    for _, i, j in sorted(places):
        a, b = sorted((facts[i], facts[j]), key=lambda f: (f.step.start_s, f.step.end_s))
        yield a, b
