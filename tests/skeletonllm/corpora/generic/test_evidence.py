from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.generic.evidence import hint_missing, hint_unit, hint_up

BODY = np.array([[0, 1.7, 0], [0.1, 0.1, 0], [-0.1, 0.1, 0]])
JOINTS = ("head", "left_ankle", "right_ankle")


@pytest.mark.parametrize(
    ("scale", "told"),
    [
        (1, "likely m"),
        (100, "likely cm"),
        (1000, "likely mm"),
        (39.4, "likely inch"),
        (0.001, "no unit fits a person"),
    ],
)
def test_units_by_the_size_of_a_body(scale: float, told: str) -> None:
    assert told in hint_unit(BODY[None] * scale)


def test_pictures() -> None:
    assert "likely share" in hint_unit(np.full((1, 3, 2), 0.5))
    assert "likely px" in hint_unit(np.full((1, 3, 2), 300.0))
    assert hint_unit(np.full((1, 3, 2), np.nan)) == "no number is there"


@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (1, 1), (2, 1), (2, -1)])
def test_up_by_the_head_above_the_feet(axis: int, sign: int) -> None:
    body = np.roll(BODY, axis - 1, -1) * sign
    up, why = hint_up(np.stack([body] * 5), JOINTS)
    assert up == ("-" if sign < 0 else "") + "xyz"[axis]
    assert why.endswith("in 100% of the frames")


def test_nobody_who_tumbles_tells_up() -> None:
    frames = np.stack([BODY, np.roll(BODY, 1, -1), np.roll(BODY, 2, -1)])
    assert hint_up(frames, JOINTS) == ("", "")
    assert hint_up(frames, ("left_hand", "right_hand", "left_knee")) == ("", "")


def test_marks() -> None:
    frames = np.stack([BODY] * 3)
    assert hint_missing(frames) == ([], "")
    frames[1, 0], frames[2, 1] = -1, 0
    found, why = hint_missing(frames)
    assert found == [0.0, -1.0]
    assert why == "1 joints at 0 in all coordinates; 1 joints at -1 in all coordinates"
