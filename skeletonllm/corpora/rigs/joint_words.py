"""The one reading of a joint's name, wherever names are read: columns, categories, markers, rigs.

``leftShoulder``, ``l_shoulder``, ``L.Shoulder``, ``LEFT SHOULDER``, ``shoulder_l``, ``LShoulder``,
``L_Shoulder_JNT`` and ``左肩`` are one joint. A name is taken apart into its side and its base
(:class:`SidedName`); a base is a word of the vocabulary, or one that means the same. What a rig
calls its bones, where ``LeftArm`` is the shoulder, is read in
:mod:`skeletonllm.corpora.rigs.joint_names`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from skeletonllm.corpora.rigs.anatomy.cjk_words import translate
from skeletonllm.topology import VOCABULARY

LONGEST = 64
"""Characters of a name that are looked at."""

_SIDES = {
    "left": ("left", "lft", "lf", "lt", "l"),
    "right": ("right", "rgt", "rt", "r"),
}
SIDES = {word: side for side, words in _SIDES.items() for word in words}

_BETWEEN = r"[\s_.\-/]"
_RIGS = (
    r"(mixamorig\d*|valvebiped|bip\d*|biped\d*|character\d*|joint|jnt|jt|def|org|mch|rig|skel|bone|"
    r"bn|cc_base|j_bip|j_sec|[mf]_avg|keypoint|kp|[bjm])"
)
_PREFIX = re.compile(
    rf"^(.*[:|]|{_RIGS}{_BETWEEN}+|mixamorig\d*|(?-i:[bm](?=[A-Z][a-z])))", re.IGNORECASE
)
_SUFFIX = re.compile(rf"{_BETWEEN}+(jnt|joint|jt|bone|bn|ctrl|bind)$", re.IGNORECASE)
_CENTRE = re.compile(rf"^[cm]{_BETWEEN}+|{_BETWEEN}+[cm]$", re.IGNORECASE)
_LONG, _SHORT = r"(?P<s>left|right)", r"(?P<s>lft|rgt|lf|lt|rt|l|r)"
_SIDE = (
    re.compile(rf"^(?P<n>l{_BETWEEN}+(arm|leg)){_BETWEEN}+{_SHORT}$", re.IGNORECASE),
    re.compile(r"^(?P<n>[Ll](Arm|Leg))(?P<s>[LR])$"),
    re.compile(rf"^{_LONG}{_BETWEEN}*(?P<n>.+)$", re.IGNORECASE),
    re.compile(rf"^(?P<n>.+?){_BETWEEN}*{_LONG}$", re.IGNORECASE),
    re.compile(rf"^{_SHORT}{_BETWEEN}+(?P<n>.+)$", re.IGNORECASE),
    re.compile(rf"^(?P<n>.+?){_BETWEEN}+{_SHORT}$", re.IGNORECASE),
    re.compile(r"^(?P<s>[LRlr])(?P<n>[A-Z][a-z].+)$"),
    re.compile(r"^(?P<n>.*[a-z])(?P<s>[LR])$"),
    re.compile(rf"^(?P<n>.+?){_BETWEEN}+(?P<s>left|right|l|r){_BETWEEN}+(?P<m>.+)$", re.IGNORECASE),
)
_NOT_LATIN = re.compile(r"[^\x00-\x7f]+")
_THUMB = re.compile(r"(hand)?thumb\d*")
_SHORT_SIDE = re.compile(r"^([lr])([a-z]+?)\d*$")

_MIDDLE = {
    "pelvis": "hip hips root rootpelvis pelvisroot midhip hipmid hipcenter hipcentre centerhip "
    "centrehip hipscenter spinebase basespine",
    "lower_spine": "waist",
    "spine": "belly torso abdomen spinemid midspine spinemiddle spinenavel navel",
    "upper_spine": "thorax chest spinechest spineshoulder shouldercenter shouldercentre "
    "centershoulder midshoulder shouldermid sternum",
    "neck": "neckbase baseneck upperneck headbottom bottomhead neckbottom",
    "head.top": "headtop tophead topofhead headend crown",
    "head.face": "face",
    "head.chin": "chin",
}
_SIDED = {
    "shoulder": "upperarm uparm uarm armup armupper humerus shldr sho",
    "elbow": "forearm lowerarm lowarm loarm larm farm armlow armlower radius elb",
    "wrist": "wri",
    "hand": "palm",
    "hand_tip": "finger fingers fingertip fingertips tiphand",
    "hand.index": "index indexfinger",
    "hand.pinky": "pinky pinkyfinger",
    "hip": "upleg upperleg uleg legup legupper thigh femur",
    "knee": "lowerleg lowleg loleg lleg leglow leglower shin shank calf tibia kne",
    "ankle": "ank",
    "ankle.heel": "heel",
    "foot": "bigtoe toe toes toebase toetip footindex",
    "foot.small_toe": "smalltoe littletoe",
    "collar": "clavicle clav collarbone scapula",
    "eye.inner": "eyeinner innereye",
    "eye.outer": "eyeouter outereye",
    "eye.mouth": "mouth",
}


@cache
def _words() -> dict[tuple[str, str], str]:
    """Joint by side and base; words of the vocabulary mean themselves."""
    known: dict[tuple[str, str], str] = {}
    for word in VOCABULARY:
        side, _, base = word.partition("_")
        sided = side in _SIDES
        known[(side, _plain(base)) if sided else ("", _plain(word))] = word
    for joint, bases in _MIDDLE.items():
        known |= {("", base): joint for base in bases.split()}
    for joint, bases in _SIDED.items():
        known |= {(side, base): f"{side}_{joint}" for side in _SIDES for base in bases.split()}
    return known


@dataclass(frozen=True)
class SidedName:
    """A name in parts: ``mixamorig:LeftHandIndex1`` is (left, handindex1).

    In ``l_leg_r`` the side stands behind, and the first letter means lower.
    """

    side: str
    base: str

    @classmethod
    def of(cls, name: str) -> SidedName:
        """Take a name apart.

        Example:
            >>> SidedName.of("Bip01 L Thigh"), SidedName.of("rfemur"), SidedName.of("ring")
            (SidedName(side='left', base='thigh'), SidedName(side='right', base='femur'), \
SidedName(side='', base='ring'))
        """
        return _take_apart(name[-LONGEST:])


@lru_cache(8192)
def _take_apart(name: str) -> SidedName:
    """Cached, because the files of a corpus name the same joints.

    A name may stand in two scripts, ``左LeftUpLeg``: the Latin one is read if it is a joint.
    """
    name = unicodedata.normalize("NFKC", name)[-LONGEST:]
    if not name.isascii():
        latin = _split(_bare(_NOT_LATIN.sub("", name)))
        if (latin.side, latin.base) in _words() or (latin.side and _is_sided(latin.base)):
            return latin
    return _split(_bare(translate(name)[-LONGEST:]))


def _split(name: str) -> SidedName:
    for pattern in _SIDE:
        match = pattern.match(name)
        if match and _plain(match["n"]):
            after = match.groupdict().get("m") or ""
            return SidedName(SIDES[match["s"].lower()], _plain(match["n"] + after))
    base = _plain(_CENTRE.sub("", name) or name) or "joint"
    match = _SHORT_SIDE.match(base)
    if match and _is_sided(match[2]):
        return SidedName(SIDES[match[1]], base[1:])
    return SidedName("", base)


def joint_of_word(name: str) -> str | None:
    """The joint that a name means: a word of the vocabulary, with a dot and more where it must be.

    Example:
        >>> [joint_of_word(name) for name in ("LShoulder", "Knee.R", "Mid Hip", "tail")]
        ['left_shoulder', 'right_knee', 'pelvis', None]
    """
    return _joint_of(name[-LONGEST:])


@lru_cache(4096)
def _joint_of(name: str) -> str | None:
    """A file names the joints of every annotation anew; they are the same few."""
    word, _, own = name.partition(".")
    if word in VOCABULARY and own.lower() not in SIDES:
        return name
    part = SidedName.of(name)
    return _words().get((part.side, part.base))


def _bare(name: str) -> str:
    """The name without what says whose or what kind of a thing it is: ``Bob:``, ``_JNT``."""
    name = name.strip("\"'")
    while (short := _SUFFIX.sub("", _PREFIX.sub("", name, count=1))) not in (name, ""):
        name = short
    return name.strip(" _.-\"'") or name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_sided(base: str) -> bool:
    extra = ("hipjoint", "buttock", "arm", "leg", "bicep", "ball")
    return ("left", base) in _words() or base in extra or bool(_THUMB.fullmatch(base))
