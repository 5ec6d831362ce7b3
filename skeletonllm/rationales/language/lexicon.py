"""The words of facts: one stable keyword for each fact, in several phrases.

A student, and a classifier of words, should find a fact whatever the phrasing; so each phrase of a
level, a direction, a target or a count holds the same keyword (``shoulder``, ``left``, ``three``).
"""

from __future__ import annotations

from skeletonllm.rationales.language.forms import OTHER_TARGETS

NOUNS: dict[str, tuple[str, ...]] = {
    "hand": ("hand",),
    "elbow": ("elbow",),
    "shoulder": ("shoulder",),
    "hip": ("hip",),
    "knee": ("knee",),
    "foot": ("foot",),
    "head": ("head",),
    "torso": ("torso", "trunk", "upper body"),
    "body": ("body", "whole body"),
}
"""Part to the nouns that are written for it."""
ALSO_READ = {"wrist": "hand", "palm": "hand", "fist": "hand", "ankle": "foot"}
"""Nouns that are understood in composed sentences, but never written: no joint shows a palm."""
WHO = ("person", "performer", "figure")
"""What one person alone is called; of several, each is ``the first person`` and so on."""

_NAMED = {
    "knee": ("knee", "knees"),
    "waist": ("waist", "waist"),
    "chest": ("chest", "chest"),
    "shoulder": ("shoulder", "shoulders"),
    "head": ("head", "head"),
}
"""Level to its adjective (``knee height``) and its noun."""
TO: dict[str, tuple[str, ...]] = {
    "the floor": (
        *("to the floor", "all the way to the floor", "close to the floor"),
        *("almost to the floor", "next to the floor"),
    ),
    **{
        level: (
            *(f"to {short} height", f"to the height of the {noun}", f"level with the {noun}"),
            *(f"reaching {short} level", f"to {short} level", f"to the level of the {noun}"),
        )
        for level, (short, noun) in _NAMED.items()
    },
    "overhead": (
        *("to a point overhead", "overhead", "to an overhead position"),
        *("to a place overhead",),
    ),
}
"""Level to where a hand gets."""
AT: dict[str, tuple[str, ...]] = {
    "the floor": ("close to the floor", "near the floor", "just above the floor"),
    **{
        level: (
            *(f"at {short} height", f"at the height of the {noun}", f"level with the {noun}"),
            *(f"at {short} level", f"at the level of the {noun}"),
        )
        for level, (short, noun) in _NAMED.items()
    },
    "overhead": ("overhead", "at a point overhead", "in the overhead position", "high overhead"),
}
"""Level to where a hand is."""
WAYS: dict[str, tuple[str, ...]] = {
    "up": ("upward", "up", "in an upward direction"),
    "down": ("downward", "down", "in a downward direction"),
    "forward": ("forward", "straight forward", "in a forward direction"),
    "back": ("backward", "in a backward direction"),
    "left": ("to the left", "toward the left", "toward the left side", "to the left side"),
    "right": (
        *("to the right", "toward the right", "toward the right side"),
        "to the right side",
    ),
    "clockwise": ("clockwise", "in a clockwise direction", "in the clockwise sense"),
    "counterclockwise": (
        *("counterclockwise", "in a counterclockwise direction"),
        "in the counterclockwise sense",
    ),
}
"""Direction to its phrases; left and right are the person's own."""
_OWN = {
    "head": ("the head", "their own head"),
    "chest": ("the chest", "their own chest"),
    "stomach": ("the stomach", "their own stomach"),
    "hip": ("the hip", "their own hip"),
    "knee": ("the knee", "their own knee"),
    "foot": ("the foot", "their own foot"),
    "other hand": ("the other hand",),
    "other elbow": ("the other elbow",),
    "other shoulder": ("the other shoulder",),
}
_OF_BOTH = {
    **_OWN,
    "hip": ("the hips", "their own hips"),
    "knee": ("the knees", "their own knees"),
    "foot": ("the feet", "their own feet"),
    "other hand": ("each other",),
    "other elbow": ("the opposite elbows",),
    "other shoulder": ("the opposite shoulders",),
}
_OTHERS = {
    target: (f"the {target}",) if "'s" in target else ("the other person",)
    for target in OTHER_TARGETS
}
TARGETS: dict[str, tuple[str, ...]] = {**_OWN, **_OTHERS}
"""Target of one part to its phrases. Of two persons, ``the head`` would be anybody's: the last
phrase is taken then."""
TARGETS_OF_BOTH: dict[str, tuple[str, ...]] = {**_OF_BOTH, **_OTHERS}
"""Likewise of both sides."""
TARGETS_OF_FOOT = {"foot": ("the other foot",)}
AGAINST = {"other person": ("against the other person", "at the other person")}
"""Whom a push is aimed at."""

PACE: dict[str, tuple[str, ...]] = {
    "quickly": ("quickly", "swiftly", "briskly", "rapidly", "at speed", "with speed"),
    "slowly": ("slowly", "gently", "gradually", "calmly", "without haste", "unhurriedly"),
}
"""Pace to its adverbs, which are no part of a claim."""

TIMES = ("{n} times", "{n} times in a row", "{n} times over", "{n} times in succession")
STEPS = ("for {n} steps", "in {n} steps", "taking {n} steps")
ROUNDS = ("{n} times", "for {n} rounds", "in {n} rounds", "{n} times in a row")
"""How counts of movements, steps and turns are told."""
