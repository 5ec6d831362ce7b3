"""What an action is: moves of one or two bodies, where they stand, and how people say it."""

from __future__ import annotations

from dataclasses import dataclass

from skeletonllm.synthesis.moves import Element


@dataclass(frozen=True)
class Place:
    """Where a person starts in the scene.

    Args:
        across: Metres from the middle, to the left of a person who faces the sensor.
        near: Metres from the middle towards the sensor.
        heading: Degrees the person is turned to the own left; 0 faces the sensor.
    """

    across: float = 0.0
    near: float = 0.0
    heading: float = 0.0


def place_face_to_face(metres: float) -> tuple[Place, Place]:
    """Two people who look at each other across the picture."""
    return Place(across=metres / 2, heading=-90.0), Place(across=-metres / 2, heading=90.0)


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Args:
        name: Its name in its benchmark, exactly.
        elements: Moves of all persons, in the order they apply.
        captions: Sentences; ``{near}`` and ``{far}`` become left and right.
        seconds: Duration at average speed.
        ntu_id: 1-based action number in NTU RGB+D 120, if it is one of them.
        nw_ucla_id: The a-number of NW-UCLA's file names, if it is one of them.
        places: One for each person.
    """

    name: str
    elements: tuple[Element, ...]
    captions: tuple[str, ...]
    seconds: float = 2.5
    ntu_id: int | None = None
    nw_ucla_id: int | None = None
    places: tuple[Place, ...] = (Place(),)

    @property
    def persons(self) -> int:
        """How many people take part."""
        return len(self.places)

    def make_sentences(self, near: str) -> tuple[str, ...]:
        """The captions for the acting side ``left`` or ``right``."""
        far = "right" if near == "left" else "left"
        return tuple(caption.format(near=near, far=far) for caption in self.captions)
