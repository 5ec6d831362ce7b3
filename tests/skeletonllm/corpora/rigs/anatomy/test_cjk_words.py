from __future__ import annotations

import pytest

from skeletonllm.corpora.rigs.anatomy.cjk_words import count_words, translate
from skeletonllm.corpora.rigs.joint_names import CORE, name_joints

PARENTS = [-1, 0, 1, 2, 3, 2, 5, 6, 7, 2, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19]
RIGS = {
    "MikuMikuDance": "センター 上半身 上半身2 首 頭 左肩 左腕 左ひじ 左手首 "
    "右肩 右腕 右ひじ 右手首 左足 左ひざ 左足首 左つま先 右足 右ひざ 右足首 右つま先",
    "Katakana": "センター 上半身 上半身2 首 頭 左肩 左腕 左ヒジ 左手首 "
    "右肩 右腕 右ヒジ 右手首 左足 左ヒザ 左足首 左つま先 右足 右ヒザ 右足首 右つま先",
    "Chinese bones": "骨盆 脊椎 胸 颈 头 左锁骨 左上臂 左前臂 左手 右锁骨 右上臂 右前臂 右手 "
    "左大腿 左小腿 左脚 左脚趾 右大腿 右小腿 右脚 右脚趾",
    "Chinese joints": "骨盆 脊椎 胸 颈 头 左锁骨 左肩 左肘 左腕 右锁骨 右肩 右肘 右腕 "
    "左髋 左膝 左踝 左脚尖 右髋 右膝 右踝 右脚尖",
    "Korean": "골반 척추 가슴 목 머리 왼쪽쇄골 왼쪽어깨 왼쪽팔꿈치 왼쪽손목 오른쪽쇄골 오른쪽어깨 "
    "오른쪽팔꿈치 오른쪽손목 왼쪽엉덩이 왼쪽무릎 왼쪽발목 왼쪽발 "
    "오른쪽엉덩이 오른쪽무릎 오른쪽발목 오른쪽발",
}


@pytest.mark.parametrize("rig", RIGS)
def test_rigs_of_the_far_east_speak_the_vocabulary(rig: str) -> None:
    names = RIGS[rig].split()
    found = name_joints(names, PARENTS, [True] * len(names))
    arm, leg = ["shoulder", "elbow", "wrist"], ["hip", "knee", "ankle", "foot"]
    sides = ("left", "right")
    assert found[5:] == [
        *(f"{side}_{word}" for side in sides for word in ["collar", *arm]),
        *(f"{side}_{word}" for side in sides for word in leg),
    ]
    assert (found[0], found[3:5]) == ("pelvis", ["neck", "head"])
    assert set(CORE) <= set(found)


@pytest.mark.parametrize("name", ["左足IK", "左腕飾り", "右ひざD", "左目光"])
def test_what_only_starts_like_a_joint_is_none(name: str) -> None:
    names = [*RIGS["MikuMikuDance"].split(), name]
    found = name_joints(names, [*PARENTS, 0], [True] * len(names))
    assert "." in found[-1]


def test_other_scripts_stay_as_they_are() -> None:
    assert translate("Hüfte") == "Hüfte"
    assert translate("бедро") == "бедро"
    assert translate("左бедро") == "left_бедро"
    assert count_words("Müller бедро") == 0
    assert count_words("左足首 and 右足") == 4
