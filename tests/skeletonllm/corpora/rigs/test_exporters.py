"""Whole rigs as exporters write them, with twists, fingers, hair and controls: dots are levels."""

from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.joint_names import CORE, bare_names, find_scene_roots, name_joints

REALLUSION = """RL_BoneRoot .CC_Base_Hip ..CC_Base_Pelvis
...CC_Base_@_Thigh ....CC_Base_@_ThighTwist01 ....CC_Base_@_Calf .....CC_Base_@_CalfTwist01
.....CC_Base_@_Foot ......CC_Base_@_ToeBase .......CC_Base_@_BigToe1
..CC_Base_Waist ...CC_Base_Spine01 ....CC_Base_Spine02
.....CC_Base_@_Clavicle ......CC_Base_@_Upperarm .......CC_Base_@_UpperarmTwist01
.......CC_Base_@_Forearm ........CC_Base_@_ForearmTwist01 ........CC_Base_@_Hand
.........CC_Base_@_Thumb1 .........CC_Base_@_Index1 ..........CC_Base_@_Index2
.....CC_Base_NeckTwist01 ......CC_Base_NeckTwist02 .......CC_Base_Head ........CC_Base_@_Eye
.....CC_Base_@_RibsTwist"""
VROID = """Root .J_Bip_C_Hips ..J_Bip_C_Spine ...J_Bip_C_Chest ....J_Bip_C_UpperChest
.....J_Sec_@_Bust1 .....J_Bip_C_Neck ......J_Bip_C_Head .......J_Adj_@_FaceEye
.......J_Sec_Hair1_01 ........J_Sec_Hair1_02 .......J_Sec_Hair2_01 ........J_Sec_Hair2_02
.....J_Bip_@_Shoulder ......J_Bip_@_UpperArm .......J_Bip_@_LowerArm ........J_Bip_@_Hand
.........J_Bip_@_Index1 .........J_Bip_@_Thumb1
..J_Bip_@_UpperLeg ...J_Bip_@_LowerLeg ....J_Bip_@_Foot .....J_Bip_@_ToeBase
..J_Sec_@_SkirtFront0_01 ..J_Sec_@_SkirtBack0_01"""
UNREAL = """root .pelvis ..spine_01 ...spine_02 ....spine_03
.....clavicle_@ ......upperarm_@ .......upperarm_twist_01_@ .......lowerarm_@
........lowerarm_twist_01_@ ........hand_@ .........index_01_@ .........thumb_01_@
.....neck_01 ......head ..thigh_@ ...thigh_twist_01_@ ...calf_@ ....calf_twist_01_@ ....foot_@
.....ball_@ .ik_foot_root ..ik_foot_@ .ik_hand_root ..ik_hand_gun ...ik_hand_@"""
MAKEHUMAN = """root .spine05 ..spine04 ...spine03 ....spine02 .....spine01
......clavicle.@ .......shoulder01.@ ........upperarm01.@ .........upperarm02.@
..........lowerarm01.@ ...........lowerarm02.@ ............wrist.@ .............metacarpal1.@
..............finger2-1.@ .............finger1-1.@
......neck01 .......neck02 ........neck03 .........head ..........jaw ..........levator02.@
.....breast.@ .pelvis.@ ..upperleg01.@ ...upperleg02.@ ....lowerleg01.@ .....lowerleg02.@
......foot.@ .......toe1-1.@ .......toe2-1.@"""
GENESIS = """hip .pelvis ..@ThighBend ...@ThighTwist ....@Shin .....@Foot ......@Metatarsals
.......@Toe ........@BigToe .abdomenLower ..abdomenUpper ...chestLower ....chestUpper
.....@Collar ......@ShldrBend .......@ShldrTwist ........@ForearmBend .........@ForearmTwist
..........@Hand ...........@Thumb1 ...........@Carpal1 ............@Index1
.....neckLower ......neckUpper .......head ........upperTeeth ........@Eye"""
MMD = """全ての親 .センター ..グルーブ ...腰 ....下半身 .....@足 ......@ひざ .......@足首
........@つま先 .........@つま先EX ....上半身 .....上半身2 ......@肩P .......@肩 ........@肩C
.........@腕 ..........@腕捩 ...........@ひじ ............@手捩 .............@手首
..............@親指０ ..............@人指１ ......首 .......頭 ........両目 ........@目 .@足ＩＫ"""
BIPED = """Bip001 .Bip001_Pelvis ..Bip001_Spine ...Bip001_@_Thigh ....Bip001_@_Calf
.....Bip001_@_Foot ......Bip001_@_Toe0 ...Bip001_Spine1 ....Bip001_Neck
.....Bip001_@_Clavicle ......Bip001_@_UpperArm .......Bip001_@_Forearm ........Bip001_@_Hand
.........Bip001_@_Finger0 .....Bip001_Head"""
RIGIFY = """DEF-spine .DEF-spine.001 ..DEF-spine.002 ...DEF-spine.003
....DEF-shoulder.@ .....DEF-upper_arm.@ ......DEF-upper_arm.@.001 .......DEF-forearm.@
........DEF-forearm.@.001 .........DEF-hand.@ ..........DEF-f_index.01.@
....DEF-spine.004 .....DEF-spine.005 ......DEF-spine.006
.DEF-pelvis.@ .DEF-thigh.@ ..DEF-thigh.@.001 ...DEF-shin.@ ....DEF-shin.@.001 .....DEF-foot.@
......DEF-toe.@"""

RIGS = {
    "reallusion": (REALLUSION, "LR", "CC_Base_@_Upperarm"),
    "vroid": (VROID, "LR", "J_Bip_@_UpperArm"),
    "unreal": (UNREAL, "lr", "upperarm_@"),
    "makehuman": (MAKEHUMAN, "LR", "upperarm01.@"),
    "genesis": (GENESIS, "lr", "@ShldrBend"),
    "mmd": (MMD, "左右", "@腕"),
    "biped": (BIPED, "LR", "Bip001_@_UpperArm"),
    "rigify": (RIGIFY, "LR", "DEF-upper_arm.@"),
}


def take_apart(text: str, sides: str) -> tuple[list[str], list[int]]:
    """Names and parents; ``@`` stands for both sides, its branch once for each."""
    names: list[str] = []
    parents: list[int] = []
    trail: dict[tuple[str, int], int] = {}
    for word in text.split():
        name = word.lstrip(".")
        level = len(word) - len(name)
        for side in sides if "@" in name else ("",):
            above = trail.get((side, level - 1), trail.get(("", level - 1), -1))
            trail[side, level] = len(names)
            if not side:
                trail = {key: j for key, j in trail.items() if key[1] <= level and not key[0]}
            names.append(name.replace("@", side))
            parents.append(above)
    return names, parents


@pytest.mark.parametrize("tool", RIGS)
def test_a_whole_rig_keeps_its_body(tool: str) -> None:
    text, sides, arm = RIGS[tool]
    names, parents = take_apart(text, sides)
    bare = bare_names(names)
    found = name_joints(bare, parents, [True] * len(names))
    assert {*CORE, "pelvis", "neck", "head", "upper_spine"} <= set(found)
    for word, side in zip(("left", "right"), sides, strict=True):
        assert names[found.index(f"{word}_shoulder")] == arm.replace("@", side)
    assert find_scene_roots(bare, parents) == (tool in {"reallusion", "vroid", "biped"})
