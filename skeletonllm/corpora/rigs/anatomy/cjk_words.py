"""Joint names in Japanese, Chinese and Korean, in the English words that rigs use.

MikuMikuDance names its bones in Japanese (``左ひじ``), and motion capture suites of China and Korea
in their own words. 足 and 腕 are a leg and an arm in Japanese, a foot and a wrist in Chinese; they
become ``ashi`` and ``ude``, which only the other names of a rig can decide.
"""

from __future__ import annotations

import re

_SIDES = {
    "왼쪽": "left",
    "오른쪽": "right",
    "왼": "left",
    "오른": "right",
    "左": "left",
    "右": "right",
}

_WORDS = {
    "root": "センター 全ての親 中心 根",
    "pelvis": "下半身 骨盆 盆骨 骨盤 골반",
    "spine": "上半身 脊椎 脊柱 背骨 척추",
    "waist": "腰部 腰 허리",
    "chest": "胸部 胸 가슴",
    "neck": "脖子 颈部 颈 頸 首 목",
    "head": "头部 头 頭部 頭 머리",
    "headtop": "头顶 頭頂",
    "nose": "鼻子 鼻 코",
    "eye": "眼睛 眼 目 눈",
    "ear": "耳朵 耳 귀",
    "clavicle": "锁骨 鎖骨 쇄골",
    "shoulder": "肩膀 肩部 肩关节 肩 어깨",
    "upperarm": "上臂 大臂 上腕",
    "arm": "胳膊 手臂 臂 팔",
    "elbow": "肘关节 手肘 肘部 肘 ひじ 팔꿈치",
    "forearm": "前臂 小臂 下臂 前腕",
    "wrist": "手腕 腕关节 手首 손목",
    "palm": "手掌 手のひら",
    "hand": "手部 手 손",
    "thumb": "大拇指 拇指 親指 엄지",
    "index": "食指 人指 人差指 人差し指 검지",
    "middle": "中指 중지",
    "ring": "无名指 無名指 薬指 약지",
    "pinky": "小拇指 小指 새끼",
    "hip": "髋关节 髋部 髋 髖 胯 股関節 엉덩이",
    "thigh": "大腿 太もも 허벅지",
    "leg": "腿 다리",
    "knee": "膝关节 膝盖 膝部 膝 ひざ 무릎",
    "calf": "小腿 すね 종아리",
    "ankle": "踝关节 脚踝 足踝 脚腕 踝 足首 발목",
    "heel": "脚跟 足跟 かかと 踵",
    "toe": "脚尖 脚趾 足尖 足趾 足先 つま先 つまさき 발가락",
    "foot": "脚掌 足部 발",
    "ashi": "足 脚",
    "ude": "腕",
    "twist": "捩り 捩 捻",
    "end": "先",
}


def _to_hiragana(text: str) -> str:
    """Katakana as hiragana: ``ヒジ`` and ``ひじ`` are one word."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


_ENGLISH = {_to_hiragana(w): english for english, words in _WORDS.items() for w in words.split()}
_SIDE = re.compile("|".join(_SIDES))
_PIECE = re.compile("|".join(sorted(_ENGLISH, key=len, reverse=True)) + r"|[^\x00-\x7f]")
_UNKNOWN = "x"


def translate(name: str) -> str:
    """The name with its side and its words in English; what is Latin stays as it is.

    Example:
        >>> translate("左ひじ"), translate("右足首2"), translate("左腕捩"), translate("Spine1")
        ('left_elbow', 'right_ankle2', 'left_udetwist', 'Spine1')
    """
    if name.isascii():
        return name
    found = _SIDE.search(name)
    rest = name if found is None else name[: found.start()] + name[found.end() :]
    plain = _to_hiragana(rest)
    known = _PIECE.sub(lambda m: _ENGLISH.get(m[0], _UNKNOWN), plain)
    if not any(piece in _ENGLISH for piece in _PIECE.findall(plain)):
        known = rest  # no word of ours: another script, or an accent
    return known if found is None else f"{_SIDES[found[0]]}_{known}"


def count_words(text: str) -> int:
    """How many sides and words for joints a text holds, in these scripts."""
    pieces = _PIECE.findall(_to_hiragana(text))
    return len(_SIDE.findall(text)) + sum(piece in _ENGLISH for piece in pieces)
