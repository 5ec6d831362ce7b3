from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.rigs.joint_words import SidedName, joint_of_word
from skeletonllm.topology import VOCABULARY, list_topologies, locate_joint

SHOULDERS = """
leftShoulder|l_shoulder|L.Shoulder|LeftShoulder|Left Shoulder|left-shoulder|shoulder_l|Shoulder.L
LShoulder|lShoulder|L_Shoulder_JNT|shoulderLeft|SHOULDER_LEFT|LSHOULDER|lshoulder|shoulderL
m_avg_L_Shoulder|CC_Base_L_Shoulder|J_Bip_L_Shoulder|左肩|mShoulderLeft
Bip001 L Shoulder|Bob:LShoulder|Lft_Shoulder|lsho|l_shoulder_joint|왼쪽어깨|左肩膀|肩左
DEF-shoulder.L|kp_left_shoulder|left/shoulder
"""


@pytest.mark.parametrize("name", SHOULDERS.strip().replace("\n", "|").split("|"))
def test_one_joint_however_it_is_written(name: str) -> None:
    assert joint_of_word(name) == "left_shoulder"
    for left, right in (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"), ("左", "右")):
        if left in name:
            assert joint_of_word(name.replace(left, right)) == "right_shoulder"


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("Mid Hip", "pelvis"),
        ("hip", "pelvis"),
        ("Hip_R", "right_hip"),
        ("Root_M", "pelvis"),
        ("head_top", "head.top"),
        ("RBigToe", "right_foot"),
        ("LHeel", "left_ankle.heel"),
        ("left_foot_index", "left_foot"),
        ("mouth_left", "left_eye.mouth"),
        ("HandTipLeft", "left_hand_tip"),
        ("SPINE_NAVEL", "spine"),
        ("ShoulderCenter", "upper_spine"),
        ("L Ank", "left_ankle"),
        ("右ひじ", "right_elbow"),
        ("左肘", "left_elbow"),
        ("ヒジ右", "right_elbow"),
        ("오른쪽 무릎", "right_knee"),
        ("首", "neck"),
        ("l_leg_r", "right_knee"),
        ("L.Arm.L", "left_elbow"),
        ("LLegR", "right_knee"),
        ("r_l_leg", "right_knee"),
        ("u_leg_l", "left_hip"),
        ("l_leg", None),
        ("\uff2c\uff3f\uff2b\uff4e\uff45\uff45", "left_knee"),  # full-width L_Knee
    ],
)
def test_words_of_many_tools(name: str, joint: str | None) -> None:
    assert joint_of_word(name) == joint


@pytest.mark.parametrize(
    "name",
    ["", "tail", "Root of tail", "Left Front Paw", "Back", "ring1", "box", "shoulder", "左足", "骨",
     "upper_arm.L.001", "LeftShoulderTwist", "left", "L", "x" * 10_000, "left_foo.bar"],
)  # fmt: skip
def test_what_is_no_joint_or_could_be_two_is_none(name: str) -> None:
    assert joint_of_word(name) is None


def test_every_joint_of_ours_means_itself() -> None:
    for topology in list_topologies().values():
        assert [joint_of_word(name) for name in topology.joints] == [*topology.joints]


@given(
    st.sampled_from(sorted(VOCABULARY)), st.sampled_from(["_", "-", " ", ".", ""]), st.booleans()
)
def test_any_separator_and_case(word: str, between: str, camel: bool) -> None:
    parts = word.split("_")
    written = between.join([parts[0], *(p.title() for p in parts[1:])] if camel else parts)
    assert joint_of_word(written) == word
    assert joint_of_word(written.upper()) == word


@given(st.text(max_size=200))
def test_any_text_is_a_joint_or_none(name: str) -> None:
    joint = joint_of_word(name)
    assert joint is None or locate_joint(joint)
    assert SidedName.of(name).base
