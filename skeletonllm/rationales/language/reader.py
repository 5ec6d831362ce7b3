"""Free text against a claim: words that name another side, part, motion, level, way or number.

Nothing is understood here; it is only seen that a word is named which the claim has no place for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skeletonllm.rationales.language.everyday_words import (
    COMPANIONS,
    DIRECTION,
    IMPLIED,
    LEVEL,
    LEVEL_NAMES,
    MOTIONS,
    NUMBER_OF,
    PAIRS,
    PARTS,
    WAYS,
)
from skeletonllm.rationales.language.forms import LEVELS
from skeletonllm.rationales.language.inflection import COUNT_WORDS, ORDINALS
from skeletonllm.rationales.rationale import Step

_IDIOMS = re.compile(
    r"\b(?:toward|towards|across|of|from|to|against|near|into) (?:the|their|his|her|its) body\b"
    r"|\bupper body\b|\bat hand\b|\bon foot\b|\bthe other hand,|\bagainst the hips\b"
    r"|\btowards? the ears\b|\bwith (?:both|lifted|light) feet\b|\bon light feet\b"
    r"|\bon (?:bent knees|straightening legs)\b"
)
"""Words for parts that name none."""
_SIDED = re.compile(
    r"\b(?P<side>left|right|both|two)\b(?: of)?(?: the| their| his| her)?"
    r"(?: first| second)?(?: (?:person|performer|figure)'s)?(?: (?P<noun>[a-z]+))?"
)
_NO_SIDE = frozenset(
    "away after before in above at behind on next over up down there times".split()
)
_OTHER = re.compile(r"\b(?:the other|another) (?:person|man|woman)\b|\bpartner\b|\bopponent\b")
_UNITS = frozenset("cm m metre metres meter meters degree degrees ° s second seconds %".split())
_COUNTED = frozenset("times time steps step rounds round turns turn cycles repetitions".split())
_REPEATED = re.compile(r"\brepeatedly\b|\bagain and again\b|\bseveral times\b|\bmany times\b")


@dataclass(frozen=True)
class Claimed:
    """A claim and its causes: whatever a sentence about them may name.

    Args:
        step: The claim.
        causes: Steps that may be named as causes.
        measures: Numbers that may be told with a unit.
    """

    step: Step
    causes: Sequence[Step] = ()
    measures: Sequence[float] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The claim first, then its causes."""
        return (self.step, *self.causes)


def read_free_text(text: str, claimed: Claimed) -> tuple[str, ...]:
    """What a sentence names that neither the claim nor a cause of it has, in a few words each.

    Args:
        text: One sentence, as anybody writes it.
        claimed: What it may say.
    """
    text = " ".join(text.casefold().split())
    plain = _IDIOMS.sub(lambda m: "torso" if m[0] == "upper body" else "it", text)
    bare = LEVEL.sub("there", plain)
    faults = [
        *_find_levels(plain, claimed),
        *_find_sides(DIRECTION.sub("so", bare), claimed),
        *_find_parts(bare, claimed),
        *_find_motions(bare, claimed),
        *_find_directions(bare, claimed),
        *_find_numbers(text, claimed),
        *_find_persons(text, claimed),
    ]
    return tuple(dict.fromkeys(faults))


def _find_levels(text: str, claimed: Claimed) -> Iterator[str]:
    levels = {s.target for s in claimed.steps if s.target in LEVELS}
    hands = any(s.part == "hand" for s in claimed.steps)
    low = any(s.motion in ("pick_up", "jump", "sit", "crouch") for s in claimed.steps)
    for match in LEVEL.finditer(text):
        word = match["high"] or match["low"]
        level = "overhead" if match["over"] else LEVEL_NAMES.get(word, word) or "the floor"
        if level == "the floor" and (low or not hands):
            continue
        if level not in levels:
            yield f"level {level}, where the claim has {claimed.step.target or 'none'}"


def _name_targets(step: Step) -> set[str]:
    """The parts that a target names: ``hand`` of ``other person's hand``."""
    target = step.target.removeprefix("other person's ").removeprefix("other ")
    return {"arm": {"hand", "elbow", "shoulder"}, "leg": {"foot", "knee", "hip"}}.get(
        target, {target}
    ) - {"", "person"}


def _find_parts(text: str, claimed: Claimed) -> Iterator[str]:
    allowed = {s.part for s in claimed.steps}.union(*map(_name_targets, claimed.steps))
    for word in re.findall(r"[a-z]+", text):
        if word in PARTS and not allowed & {*PARTS[word]}:
            yield f"part {word}, where the claim has {claimed.step.part}"


def _find_sides(text: str, claimed: Claimed) -> Iterator[str]:
    for match in _SIDED.finditer(text):
        side, noun = match["side"], match["noun"] or ""
        if side == "two" and noun not in PARTS:
            continue
        if noun in _NO_SIDE and noun not in PARTS:
            continue
        if not any(
            _fits_side(step, "both" if side == "two" else side, noun) for step in claimed.steps
        ):
            yield f"side {side}, where the claim has {claimed.step.side}"
    if claimed.step.side == "both" and not claimed.causes:
        sides = {m["side"] for m in _SIDED.finditer(text) if m["noun"] in PARTS}
        if len(sides) == 1 and sides <= {"left", "right"}:
            yield f"side {sides.pop()}, where the claim has both"


def _fits_side(step: Step, side: str, noun: str) -> bool:
    parts = {*PARTS.get(noun, ())}
    if parts & _name_targets(step) and not step.target.startswith("other "):
        return True
    if step.target.startswith("other ") and {step.side, side} == {"left", "right"}:
        return bool(parts & _name_targets(step))
    return step.side == side or (step.side == "both" and side in ("left", "right"))


def _find_motions(text: str, claimed: Claimed) -> Iterator[str]:
    own = {claimed.step.motion}
    causes = {s.motion for s in claimed.causes}
    beside = causes.union(*(COMPANIONS.get(motion, "").split() for motion in own | causes))
    words = [w for w in re.findall(r"[a-z]+", text) if w in MOTIONS]
    told = any(MOTIONS[word] & own for word in words)
    if claimed.step.motion == "other":
        return
    for word in words:
        if MOTIONS[word] & own or MOTIONS[word] & (causes | (beside if told else set())):
            continue
        yield f"motion {word}, where the claim has {claimed.step.motion}"


def _find_directions(text: str, claimed: Claimed) -> Iterator[str]:
    allowed: set[str] = set()
    for step in claimed.steps:
        # To and fro is told by a pair of directions; one alone would be half of it.
        way = "" if step.motion == "oscillate" else step.direction
        allowed |= {way, *IMPLIED.get(step.motion, "").split()}
    step = claimed.step
    bound = bool(step.direction or step.motion in IMPLIED or step.motion == "oscillate")
    for match in DIRECTION.finditer(text):
        if match["pair"]:
            if not any(_fits_pair(s, match["pair"]) for s in claimed.steps):
                yield f"direction {match['pair']}, where the claim has {step.direction or 'none'}"
            continue
        word = (match["turn"] or match["to"] or match["ward"] or match["plain"]).replace("-", "")
        way = WAYS.get(word, word)
        vague = way in ("up", "down", "back") and not bound
        if way not in allowed and not vague and not (match["plain"] and step.motion == "pull"):
            yield f"direction {way}, where the claim has {step.direction or step.motion}"


def _fits_pair(step: Step, pair: str) -> bool:
    return step.motion != "oscillate" or pair in PAIRS.get(step.direction, ())


def _find_numbers(text: str, claimed: Claimed) -> Iterator[str]:
    """Counts and measured amounts in a text that are not those of the claim.

    Args:
        text: One sentence, in lower case.
        claimed: What it may say.
    """
    counts = {s.count for s in claimed.steps}
    for match in NUMBER_OF.finditer(text):
        word, of = match["n"], (match["of"] or "").split(" ")[-1]
        number = _read_number(word)
        if of in _UNITS:
            if not any(abs(number - m) <= 0.051 for m in claimed.measures):
                yield f"number {word} {of}, which was not measured"
        elif word in ("one", "two") and of not in _COUNTED - {"step"}:
            continue
        elif number not in counts:
            yield f"count {word}, where the claim has {claimed.step.count}"
    if _REPEATED.search(text) and counts == {1}:
        yield "a repetition, where the claim has 1"


def _read_number(word: str) -> float:
    if word in COUNT_WORDS:
        return COUNT_WORDS.index(word)
    return {"once": 1, "twice": 2, "thrice": 3}.get(word) or float(word)


def _find_persons(text: str, claimed: Claimed) -> Iterator[str]:
    named = {ORDINALS.index(m) for m in re.findall(r"\bthe (first|second|third) person\b", text)}
    aimed = any(s.target.startswith("other person") for s in claimed.steps)
    if named and not aimed and named - {s.person for s in claimed.steps}:
        yield f"another person, where the claim has person {claimed.step.person}"
    if _OTHER.search(text) and not aimed:
        yield f"the other person, where the claim has {claimed.step.target or 'no target'}"
