"""Words that teachers use freely, and what they say: parts, motions, levels, directions, numbers.

Wider than the words we compose with, and less sure: a word may mean one of several parts or kinds.
"""

from __future__ import annotations

import re

from skeletonllm.rationales.language.inflection import FORMS_OF_VERBS, inflect_verb

_ARM, _LEG = ("hand", "elbow", "shoulder"), ("foot", "knee", "hip")
_PARTS: dict[str, tuple[str, ...]] = {
    "hand hands wrist wrists palm palms fist fists finger fingers": ("hand",),
    "arm arms": _ARM,
    "forearm forearms": ("hand", "elbow"),
    "elbow elbows": ("elbow",),
    "shoulder": ("shoulder",),
    "shoulders": ("shoulder", "torso"),
    "foot feet ankle ankles heel heels toe toes": ("foot",),
    "leg legs": _LEG,
    "shin shins": ("foot", "knee"),
    "thigh thighs": ("knee", "hip"),
    "knee knees": ("knee",),
    "hip": ("hip",),
    "hips pelvis": ("hip", "body"),
    "head face mouth chin ear ears forehead nose neck": ("head",),
    "torso trunk spine": ("torso",),
    "chest": ("torso", "chest"),
    "waist": ("hip", "torso", "waist"),
    "stomach belly abdomen": ("stomach", "torso"),
    "body": ("body",),
}
PARTS = {word: parts for words, parts in _PARTS.items() for word in words.split()}
"""Word to the parts, or own targets, that it may mean."""

_MOTIONS: dict[str, str] = {
    "raise": "raise lift rise elevate hoist ascend climb shrug",
    "lower": "lower sink drop descend fall",
    "bend": "bend flex fold curl",
    "extend": "extend straighten stretch unfold",
    "lean": "lean tilt incline bow stoop tip bend",
    "straighten": "straighten",
    "twist": "twist swivel rotate wind",
    "forward": "advance",
    "backward": "",
    "sideways": "",
    "swing": "swing sweep swipe sail",
    "approach": "approach near",
    "retreat": "retreat withdraw depart",
    "touch": "touch meet contact lay place put tap",
    "clap": "clap applaud",
    "cross": "cross fold",
    "circle": "circle loop trace draw rotate",
    "oscillate": "oscillate wave shake wiggle wag nod sway flap swing",
    "hold": "hold stay remain rest pause freeze keep",
    "turn": "turn rotate pivot spin",
    "step": "step stride",
    "walk": "walk stroll stride march",
    "run": "run jog trot sprint",
    "jump": "jump leap hop spring bounce",
    "crouch": "crouch squat duck",
    "sit": "sit settle",
    "stand": "stand straighten rise",
    "lunge": "lunge",
    "kick": "kick lash",
    "push": "push press shove thrust punch",
    "pull": "pull tug haul drag",
    "throw": "throw hurl fling toss pitch whip",
    "pick_up": "pick scoop grab collect gather fetch",
}
_PASTS: dict[str, str] = {
    "bend": "bent", "lean": "leant", "swing": "swung", "sink": "sank", "rise": "rose",
    "throw": "threw thrown", "sit": "sat", "stand": "stood", "run": "ran", "hold": "held",
    "keep": "kept", "fling": "flung", "meet": "met", "put": "put", "lay": "laid", "spin": "spun",
    "draw": "drew drawn", "fall": "fell fallen", "sweep": "swept", "wind": "wound",
}  # fmt: skip


def _inflect(base: str) -> set[str]:
    past = _PASTS.get(base)
    gerund = inflect_verb(base, "gerund")
    regular = re.sub(r"ing$", "ed", gerund)
    pasts = past.split() if past else [re.sub(r"[^aeiou]yed$", lambda m: m[0], regular)]
    return {base, gerund, *pasts, *(inflect_verb(base, form) for form in FORMS_OF_VERBS)}


def _collect_motions() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for motion, verbs in _MOTIONS.items():
        for base in verbs.split():
            for word in _inflect(base):
                found.setdefault(word, set()).add(motion)
    return {word: frozenset(motions) for word, motions in found.items()}


MOTIONS = _collect_motions()
"""Inflected verb to the kinds of claim that it may tell."""

COMPANIONS: dict[str, str] = {
    "raise": "extend bend pick_up",
    "lower": "extend bend",
    "bend": "raise lower",
    "extend": "push raise lower straighten",
    "straighten": "stand raise",
    "twist": "turn",
    "approach": "touch",
    "touch": "approach hold",
    "clap": "touch approach retreat",
    "cross": "touch swing",
    "oscillate": "swing raise lower",
    "turn": "step twist",
    "walk": "step",
    "run": "step raise",
    "jump": "raise crouch",
    "crouch": "bend lower",
    "sit": "bend lower crouch approach",
    "stand": "extend raise straighten",
    "lunge": "step bend lower",
    "kick": "raise extend swing",
    "push": "extend",
    "pull": "bend",
    "throw": "swing extend raise",
    "pick_up": "bend lean lower raise crouch",
    "swing": "circle",
}
"""Kind to those whose words may stand beside its own, since the one does the other."""

_HIGH = r"knee|waist|hip|chest|shoulder|head|face"
LEVEL = re.compile(
    rf"(?P<over>\b(?:over|above) (?:the|their|his|her|its) head\b|\boverhead\b)"
    rf"|(?P<floor>\b(?:floor|ground)\b)"
    rf"|\b(?P<high>{_HIGH})s?[- ](?:height|level|high)\b"
    rf"|\b(?:height of|level of|level with|as high as|up to|even with)"
    rf" (?:the |their |his |her |own )*(?P<low>{_HIGH})s?\b"
)
"""A level of a hand."""
LEVEL_NAMES = {"hip": "waist", "face": "head"}

DIRECTION = re.compile(
    r"\b(?P<pair>up and down|down and up|back and forth|to and fro|from side to side|side to side"
    r"|left and right|forwards? and back(?:wards?)?|out and in|in and out)\b"
    r"|\b(?P<turn>counter-?clockwise|anti-?clockwise|clockwise)\b"
    r"|\b(?:to|toward|towards) (?:the |their |his |her |own |person's )*(?P<to>left|right)\b"
    r"(?! (?:hand|foot|arm|leg|knee|elbow|shoulder|hip|wrist|ankle|one)s?\b)"
    r"|\b(?P<ward>left|right|up|down|for|back)wards?\b"
    r"|\b(?P<plain>up|down|back|ahead|ceiling|sky)\b"
)
"""A direction, as a word or as a pair of them."""
WAYS = {
    "for": "forward",
    "ahead": "forward",
    "ceiling": "up",
    "sky": "up",
    "anticlockwise": "counterclockwise",
}
PAIRS = {
    "up": ("up and down", "down and up"),
    "left": ("side to side", "from side to side", "left and right"),
    "forward": (
        *("back and forth", "forward and back", "forward and backward", "forwards and backwards"),
        *("out and in", "in and out", "forward and backwards", "forwards and back"),
    ),
    "": ("to and fro", "back and forth"),
}
"""Axis of a movement to and fro to the pairs of words that tell it."""
IMPLIED: dict[str, str] = {
    "raise": "up",
    "lower": "down",
    "forward": "forward",
    "backward": "back",
    "crouch": "down",
    "sit": "down back",
    "stand": "up",
    "jump": "up down",
    "straighten": "up",
    "pick_up": "up down",
    "lean": "down",
}
"""Kind to the directions that its own words say."""

NUMBER_OF = re.compile(
    r"\b(?P<n>once|twice|thrice|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|\d+(?:\.\d+)?)\b"
    r"(?P<of>(?: to \d+(?:\.\d+)?)?"
    r" ?(?:cm\b|m\b|metres?\b|meters?\b|degrees?\b|°|s\b|seconds?\b|%|[a-z]+))?"
)
"""A number, and the word after it."""
