from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.joint_names import (
    CORE,
    find_scene_roots,
    has_body,
    name_joints,
)
from skeletonllm.corpora.rigs.joint_words import SidedName


@pytest.mark.parametrize(
    ("name", "side", "base"),
    [
        ("LeftUpLeg", "left", "upleg"),
        ("mixamorig:RightHandThumb2", "right", "handthumb2"),
        ("mixamorig1:Hips", "", "hips"),
        ("Bip01 L Thigh", "left", "thigh"),
        ("Bip01_R_UpperArm", "right", "upperarm"),
        ("UpperLeg_L", "left", "upperleg"),
        ("shoulder.R", "right", "shoulder"),
        ("joint_Root", "", "root"),
        ("lfemur", "left", "femur"),
        ("rthumb", "right", "thumb"),
        ("RThumb", "right", "thumb"),
        ("LHipJoint", "left", "hipjoint"),
        ("ArmLeft", "left", "arm"),
        ("lowerback", "", "lowerback"),
        ("ROOT", "", "root"),
        ("ring1", "", "ring1"),
        ("levator02.l", "left", "levator02"),
        ("joint", "", "joint"),
        ("骨", "", "joint"),
        ("_" * 100_000 + "left", "", "left"),
    ],
)
def test_names_are_taken_apart(name: str, side: str, base: str) -> None:
    assert SidedName.of(name) == SidedName(side, base)


def words(chain: str) -> list[str]:
    """The names of a chain ``a>b>c``, each the child of the one before; - is an end site."""
    names = ["" if name == "-" else name for name in chain.split(">")]
    return name_joints(names, list(range(-1, len(names) - 1)), [True] * len(names))


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Hips>LeftUpLeg>LeftLeg>LeftFoot>LeftToeBase>-", "left_hip left_knee left_ankle "
         "left_foot left_foot.end"),
        ("Hips>LeftHip>LeftKnee>LeftAnkle>-", "left_hip left_knee left_ankle left_foot"),
        ("Hips>LeftHip>LeftKnee>LeftAnkle>LeftFoot", "left_hip left_knee left_ankle left_foot"),
        ("Hips>RightShoulder>RightArm>RightForeArm>RightHand>-", "right_collar right_shoulder "
         "right_elbow right_wrist right_hand_tip"),
        ("Hips>RightCollar>RightShoulder>RightElbow>RightWrist", "right_collar right_shoulder "
         "right_elbow right_wrist"),
        ("root>lclavicle>lhumerus>lradius>lwrist>lhand>lfingers>-", "left_collar left_shoulder "
         "left_elbow left_wrist left_hand left_hand_tip left_hand_tip.end"),
        ("Hips>Spine>Neck>Head>-", "spine neck head head.top"),
        ("Hips>Spine>Spine1>Neck>Neck1>Head>HeadEnd", "spine upper_spine neck neck.neck1 head "
         "head.top"),
        ("Hips>Spine>Spine1>Spine2", "lower_spine spine upper_spine"),
        ("Hips>Spine>Spine1>Spine2>Spine3", "lower_spine lower_spine.spine1 spine upper_spine"),
        ("Hips>Chest", "upper_spine"),
        *((f"Hips>{legs}>-", "right_hip right_knee right_ankle right_foot") for legs in (
            "u_leg_r>l_leg_r>foot_r", "r_uleg>r_lleg>r_foot", "ULeg.R>LLeg.R>Foot.R",
            "R_U_Leg>R_L_Leg>R_Foot", "ULegR>LLegR>FootR", "leg_u_r>leg_l_r>foot_r",
            "leg_up_r>leg_low_r>foot_r", "right_u_leg>right_l_leg>right_foot")),
        *((f"Hips>{arms}>-", "left_shoulder left_elbow left_wrist left_hand_tip") for arms in (
            "u_arm_l>l_arm_l>hand_l", "UArmL>LArmL>HandL", "arm_u_l>arm_l_l>hand_l",
            "L_UArm>L_LArm>L_Hand", "arm.up.l>arm.low.l>hand.l")),
        ("root>lspine>uspine>neck", "spine upper_spine neck"),
        ("LeftHand>LeftHandIndex1>LeftHandIndex2>-", "left_hand.index1 left_hand.index2 "
         "left_hand.index2.end"),
        ("LeftHand>LeftHandThumb1>LeftHandThumb2", "left_thumb left_thumb.thumb2"),
        ("Head>eye.l>-", "left_eye left_eye.end"),
        ("Head>brow.l", "left_eye.brow"),
        ("hips>tail>tail", "pelvis.tail pelvis.tail_2"),
    ],
)  # fmt: skip
def test_well_known_rigs_speak_the_vocabulary(chain: str, expected: str) -> None:
    assert words(chain)[1:] == expected.split()


def test_what_is_unknown_pairs_up() -> None:
    names = ["Hips", "L_gadget", "LeftUpLeg", "R_gadget", "RightUpLeg", "L_x", "R_x"]
    found = name_joints(names, [-1, 0, 1, 0, 3, 0, 0], [True] * 7)
    assert found[1::2] == ["left_hip.gadget", "right_hip.gadget", "left_hip.x"]
    assert found[6] == "right_hip.x"


def test_a_rig_of_unknown_names_hangs_on_the_pelvis() -> None:
    found = words("alpha>beta>gamma")
    assert found == ["pelvis", "pelvis.beta", "pelvis.gamma"]
    assert not has_body(found)


def test_a_body_is_half_of_the_limbs() -> None:
    assert has_body(CORE[:6])
    assert not has_body(CORE[:5])


@pytest.mark.parametrize("ending", ["04", ".001", "_2"])
def test_a_number_behind_a_name_hides_no_joint(ending: str) -> None:
    chain = ">".join(f"{name}{ending}" for name in ("Hips", "Spine", "Neck", "Head"))
    assert words(f"{chain}>-") == ["pelvis", "spine", "neck", "head", "head.top"]


@pytest.mark.parametrize(
    ("chain", "count"),
    [
        ("RL_BoneRoot>Hip>Waist", 1),
        ("Rig>all>Hips", 2),
        ("Spine>Hips", 0),
        ("a>b", 0),
        ("joint_Root>Hips>Spine", 1),
        ("Armature>Root>Hips", 2),
        ("root>lowerback", 0),
        ("Hips", 0),
    ],
)
def test_the_scene_is_no_joint(chain: str, count: int) -> None:
    names = chain.split(">")
    assert find_scene_roots(names, list(range(-1, len(names) - 1))) == count
