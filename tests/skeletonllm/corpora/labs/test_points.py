from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.labs.points import (
    Points,
    compare_counts,
    find_up,
    frame_numbers,
    likely_unit,
    missing_as_nan,
    name_points,
    record,
)
from skeletonllm.errors import SourceError
from skeletonllm.sensor_topologies import XSENS_23
from skeletonllm.synthesis import synthesize

from .conftest import MARKERS


def points_of(values: np.ndarray, labels: list[str], **facts: object) -> Points:
    return Points(**{"values": values, "labels": labels, "fps": 50.0, "unit_m": 1.0, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_up_is_where_the_head_is(axis: int, sign: int) -> None:
    motion = synthesize("hand waving", topology=XSENS_23, seed=1, space="world")
    joints = np.roll(motion.joints, axis - 1, axis=-1) * sign
    expected = f"{'+' if sign > 0 else '-'}{'xyz'[axis]}"
    assert find_up(joints, XSENS_23.joints, "+y") == (expected, expected == "+y")


def test_up_is_the_convention_where_the_body_does_not_tell() -> None:
    nobody = np.full((2, 1, 2, 3), np.nan)
    assert find_up(nobody, ["head", "pelvis"], "+z") == ("+z", False)
    assert find_up(np.zeros((2, 1, 2, 3)), ["left_wrist", "pelvis"], "+z") == ("+z", False)
    leaning = np.array([[[[1.0, 1, 1], [0, 0, 0]]]])
    assert find_up(leaning, ["head", "pelvis"], "+z") == ("+z", False)


@pytest.mark.parametrize("unit", [1.0, 0.01, 0.001])
def test_the_unit_is_that_in_which_limbs_are_an_adults(unit: float) -> None:
    motion = synthesize("hand waving", topology=XSENS_23, seed=1, space="world")
    joints = motion.joints.astype(np.float64) / unit
    joints[0, 0, 3] = np.nan
    assert likely_unit(joints, XSENS_23) == (unit, True)


def test_a_scale_that_no_unit_is_near_is_not_metric() -> None:
    motion = synthesize("hand waving", topology=XSENS_23, seed=1, space="world")
    scale, metric = likely_unit(motion.joints.astype(np.float64) * 3.5, XSENS_23)
    assert not metric
    assert scale == pytest.approx(1 / 3.5, rel=0.2)
    assert likely_unit(np.full((1, 1, 23, 3), np.nan), XSENS_23) == (1.0, False)


def test_a_point_at_zero_or_with_a_missing_coordinate_is_missing() -> None:
    values = np.array([[0.0, 0, 0], [0, 0, 1], [1, np.nan, 1]])
    assert np.isnan(missing_as_nan(values)).all(-1).tolist() == [True, False, True]


def test_prefixes_that_make_no_body_are_nobody(markers: np.ndarray) -> None:
    box = np.ones((5, 6, 3))
    labels = [*MARKERS, *(f"box:corner{i}" for i in range(6))]
    found = record(points_of(np.concatenate([markers, box], 1), labels, up="+y"), "x", "y")
    assert found.person_ids == ("0",)
    assert found.flags == ("objects_left_out",)
    alone = record(points_of(box, [f"box:corner{i}" for i in range(6)]), "x", "y")
    assert "no_bones" in alone.flags


def test_numbers_that_are_skipped_are_empty_frames_and_a_common_step_is_none(
    markers: np.ndarray,
) -> None:
    even = record(points_of(markers, [*MARKERS], numbers=[0, 2, 4, 6, 8], up="+y"), "x", "y")
    assert (even.frame_index, even.motion.num_frames) == ((0, 2, 4, 6, 8), 5)
    gap = record(points_of(markers, [*MARKERS], numbers=[0, 1, 2, 3, 6], up="+y"), "x", "y")
    assert gap.motion.present[:, 0].tolist() == [True] * 4 + [False] * 2 + [True]
    with pytest.raises(SourceError, match="numbered over a range"):
        record(points_of(markers, [*MARKERS], numbers=[0, 1, 2, 3, 2**30], up="+y"), "x", "y")


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), 1e9])
def test_a_rate_that_is_none_is_refused(markers: np.ndarray, fps: float) -> None:
    with pytest.raises(SourceError, match="expected a rate"):
        record(points_of(markers, [*MARKERS], fps=fps), "x", "y")


def test_frame_numbers_are_whole_and_rise() -> None:
    assert frame_numbers(np.array([3.0, 4, 7])) == [3, 4, 7]
    for column in ([1.0, 1], [2.0, 1], [0.5, 1], [np.nan, 1], [-1.0, 1], [1.0, 2.0**40], []):
        assert frame_numbers(np.array(column)) is None


def test_counts_are_compared_only_where_they_are_stated() -> None:
    assert compare_counts(None, 3) == compare_counts(3.0, 3) == ()
    assert compare_counts(4, 3) == ("fewer_frames_than_declared",)


def test_a_joint_and_markers_at_it_make_one_skeleton(markers: np.ndarray) -> None:
    labels = ["V.Sacral", "CHip", "R.Knee.Lat", "R.Knee.Med", "R.Ankle.Lat", "R.Ankle.Med"]
    found = record(points_of(markers[:, :6], [*labels]), "x", "y")
    assert "pelvis" in found.motion.topology.joints
    assert found.motion.num_joints == 6


def test_labels_are_markers_or_joints_and_each_name_stands_once() -> None:
    labels = ["LKNE", "L_Knee", "LeftKnee", "RHip", "stick", "左肩"]
    names, unknown = name_points(labels)
    assert len(set(names)) == len(names) == 6
    assert names[0] == "left_knee.KNE"
    assert {"left_knee", "right_hip", "left_shoulder"} <= set(names)
    assert "stick" in unknown
