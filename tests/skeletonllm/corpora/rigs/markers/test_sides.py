from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.rigs.markers import name_markers
from skeletonllm.corpora.rigs.markers.sides import find_side

HIPS = ["LASI", "RASI", "LPSI", "RPSI"]
ARM = ["ACRO_tip", "EPICl", "WRIST", "INDEX"]
PLACES = np.array([[120, 0, 950], [-120, 0, 950], [60, -150, 980], [-60, -150, 980],
                   [200, 0, 1400], [230, 0, 1120], [240, 100, 870], [250, 150, 800.0]])  # fmt: skip


def side_of(labels: list[str], places: np.ndarray) -> str:
    names, _ = name_markers(labels)
    return find_side(labels, names, np.repeat(places[None, None], 6, 0))


@pytest.mark.parametrize(("turn", "side"), [((1, 1), "left"), ((-1, 1), "right"),
                                            ((1, -1), "left"), ((-1, -1), "right")])  # fmt: skip
def test_an_arm_without_a_side_is_where_it_is(turn: tuple[int, int], side: str) -> None:
    places = PLACES.copy()
    places[4:, 0] *= turn[0]
    places[:, :2] *= turn[1]  # the body faces the other way
    assert side_of([*HIPS, *ARM], places) == side
    names, unknown = name_markers([*HIPS, *ARM], side)
    assert unknown == []
    words = [name.partition(".")[0] for name in names]
    assert words[4:] == [f"{side}_{word}" for word in ("shoulder", "elbow", "wrist", "hand")]


def test_an_arm_that_hangs_in_the_middle_tells_nothing() -> None:
    places = PLACES.copy()
    places[4:, 0] = 10
    assert side_of([*HIPS, *ARM], places) == ""


def test_an_arm_that_is_everywhere_tells_nothing() -> None:
    labels = [*HIPS, *ARM]
    joints = np.repeat(PLACES[None, None], 6, 0)
    joints[:2, 0, 4:, 0] *= -1
    assert find_side(labels, name_markers(labels)[0], joints) == ""


def test_a_limb_whose_sides_are_known_has_no_third() -> None:
    labels = [*HIPS, *ARM[:3], "LELB"]
    assert side_of(labels, PLACES) == ""


def test_without_left_and_right_there_is_no_side() -> None:
    assert side_of([*ARM, "C7", "T10", "SACR", "STRN"], PLACES) == ""


def test_missing_points_say_nothing() -> None:
    labels = [*HIPS, *ARM]
    assert find_side(labels, name_markers(labels)[0], np.full((3, 1, 8, 3), np.nan)) == ""
