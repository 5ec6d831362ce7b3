from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.loops import measure_circle
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, moved, read_claim


def loop(stick_man, turns: float, radius: float = 0.25, flat: float = 1.0) -> Motion:
    """Seen from behind, a counterclockwise loop where ``turns`` is positive; 0.5 s of rest."""
    angle = 2 * np.pi * turns * np.clip((np.arange(60) - 8) / 44, 0, 1)
    path = np.stack([np.cos(angle), flat * np.sin(angle), 0 * angle], 1)
    return moved(stick_man, radius * path)


@pytest.mark.parametrize(("turns", "way"), [(1.0, "counterclockwise"), (-1.0, "clockwise")])
def test_a_loop_has_the_direction_seen_from_behind(stick_man, turns: float, way: str) -> None:
    motion = loop(stick_man, turns)
    other = {"clockwise": "counterclockwise", "counterclockwise": "clockwise"}[way]
    assert read_claim(measure_circle, claim("circle", "hand", direction=way), motion) == ""
    assert read_claim(measure_circle, claim("circle", "hand"), motion) == ""
    found = read_claim(measure_circle, claim("circle", "hand", direction=other), motion)
    assert found == f"it goes round {way}"


@pytest.mark.parametrize(
    ("turns", "radius", "flat"), [(0.5, 0.25, 1), (1, 0.05, 1), (1, 0.25, 0.2), (1, 0.25, 0)]
)
def test_half_a_turn_a_small_and_a_flat_loop_do_not_go_round(
    stick_man, turns: float, radius: float, flat: float
) -> None:
    found = read_claim(
        measure_circle, claim("circle", "hand"), loop(stick_man, turns, radius, flat)
    )
    assert found == "it does not go round"


def test_loops_are_counted(stick_man) -> None:
    motion = loop(stick_man, 2.0)
    assert read_claim(measure_circle, claim("circle", "hand", count=2), motion) == ""
    once = read_claim(measure_circle, claim("circle", "hand", count=2), loop(stick_man, 1.0))
    assert once == "it happens 1 times"


def test_the_other_side_and_the_unseen_do_not_go_round(stick_man) -> None:
    motion = loop(stick_man, 1.0)
    assert read_claim(measure_circle, claim("circle", "hand", "left"), motion) == (
        "the other side does it"
    )
    hidden = hide(motion, "right_wrist", "right_hand")
    assert read_claim(measure_circle, claim("circle", "hand"), hidden) == UNSEEN
    assert read_claim(measure_circle, claim("circle", "elbow"), motion) == UNKNOWN
