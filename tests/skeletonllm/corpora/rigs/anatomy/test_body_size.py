from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.rigs.anatomy.body_size import (
    ADULT_M,
    UNITS_M,
    infer_unit,
    limb_scales,
    median_length,
)
from skeletonllm.topology import SMPL_22, Topology

NOBODY = Topology("nobody", ("pelvis", "pelvis.a", "pelvis.b"), (), 3)


def body(size: float = 1.0, frames: int = 3) -> np.ndarray:
    """Someone of SMPL's joints, 1 being an adult: only lengths of limbs count."""
    places = np.zeros((frames, len(SMPL_22), 3))
    for (upper, lower), metres in ADULT_M.items():
        for side in ("left", "right"):
            a, b = SMPL_22.index(f"{side}_{upper}"), SMPL_22.index(f"{side}_{lower}")
            places[:, b] = places[:, a] + [0, -metres * size, 0]
    return places


@pytest.mark.parametrize("unit", UNITS_M)
@pytest.mark.parametrize("size", [0.82, 1.0, 1.2])
def test_adults_keep_the_unit_of_the_file(unit: str, size: float) -> None:
    assert infer_unit(SMPL_22, body(size / UNITS_M[unit]), None) == (UNITS_M[unit], True, True)


@pytest.mark.parametrize("unit", ["m", "cm", "mm"])
@pytest.mark.parametrize("size", [0.5, 0.6, 0.75])
def test_children_keep_it_too_and_are_flagged(unit: str, size: float) -> None:
    assert infer_unit(SMPL_22, body(size / UNITS_M[unit]), None) == (UNITS_M[unit], True, False)


@pytest.mark.parametrize("needed", [0.0405, 0.08, 0.1, 0.2, 0.3048, 0.005, 0.00714, 2.9e-3])
def test_a_unit_of_its_own_follows_the_limbs(needed: float) -> None:
    unit, metric, sure = infer_unit(SMPL_22, body(1 / needed), None)
    assert unit == pytest.approx(needed)
    assert (metric, sure) == (True, False)


def test_nobody_is_said_to_be_a_giant_or_a_dwarf() -> None:
    for needed in np.geomspace(1e-4, 10, 500):
        unit, metric, _ = infer_unit(SMPL_22, body(1 / needed), None)
        assert 0.499 <= unit / needed <= 1.251
        assert metric == (5e-4 <= needed <= 2.0)


def test_a_stated_unit_is_believed_if_a_body_fits_it() -> None:
    assert infer_unit(SMPL_22, body(100.0), 0.0098) == (0.0098, True, True)
    assert infer_unit(SMPL_22, body(100.0), 1.0) == (0.01, True, False)
    assert infer_unit(NOBODY, np.zeros((2, 3, 3)), 0.02) == (0.02, True, True)


def test_frames_that_are_not_finite_decide_nothing() -> None:
    places = body(100.0, 5)
    places[2] = np.nan
    places[3, 4] = np.inf
    assert infer_unit(SMPL_22, places, None) == (0.01, True, True)
    assert list(limb_scales(SMPL_22, np.full((2, 22, 3), np.nan))) == []
    assert median_length(np.array([[np.nan] * 3, [0.0, 0.0, 2.0], [0, 0, np.inf]])) == 2.0


@pytest.mark.parametrize(("size", "unit"), [(1.8, 1.0), (170.0, 0.01), (1650.0, 1e-3)])
def test_without_limbs_the_whole_tells_the_unit_and_it_is_no_metre(
    size: float, unit: float
) -> None:
    places = np.zeros((4, 3, 3))
    places[:, 1, 1] = size
    places[0, 2] = np.nan
    assert infer_unit(NOBODY, places, None) == (unit, False, False)


def test_a_point_is_in_centimetres() -> None:
    assert infer_unit(NOBODY, np.zeros((4, 3, 3)), None) == (0.01, False, False)
    assert infer_unit(NOBODY, np.full((4, 3, 3), np.nan), None) == (0.01, False, False)
