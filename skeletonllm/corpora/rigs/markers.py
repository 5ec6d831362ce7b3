"""From the labels of motion capture markers to the vocabulary, and which of them to join by bones.

The labels are those of Vicon's Plug-in Gait (reference guide, "Plug-in Gait markers"), of its joint
centres, and of the medial and foot markers that laboratories add to them. A marker lies on the skin
near a joint, so it bears that joint's word and its own label, without its side: ``LKNE`` is
``left_knee.KNE``. A joint centre is the joint. Markers of the head take ``left_ear`` and
``right_ear``, because ``head`` has no sides that a mirror could swap.
"""

from __future__ import annotations

from itertools import pairwise

from skeletonllm.topology import Topology, register_topology

_SKIN = {
    "ear": "FHD BHD",
    "collar": "BAK SCA SCAP",
    "shoulder": "SHO ACR UPA UPB UPC",
    "elbow": "ELB ELBM MELB ELL ELM FRM FRA FRB FRC",
    "wrist": "WRA WRB WRI WRL WRM",
    "hand": "FIN HND MC2 MC5",
    "hip": "ASI PSI ASIS PSIS ILC ICT TRO GTR THI THIA THIB THAP THAD",
    "knee": "KNE KNEM KNM MKNE KNL MKN SHN TIB TIBA TIBB TIAP TIAD",
    "ankle": "ANK ANKM ANM MANK MED HEE HEL CAL",
    "foot": "TOE MT1 MT2 MT5 D1M D5M P1M P5M HLX",
}
_CENTRES = {
    "shoulder": "SJC CLO",
    "elbow": "EJC HUO",
    "wrist": "WJC RAO",
    "hip": "HJC FEP",
    "knee": "KJC FEO",
    "ankle": "AJC TIO",
}
_MIDDLE = {
    "C7": "neck.C7",
    "T2": "upper_spine.T2",
    "T8": "spine.T8",
    "T10": "spine.T10",
    "L4": "lower_spine.L4",
    "L5": "lower_spine.L5",
    "CLAV": "upper_spine.CLAV",
    "JN": "upper_spine.JN",
    "STRN": "spine.STRN",
    "XP": "spine.XP",
    "SACR": "pelvis.SACR",
    "ARIEL": "head.ARIEL",
    "HEDO": "head",
    "TRXO": "upper_spine",
    "PELO": "pelvis",
    "MIDPEL": "pelvis",
}


def _known() -> dict[str, str]:
    names = dict(_MIDDLE)
    for letter, side in (("L", "left"), ("R", "right")):
        for word, labels in _SKIN.items():
            names |= {f"{letter}{own}": f"{side}_{word}.{own}" for own in labels.split()}
        for word, labels in _CENTRES.items():
            names |= {f"{letter}{own}": f"{side}_{word}" for own in labels.split()}
    return names


KNOWN = _known()
"""Joint names by label."""

_STICKS = (
    "neck.C7 *ear.BHD *ear.FHD",
    "neck.C7 spine.T10",
    "neck.C7 upper_spine.CLAV spine.STRN",
    "neck.C7 *shoulder.SHO *shoulder.UPA *elbow.ELB *elbow.FRM *wrist.WRA *hand.FIN",
    "*elbow.FRM *wrist.WRB",
    "spine.T10 *hip.PSI *hip.ASI *hip.THI *knee.KNE *knee.TIB *ankle.ANK *foot.TOE",
    "*ankle.ANK *ankle.HEE",
    "spine.T10 pelvis.SACR",
    "pelvis upper_spine head",
    "upper_spine *shoulder *elbow *wrist",
    "pelvis *hip *knee *ankle",
)


def name_markers(labels: list[str]) -> tuple[list[str], list[str]]:
    """A joint name for each label, and the labels that are not known.

    An unknown label that starts with a known one sits where that one does (``LFEPRef``); any other
    hangs on the pelvis, or on the hip of its side if there is another label like it but for an L
    and an R (``qLTHX`` and ``qRTHX``).

    Example:
        >>> name_markers(["LKNE", "SACR", "LKNE2", "ball"])
        (['left_knee.KNE', 'pelvis.SACR', 'left_knee.KNE2', 'pelvis.ball'], ['LKNE2', 'ball'])
    """
    names: dict[str, None] = {}
    all_labels = set(labels)
    for label in labels:
        name = KNOWN.get(label.upper()) or _nearest(label, all_labels)
        number, free = 1, name
        while free in names:
            number += 1
            free = f"{name}_{number}"
        names[free] = None
    return list(names), [label for label in labels if label.upper() not in KNOWN]


def make_marker_topology(names: list[str], source: str, family: str = "c3d") -> Topology:
    """The skeleton of these markers, registered under a hash of its definition.

    Args:
        names: Joint names of the markers, see :func:`skeletonllm.topology.locate_joint`.
        source: Where the set of markers is described.
        family: First word of the skeleton's name: the format that the markers came in.
    """
    index = {name: i for i, name in enumerate(names)}
    bones: dict[tuple[int, int], None] = {}
    for stick in _STICKS:
        for side in ("left_", "right_"):
            there = [n for n in stick.replace("*", side).split() if n in index]
            bones |= dict.fromkeys((index[a], index[b]) for a, b in pairwise(there))
    joints, pairs = tuple(names), tuple(bones)
    made = Topology(family, joints, pairs, 3, source)
    return register_topology(Topology(f"{family}_{made.sha256[:8]}", joints, pairs, 3, source))


def _nearest(label: str, labels: set[str]) -> str:
    """A name for a label that is not known."""
    own = _plain(label)
    start = max((k for k in KNOWN if len(k) > 3 and own.upper().startswith(k)), key=len, default="")
    word = KNOWN.get(start, "pelvis").partition(".")[0]
    if start:
        return f"{word}.{own[1:] if word.startswith(('left_', 'right_')) else own}"
    for i, letter in enumerate(label[:_LONGEST]):
        side, other = _SIDES.get(letter, ("", ""))
        if side and f"{label[:i]}{other}{label[i + 1 :]}" in labels:
            return f"{side}_hip.{_plain(label[:i] + label[i + 1 :])}"
    return f"{word}.{own}"


_SIDES = {"L": ("left", "R"), "R": ("right", "L")}
_LONGEST = 64
"""Characters of a label that are looked at for its side."""


def _plain(label: str) -> str:
    return "".join(c for c in label if c.isascii() and c.isalnum()) or "marker"
