"""Truths that our judge did not write: what is true of a class by its definition.

``truths/<corpus>.json`` holds for each class our wording of its definition, claims that are true of
(nearly) every clip of it, and its defining fact. They were written from the descriptions that the
corpora publish and from pictures of clips of five subjects a class; no detector had a say.

A *truth* is one claim about a whole clip, with alternatives where more than one is right: a list of
targets or directions, ``any_of_sides``, or a ``count`` [least, most]. Without a count, any holds.

A *defining fact* is ``any_of`` alternatives, each a list of patterns that different told claims
must match; with ``ordered``, the claims begin in the order of the patterns. A *pattern* names what
counts of a claim: a word or a list of words for motion, part, side, target or direction, or
``count_min``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from schemas.rationale import DIRECTIONS, MOTIONS, SIDES
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.kinematics.scene import LEVELS
from skeletonllm.rationales import Step

FOLDER = Path(__file__).parent / "truths"
CORPORA = ("utd_mhad", "nw_ucla", "msr_action3d")
FEWEST = 4
"""Truths a class."""
PARTS = ("hand", "elbow", "shoulder", "foot", "knee", "hip", "head", "torso", "body")
TARGETS = (
    *("", *LEVELS, "chest", "stomach", "hip", "foot"),
    *("other hand", "other elbow", "other shoulder"),
)
ANY_COUNT = (1, 2, 4, 7, 10, 13)
"""Counts that stand for "however often": a judge that takes 3 and more as +-1 knows all to 14."""
WORDS = {
    "motion": MOTIONS,
    "part": PARTS,
    "side": (*SIDES, "any"),
    "any_of_sides": SIDES,
    "target": TARGETS,
    "direction": DIRECTIONS,
}
"""Field of a truth or pattern -> its words."""
_TRUTH = {*WORDS, "count"}
_PATTERN = {"motion", "part", "side", "target", "direction", "count_min"}

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class ClassTruths:
    """What is known of one class.

    Args:
        definition: What the person does, in one sentence of ours.
        truths: Claims that hold of nearly every clip, as in the file.
        defining: What makes the class this class, as in the file.
    """

    definition: str
    truths: tuple[Fields, ...]
    defining: Fields


@dataclass(frozen=True)
class Truths:
    """What is known of all classes of a corpus.

    Args:
        corpus: One of :data:`CORPORA`.
        classes: By name, in the order of the corpus.

    Example:
        >>> truths = load_truths("utd_mhad")
        >>> truths.classes["sit to stand"].definition
        'The person gets up from a seat.'
    """

    corpus: str
    classes: Mapping[str, ClassTruths]


@cache
def load_truths(corpus: str) -> Truths:
    """The truths of a corpus, from its file.

    Args:
        corpus: One of :data:`CORPORA`.

    Raises:
        UsageError: The corpus is unknown; or its file lacks a class, has one too many, or says a
            word that claims do not have.
    """
    if corpus not in CORPORA:
        raise UsageError(f"unknown corpus {corpus!r}", expected=f"one of {', '.join(CORPORA)}")
    file = FOLDER / f"{corpus}.json"
    data = json.loads(file.read_text())
    names = list_class_names(corpus)
    faults = list(find_faults(data, names))
    if faults:
        raise UsageError("; ".join(faults), where=file.name)
    return Truths(corpus, {name: ClassTruths(**_frozen(data[name])) for name in names})


def _frozen(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "truths": tuple(entry["truths"])}


def find_faults(data: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Everything that is wrong with the content of a file; nothing if all is well.

    Args:
        data: Class -> its entry.
        names: All classes of the corpus.
    """
    if missing := sorted(set(names) - set(data)):
        yield f"no truths of {', '.join(missing)}"
    if unknown := sorted(set(data) - set(names)):
        yield f"no classes of the corpus: {', '.join(unknown)}"
    for name, entry in data.items():
        if set(entry) != {"definition", "truths", "defining"}:
            yield f"{name}: has {', '.join(entry)}"
            continue
        if len(entry["truths"]) < FEWEST:
            yield f"{name}: {len(entry['truths'])} truths; expected {FEWEST} or more"
        alternatives = entry["defining"].get("any_of", [])
        if not alternatives or not all(alternatives):
            yield f"{name}: nothing defines it"
        patterns = [pattern for alternative in alternatives for pattern in alternative]
        for allowed, found in ((_TRUTH, entry["truths"]), (_PATTERN, patterns)):
            for fields in found:
                yield from (f"{name}: {fault}" for fault in _find_field_faults(fields, allowed))


def _find_field_faults(fields: Fields, allowed: set[str]) -> Iterator[str]:
    if not {"motion", "part"} <= set(fields) or not {"side", "any_of_sides"} & set(fields):
        yield f"no motion, part or side in {dict(fields)}"
    for field, value in fields.items():
        if field not in allowed:
            yield f"unknown field {field!r}"
        for word in _as_words(value) if field in WORDS else ():
            if word not in WORDS[field]:
                yield f"unknown {field} {word!r}"


def _as_words(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def to_steps(truth: Fields, duration_s: float, first_id: int = 1) -> tuple[Step, ...]:
    """The claims of a truth about a whole clip; it holds if any of them does.

    Args:
        truth: As in the file.
        duration_s: Of the clip.
        first_id: Id of the first step; the others follow.
    """
    choices = product(
        _list_counts(truth),
        truth.get("any_of_sides") or [truth["side"]],
        _as_words(truth.get("target", "")),
        _as_words(truth.get("direction", "")),
    )
    return tuple(
        Step(
            id=number,
            start_s=0.0,
            end_s=duration_s,
            motion=truth["motion"],
            part=truth["part"],
            side=side,
            target=target,
            direction=direction,
            count=count,
        )
        for number, (count, side, target, direction) in enumerate(choices, start=first_id)
    )


def _list_counts(truth: Fields) -> Sequence[int]:
    count = truth.get("count")
    if count is None:
        if truth["motion"] == "hold":
            return (1,)
        return ANY_COUNT[1:] if truth["motion"] == "oscillate" else ANY_COUNT
    return (count,) if isinstance(count, int) else range(count[0], count[1] + 1)


def matches(pattern: Fields, step: Step) -> bool:
    """Whether one claim says what a pattern asks for.

    Args:
        pattern: As in the file.
        step: The claim.
    """
    for field in ("motion", "part", "side", "target", "direction"):
        words = _as_words(pattern.get(field, "any"))
        if "any" not in words and getattr(step, field) not in words:
            return False
    return step.count >= int(pattern.get("count_min", 1))


def tells_defining(steps: Sequence[Step], defining: Fields) -> bool:
    """Whether claims tell the defining fact of a class.

    ``both`` is also told by a claim of the left and another of the right, and ``count_min`` by
    claims that happen so often together.

    Args:
        steps: Claims that were found true.
        defining: As in the file.
    """
    ordered = bool(defining.get("ordered", False))
    return any(_tells_all(patterns, steps, ordered) for patterns in defining["any_of"])


def _tells_all(
    patterns: Sequence[Fields], steps: Sequence[Step], ordered: bool, after_s: float = -1.0
) -> bool:
    """Each pattern by other claims, and by such as begin later than the one before."""
    if not patterns:
        return True
    for told in _find_tellings(patterns[0], steps):
        begins_s = min(step.start_s for step in told)
        if ordered and begins_s <= after_s:
            continue
        rest = [step for step in steps if step not in told]
        if _tells_all(patterns[1:], rest, ordered, begins_s):
            return True
    return False


def _find_tellings(pattern: Fields, steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Sets of claims that tell a pattern, the smallest first."""
    yield from ((step,) for step in steps if matches(pattern, step))
    if "both" in _as_words(pattern["side"]):
        sided = [[s for s in steps if matches({**pattern, "side": x}, s)] for x in SIDES[:2]]
        yield from product(*sided)
    least = pattern.get("count_min", 1)
    once = [step for step in steps if matches({**pattern, "count_min": 1}, step)]
    together = [sum(step.count for step in once[: n + 1]) for n in range(len(once))]
    yield from (
        tuple(once[: n + 1]) for n, total in enumerate(together) if n and total >= least > 1
    )
