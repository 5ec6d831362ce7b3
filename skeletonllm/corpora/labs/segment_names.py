"""From the segments that laboratory software names to joints.

A segment that is given by where it begins is the joint there; one that is given by its middle bears
the word of the nearer joint and its own name.
"""

from __future__ import annotations

from collections.abc import Mapping

_SIDES = {"left": "left", "right": "right"}


def _both(names: Mapping[str, str]) -> dict[str, str]:
    return {f"{s}{own}": f"{s}_{word}" for s in _SIDES for own, word in names.items()}


XSENS: dict[str, str] = {
    "pelvis": "pelvis",
    "l5": "lower_spine",
    "l3": "lower_spine.L3",
    "t12": "spine",
    "t8": "upper_spine",
    "neck": "neck",
    "head": "head",
    **_both(
        {
            "shoulder": "collar",
            "upperarm": "shoulder",
            "forearm": "elbow",
            "hand": "wrist",
            "upperleg": "hip",
            "lowerleg": "knee",
            "foot": "ankle",
            "toe": "foot",
        }
    ),
}
"""Joint by segment of Xsens MVN, in lower case; a segment stands where it begins."""

_MOTIVE_LIMBS = {
    "shoulder": "collar",
    "uarm": "shoulder",
    "farm": "elbow",
    "hand": "wrist",
    "thigh": "hip",
    "shin": "knee",
    "foot": "ankle",
    "toe": "foot",
}
MOTIVE: dict[str, str] = {
    "hip": "pelvis",
    "ab": "spine",
    "spine": "spine",
    "chest": "upper_spine",
    "neck": "neck",
    "head": "head",
    **{f"l{own}": f"left_{word}" for own, word in _MOTIVE_LIMBS.items()},
    **{f"r{own}": f"right_{word}" for own, word in _MOTIVE_LIMBS.items()},
}
"""Joint by bone of Motive's own naming, in lower case; a bone stands where it begins."""

_OPENSIM_LIMBS = {
    "femur": "hip.femur",
    "tibia": "knee.tibia",
    "patella": "knee.patella",
    "talus": "ankle.talus",
    "calcn": "ankle.calcn",
    "toes": "foot.toes",
    "humerus": "shoulder.humerus",
    "ulna": "elbow.ulna",
    "radius": "elbow.radius",
    "hand": "hand",
    "scapula": "collar.scapula",
    "clavicle": "collar",
}
OPENSIM: dict[str, str] = {
    "pelvis": "pelvis",
    "sacrum": "pelvis.sacrum",
    "lumbar": "lower_spine",
    "torso": "upper_spine.torso",
    "thorax": "upper_spine.thorax",
    "head": "head",
    "skull": "head.skull",
    **{f"{own}_{s[0]}": f"{s}_{word}" for s in _SIDES for own, word in _OPENSIM_LIMBS.items()},
}
"""Joint by body of OpenSim's models, in lower case: positions are those of the centre of mass."""

_VISUAL3D = {"th": ("hip", "knee"), "sk": ("knee", "ankle"), "ft": ("ankle", "foot")} | {
    "sh": ("knee", "ankle"),
    "ar": ("shoulder", "elbow"),
    "ua": ("shoulder", "elbow"),
    "fa": ("elbow", "wrist"),
    "ha": ("wrist", "hand"),
}
VISUAL3D: dict[str, str] = {
    f"{s[0]}{segment}{end}endpos": f"{s}_{joint}"
    for s in _SIDES
    for segment, ends in _VISUAL3D.items()
    for end, joint in zip(("prox", "dist"), ends, strict=True)
} | {
    "rpvproxendpos": "pelvis",
    "rtaproxendpos": "upper_spine.RTA",
    "rheproxendpos": "head.RHE",
    "rtoproxendpos": "right_foot.RTO",
    "ltoproxendpos": "left_foot.LTO",
}
"""Joint by end of a segment in Visual3D's KINETIC_KINEMATIC signals, in lower case."""
