from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.markers import name_markers
from skeletonllm.corpora.rigs.markers.bones import draw_bones

ISB = (
    "L_IAS L_IPS R_IPS R_IAS SNJ SXS TV8 CV7 L_FTC L_FLE L_FME L_FAL L_TAM L_FM1 L_FM5 "
    "R_FTC R_FLE R_FME R_FAL R_TAM R_FM1 R_FM5 L_HM5 L_RSP L_HLE L_SAJ R_HM5 R_RSP R_HLE R_SAJ"
).split()
BASELINE = (
    "HeadTop HeadFront BackTop Chest WaistLFront WaistRFront LShoulderTop LElbowOut LUArmHigh "
    "LWristOut LWristIn LHandOut RShoulderTop RElbowOut RUArmHigh RWristOut RWristIn RHandOut "
    "LThigh LKneeOut LShin LAnkleOut LToeIn RThigh RKneeOut RShin RAnkleOut RToeIn"
).split()
LEGS = "LASIS RASIS RT1 RKL RKM RS1 RAL RAM RFM LT1 LKL LKM LS1 LAL LAM LFM".split()
CMU = "C7 T10 CLAV LSHO RSHO LFWT RFWT LBWT RBWT LTHI LKNE LSHN LANK LTOE RTHI RKNE RANK".split()


def words_joined(labels: list[str]) -> tuple[list[str], set[tuple[str, str]]]:
    names, _ = name_markers(labels)
    words = [name.partition(".")[0] for name in names]
    return names, {(words[a], words[b]) for a, b in draw_bones(names)}


@pytest.mark.parametrize("labels", [ISB, BASELINE, LEGS, CMU])
def test_legs_are_whole_in_every_set(labels: list[str]) -> None:
    _, joined = words_joined(labels)
    for side in ("left", "right"):
        chain = [f"{side}_{word}" for word in ("hip", "knee", "ankle")]
        assert {(chain[0], chain[1]), (chain[1], chain[2])} <= joined


@pytest.mark.parametrize("labels", [ISB, BASELINE, CMU])
def test_arms_and_legs_hang_on_the_trunk(labels: list[str]) -> None:
    names, _ = name_markers(labels)
    bones = draw_bones(names)
    reached = {names.index(next(n for n in names if n.startswith(("upper_spine", "neck"))))}
    for _ in names:
        reached |= {end for bone in bones for end in bone if set(bone) & reached}
    for word in ("shoulder", "hip", "knee", "ankle"):
        for side in ("left", "right"):
            assert any(names[j].startswith(f"{side}_{word}") for j in reached)


def test_hips_are_joined_where_there_is_no_trunk() -> None:
    _, joined = words_joined(LEGS)
    assert ("left_hip", "right_hip") in joined


def test_a_bone_goes_to_the_outer_marker_of_the_joint_not_to_the_middle_of_a_limb() -> None:
    names = ["left_hip.Thigh", "left_hip.WaistFront", "left_knee.Shin", "left_knee.KneeIn",
             "left_knee.KneeOut", "left_ankle.AnkleOut"]  # fmt: skip
    assert draw_bones(names) == ((1, 4), (4, 5))


def test_what_only_hangs_on_the_pelvis_gets_no_bone() -> None:
    assert draw_bones(["pelvis.ball", "left_hip.qTHX", "left_knee.KNE", "left_ankle.ANK"]) == (
        (2, 3),
    )


def test_unknown_points_have_no_bones() -> None:
    assert draw_bones(["pelvis.b0", "pelvis.b1", "pelvis.b2"]) == ()
