from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.rigs.bare_arrays import (
    find_scale,
    find_up,
    find_whole_bodies,
    has_adult_size,
    make_bare_motion,
    measure_thigh,
    settle_body,
    stands_or_lies,
)
from skeletonllm.errors import SourceError
from skeletonllm.mocap_topologies import LCRNET_13
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2, SMPL_22, Topology

BODY = synthesize("hand waving", topology=SMPL_22, space="world", seed=1).joints[:9]
BODY = BODY.astype(np.float64)


@pytest.mark.parametrize("unit", [1e-3, 0.3, 1.0, 1.6, 39.4, 1000.0])
def test_any_unit_becomes_the_same_body(unit: float) -> None:
    motion = make_bare_motion(BODY * unit, SMPL_22, 20)
    expected = make_bare_motion(BODY, SMPL_22, 20)
    np.testing.assert_allclose(motion.joints, expected.joints, atol=1e-5)
    assert (motion.metric, motion.space, motion.fps) == (False, "world", 20)
    whole = find_whole_bodies(motion.joints.astype(float), SMPL_22)
    assert measure_thigh(whole, SMPL_22) == pytest.approx(0.42, rel=1e-5)


TURNS = {
    "+y": np.eye(3),
    "-y": np.diag([-1.0, -1, 1]),
    "+z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-z": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "+x": np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
    "-x": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
}
"""From +y up to each axis up; none mirrors."""


@pytest.mark.parametrize("up", sorted(TURNS))
def test_the_body_is_brought_upright_and_not_mirrored(up: str) -> None:
    turned = BODY @ TURNS[up].T
    assert find_up(find_whole_bodies(turned, SMPL_22), SMPL_22) == up
    motion = make_bare_motion(turned, SMPL_22, 20)
    expected = make_bare_motion(BODY, SMPL_22, 20)
    np.testing.assert_allclose(motion.joints, expected.joints, atol=1e-5)
    assert motion.space == ("camera" if up == "-y" else "world")


def test_absent_persons_and_missing_joints_decide_nothing() -> None:
    both = np.concatenate([BODY, np.zeros_like(BODY)], axis=1)
    both[2, 0, 4] = np.nan
    present = np.array([[True, False]] * len(BODY))
    motion = make_bare_motion(both, SMPL_22, 20, present=present)
    assert (motion.present == present).all()
    assert np.argwhere(motion.confidence[:, 0] == 0).tolist() == [[2, 4]]


def test_adults_in_metres() -> None:
    assert has_adult_size(BODY, SMPL_22)
    assert not has_adult_size(BODY * 1.5, SMPL_22)
    assert not has_adult_size(BODY / 1.5, SMPL_22)
    assert not has_adult_size(BODY * np.nan, SMPL_22)


@pytest.mark.parametrize(
    ("joints", "topology", "message"),
    [
        (np.roll(BODY, 5, axis=2), SMPL_22, "not those of smpl_22"),
        (np.zeros((3, 1, 22, 3)), SMPL_22, "would be 0, 0, 0, 0"),
        (BODY * [1, 1, 1] + [[0, 3, 0]] * (np.arange(22) == 0)[:, None], SMPL_22, "joint 0 is not"),
        (np.zeros((3, 1, 13, 3)), LCRNET_13, "not those of lcrnet_13"),
        (np.zeros((3, 1, 25, 3)), KINECT_V2, "not those of kinect_v2"),
    ],
)
def test_what_is_no_body_is_refused(joints: np.ndarray, topology: Topology, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        make_bare_motion(joints, topology, 20)
    assert caught.value.code == "format"


@pytest.mark.parametrize(("unit", "scale"), [(1, 1.0), (100, 0.01), (1000, 0.001), (1.5, 1.0)])
def test_the_unit_of_adults(unit: float, scale: float) -> None:
    everyone = np.ones(BODY.shape[:2], bool)
    assert find_scale(BODY * unit, SMPL_22, everyone) == scale
    assert find_scale(BODY[:, :, ::-1] * unit, SMPL_22, everyone) == 1
    assert find_scale(BODY * unit, SMPL_22, ~everyone) == 1
    settled = settle_body(BODY * unit, SMPL_22)
    assert (settled.metric, settled.scaled) == (unit != 1.5, scale != 1)
    assert stands_or_lies(BODY * unit, SMPL_22)


@pytest.mark.parametrize("up", ["-y", "+z", "-z", "+x", "-x"])
def test_who_is_not_on_the_floor_of_y_is_turned(up: str) -> None:
    turned = BODY @ TURNS[up].T + [0, 1.5, 0]
    settled = settle_body(turned, SMPL_22)
    assert (settled.upright, settled.turned) == (False, True)
    assert find_up(find_whole_bodies(settled.joints, SMPL_22), SMPL_22) == "+y"
    assert not stands_or_lies(turned, SMPL_22)


def test_who_lies_on_the_floor_of_y_stays_there() -> None:
    lying = BODY @ TURNS["+z"].T
    lying = lying - [0, lying[..., 1].min(), 0.9]
    settled = settle_body(lying, SMPL_22)
    assert (settled.upright, settled.turned) == (False, False)
    np.testing.assert_array_equal(settled.joints, lying)
    assert stands_or_lies(lying, SMPL_22)
