"""From the words of a claim to what must be measured: parts, targets and levels.

Teachers write as they please ("right forearm", "lower back"); verification knows a few dozen words
and calls the rest unverifiable rather than guess.
"""

from __future__ import annotations

_HEIGHTS: dict[str, str] = {
    **dict.fromkeys(("hand", "wrist", "arm", "forearm", "fist", "palm", "fingers"), "hand"),
    **dict.fromkeys(("foot", "ankle", "leg", "heel", "toes"), "foot"),
    **dict.fromkeys(("knee", "thigh"), "knee"),
    **dict.fromkeys(("body", "pelvis", "hips", "hip", "whole body", "centre of mass"), "pelvis"),
    **dict.fromkeys(("head", "face"), "head"),
    **dict.fromkeys(("torso", "chest", "trunk", "upper body"), "chest"),
    "elbow": "elbow",
    "shoulder": "shoulder",
}
_HINGES: dict[str, str] = {
    **dict.fromkeys(("elbow", "arm", "forearm"), "elbow"),
    **dict.fromkeys(("knee", "leg"), "knee"),
    **dict.fromkeys(("hip", "thigh"), "hip"),
    **dict.fromkeys(("torso", "trunk", "waist", "back", "upper body", "spine", "body"), "torso"),
}
_OWN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("other hand", "hand", "hands"), ("other_hand",)),
    "other elbow": ("other_elbow",),
    "other shoulder": ("other_shoulder",),
    "left hand": ("left_hand",),
    "right hand": ("right_hand",),
    **dict.fromkeys(
        ("head", "face", "mouth", "nose", "ear", "eye", "eyes", "hair", "forehead", "neck"),
        ("head",),
    ),
    **dict.fromkeys(("chest", "torso", "trunk", "back"), ("chest",)),
    **dict.fromkeys(("stomach", "belly"), ("chest", "pelvis")),
    **dict.fromkeys(
        ("hip", "hips", "waist", "pocket", "pelvis"), ("left_hip", "right_hip", "pelvis")
    ),
    **dict.fromkeys(("knee", "knees"), ("left_knee", "right_knee")),
    **dict.fromkeys(("foot", "feet", "shoe", "toes"), ("left_foot", "right_foot")),
}
_ANY_PART = (
    "head chest pelvis left_shoulder right_shoulder left_elbow right_elbow left_hand right_hand "
    "left_knee right_knee left_foot right_foot"
)
_OTHERS: dict[str, tuple[str, ...]] = {
    "": tuple(_ANY_PART.split()),
    **dict.fromkeys(("head", "face", "mouth", "ear", "neck"), ("head",)),
    **dict.fromkeys(
        ("torso", "chest", "shoulder", "back", "pocket", "waist", "stomach", "body"),
        ("chest", "left_shoulder", "right_shoulder", "pelvis"),
    ),
    "arm": ("left_elbow", "right_elbow"),
    **dict.fromkeys(("hand", "hands", "fist"), ("left_hand", "right_hand")),
    **dict.fromkeys(
        ("leg", "foot", "knee"), ("left_knee", "right_knee", "left_foot", "right_foot")
    ),
}
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("the floor", "floor", "ground"),
    ("knee", "knees"),
    ("waist", "hip", "hips", "side"),
    ("chest", "stomach"),
    ("shoulder", "shoulders"),
    ("head", "face", "mouth", "ear", "forehead", "nose", "eyes"),
    ("overhead", "above the head", "over the head"),
)
_SOMEBODY = ("other person", "another person", "partner", "person ", "someone", "somebody")


def find_height_point(part: str) -> str | None:
    """The point whose height a raise or lower is about; None if the word is unknown."""
    return _HEIGHTS.get(part)


def find_hinge(part: str) -> str | None:
    """The angle a bend or extend is about: elbow, knee, hip or torso."""
    return _HINGES.get(part)


def find_level(target: str) -> int | None:
    """Index in :data:`skeletonllm.kinematics.scene.LEVELS` of a target; None if it is no level."""
    words = target.removeprefix("the ").removesuffix(" level").removesuffix(" height")
    return next((i for i, names in enumerate(_LEVELS) if words in names or target in names), None)


def is_other_person(target: str) -> bool:
    """Whether a target is somebody else, or a part of somebody else."""
    return any(word in target for word in _SOMEBODY)


def find_other_points(target: str) -> tuple[str, ...]:
    """Points of the other person a target means; all of them where no part is named."""
    return _OTHERS.get(target.rpartition("'s ")[2] if "'s " in target else "", _OTHERS[""])


def find_own_points(target: str) -> tuple[str, ...]:
    """Points of the own body a target means; empty if the word is unknown."""
    return _OWN.get(target.removeprefix("the ").removeprefix("own "), ())
