import numpy as np
import pytest

from skeletonllm.synthesis.moves import (
    HANGING,
    Claim,
    Gait,
    Move,
    Swing,
    aim_arm,
    apply_elements,
    interpolate_minimum_jerk,
    start_at,
    swing_arm,
)

U = np.linspace(0, 1, 201)
RAISE, LOWER = Claim("raise", "near hand"), Claim("lower", "near hand")


def test_ease_is_smooth_monotone_and_flat_outside() -> None:
    curve = interpolate_minimum_jerk(np.linspace(-0.5, 1.5, 401))
    assert curve[0] == 0
    assert curve[-1] == 1
    assert (np.diff(curve) >= 0).all()
    assert np.abs(np.diff(curve, 2)).max() < 1e-3


def test_a_move_reaches_its_value_and_keeps_it() -> None:
    torso = apply_elements((Move("torso", (30.0, 0, 0), 0.2, 0.4),), U)["torso"][:, 0]
    assert (torso[U <= 0.2] == 0).all()
    np.testing.assert_allclose(torso[U >= 0.4], 30.0)


def test_moves_follow_each_other_from_where_the_last_one_ended() -> None:
    there, back = Move("head", (20.0,), 0.1, 0.3), Move("head", (-5.0,), 0.6, 0.9)
    head = apply_elements((there, back), U)["head"][:, 0]
    np.testing.assert_allclose(head[(U > 0.31) & (U < 0.59)], 20.0)
    assert head[-1] == pytest.approx(-5.0)
    assert np.abs(np.diff(head)).max() < 1.5


def test_already_holds_from_the_first_frame() -> None:
    assert apply_elements((start_at("pelvis", (0, -0.5, 0)),), U)["pelvis"][0, 1] == pytest.approx(
        -0.5
    )


def test_the_claims_of_a_swing_are_when_the_signal_rises_and_falls() -> None:
    swing = Swing("head", (10.0,), 3, 0.1, 0.9, up=(RAISE,), down=(LOWER,))
    head = apply_elements((swing,), U)["head"][:, 0]
    spans = swing.list_claims()
    assert [c.motion for c, _, _ in spans].count("lower") == 3
    for claim, start, end in spans:
        change = np.interp(end, U, head) - np.interp(start, U, head)
        assert (change > 5) == (claim is RAISE)


def test_a_one_way_swing_never_goes_below_and_claims_only_the_positive_half() -> None:
    swing = Swing("near_leg", (0, 0.4, 0), 2, 0.0, 1.0, one_way=True, up=(RAISE,), down=(LOWER,))
    lift = apply_elements((swing,), U)["near_leg"][:, 1]
    assert lift.min() == 0
    assert len(swing.list_claims()) == 4
    for claim, start, end in swing.list_claims():
        change = np.interp(end, U, lift) - np.interp(start, U, lift)
        assert change * (1 if claim is RAISE else -1) > 0.3


def test_feet_stand_still_on_the_floor_between_their_steps() -> None:
    gait = Gait(1.5, 4, 0.0, 1.0)
    channels = apply_elements((gait,), U)
    place = channels["travel"][:, 0] + channels["near_leg"][:, 2]
    for claim, start, end in gait.list_claims():
        stepping = (start <= U) & (end >= U)
        moved = np.ptp(place[stepping])
        assert (moved > 0.3) == (claim.part == "near foot")
        if claim.part == "far foot":
            assert moved < 1e-9
    assert 1.2 < place[-1] <= 1.5


def test_a_gait_claims_what_it_walks_towards() -> None:
    claims = [c for c, _, _ in Gait(1.0, 2, 0, 1, towards="other person").list_claims()]
    assert Claim("approach", "body", "other person") in claims


def test_aim_is_the_direction_and_reach_of_an_offset() -> None:
    raised, spread, reach = aim_arm(0.1, 0.0, 0.1)
    assert (raised, spread) == pytest.approx((90.0, 45.0))
    assert reach == pytest.approx(np.hypot(0.1, 0.1) / 0.329, rel=1e-3)
    assert aim_arm(0, 5, 0)[2] == 1.0


def test_swung_arms_go_ahead_and_back() -> None:
    hanging = np.tile(HANGING, (2, 1))
    arm = swing_arm(hanging, np.array([30.0, -30.0]))
    ahead = np.sin(np.radians(arm[:, 0])) * np.cos(np.radians(arm[:, 1]))
    assert ahead[0] > 0.4
    assert ahead[1] < -0.3
