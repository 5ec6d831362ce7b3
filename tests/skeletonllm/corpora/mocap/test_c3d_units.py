from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.mocap.c3d_units import (
    common_unit,
    is_impossible,
    is_small,
    likely_unit,
    needed_scale,
    read_units,
)

LEG = ["left_hip.ASI", "left_knee.KNE", "left_ankle.ANK", "right_hip.ASI", "right_knee.KNE"]
LEG_M = np.array([[0.1, 0.95, 0], [0.1, 0.5, 0], [0.1, 0.1, 0], [-0.1, 0.95, 0], [-0.1, 0.5, 0]])


def over_time(places: np.ndarray) -> np.ndarray:
    return np.repeat(places[None, None], 4, 0)


@pytest.mark.parametrize(("stated", "units", "places"), [
    (["mm"], [1e-3] * 3, [True] * 3),
    (["Millimeters"], [1e-3] * 3, [True] * 3),
    (["m m m"], [1.0] * 3, [True] * 3),
    (["mmmmmm"], [1e-3] * 3, [True] * 3),
    (["[cm]"], [1e-2] * 3, [True] * 3),
    (["mm mm deg"], [1e-3, 1e-3, None], [True, True, False]),
    (["in", "", "Nmm"], [0.0254, None, None], [True, True, False]),
    (["mm", "mm"], [1e-3, 1e-3, None], [True] * 3),
    (["parsec"], [None] * 3, [True] * 3),
    ([""], [None] * 3, [True] * 3),
    ([], [None] * 3, [True] * 3),
    (["mm"] * 9, [1e-3] * 3, [True] * 3),
])  # fmt: skip
def test_units_as_they_are_stated(
    stated: list[str], units: list[float | None], places: list[bool]
) -> None:
    assert read_units(stated, 3) == (units, places)


@pytest.mark.parametrize(
    "stated",
    [["mm", "deg", "N"], ["mm deg N"], ["mm", "deg", "Nmm", "W/kg"], ["mm", "mm"], ["deg", "mm"]],
)
def test_a_short_list_of_units_gives_one_to_all_points(stated: list[str]) -> None:
    assert read_units(stated, 34) == ([1e-3] * 34, [True] * 34)


def test_a_list_that_ends_early_is_still_one_of_points() -> None:
    units, places = read_units(["mm"] * 253 + ["deg"] * 2, 258)
    assert (units[252:], places[252:]) == ([1e-3] + [None] * 5, [True, False, False] + [True] * 3)


def test_the_unit_of_most_points() -> None:
    assert common_unit([1e-3, None, 1.0, 1e-3]) == 1e-3
    assert common_unit([None, None]) is None


@pytest.mark.parametrize("metres", [1e-3, 1e-2, 1.0])
def test_the_unit_follows_from_limbs(metres: float) -> None:
    assert likely_unit(over_time(LEG_M / metres), LEG) == (metres, True)
    assert is_impossible(metres * 10, over_time(LEG_M / metres), LEG)
    assert not is_impossible(metres, over_time(LEG_M / metres), LEG)


def test_without_limbs_the_unit_follows_from_the_whole_body() -> None:
    names = [f"pelvis.{i}" for i in range(5)]
    assert likely_unit(over_time(LEG_M * 1000), names) == (1e-3, True)


@pytest.mark.parametrize(
    ("times", "impossible", "small"),
    [(1, False, False), (1.6, False, False), (2.54, True, False), (4.5, True, False),
     (0.5, False, False), (0.4, False, True), (0.25, True, True)],
)  # fmt: skip
def test_giants_and_dwarfs_are_not_believed(times: float, impossible: bool, small: bool) -> None:
    joints = over_time(LEG_M * times)
    assert (is_impossible(1.0, joints, LEG), is_small(1.0, joints, LEG)) == (impossible, small)
    foot = ["left_ankle.ANK", "left_ankle.HEE", "left_foot.TOE"]
    assert not is_impossible(1.0, over_time(LEG_M[:3] * 0.4), foot)


def test_what_only_hangs_on_a_joint_measures_no_limb() -> None:
    """The axes of a thigh that modelling software adds as points lie anywhere along it."""
    axes = np.tile([[0.1, 0.3, 0.0]], (3, 1))
    names = [*LEG, *(f"left_hip.qTH{axis}" for axis in "XYZ"), "right_hip.qTHX"]
    joints = over_time(np.concatenate([LEG_M, axes, axes[:1]]))
    assert needed_scale(joints, names) == needed_scale(over_time(LEG_M), LEG)
    centres = [name.partition(".")[0] for name in LEG]
    joints = over_time(np.concatenate([LEG_M, axes]))
    assert needed_scale(joints, [*centres, *names[5:8]]) == needed_scale(over_time(LEG_M), LEG)


def test_one_missing_point_decides_nothing() -> None:
    joints = over_time(LEG_M * 1000)
    joints[1, 0, 1] = np.nan
    joints[2, 0, 1] = 1e12
    assert likely_unit(joints, LEG) == (1e-3, True)


def test_what_cannot_be_measured_has_no_scale() -> None:
    assert needed_scale(np.full((3, 1, 5, 3), np.nan), LEG) is None
    assert needed_scale(np.ones((3, 1, 5, 3)), LEG) is None
    assert likely_unit(np.ones((3, 1, 5, 3)), LEG) == (1e-3, False)
