"""What is untrue or unfair in words: a sentence against its claim, a text against its label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skeletonllm.rationales.language.forms import list_facts, unify_claim
from skeletonllm.rationales.language.inflection import inflect_verb
from skeletonllm.rationales.language.measures import Measure, write_measure
from skeletonllm.rationales.language.parser import (
    LABEL,
    ParsedClaim,
    list_halves,
    parse_claims,
    split_sentences,
)
from skeletonllm.rationales.language.reader import Claimed, read_free_text
from skeletonllm.rationales.rationale import Step

_FIELDS = ("motion", "part", "side", "person", "target", "direction", "count")
_SILENT = {"target": "", "direction": "", "count": 1}
"""Value of a field that a sentence did not tell; silence contradicts nothing."""
_GIVEN_AWAY = re.compile(
    r"\bground[- ]?truth\b|\bas (?:is |was )?label(?:l)?ed\b|\blabel(?:l)?ed (?:as|with)\b"
    r"|\b(?:the|this|its|a|given|true|correct|provided) label\b|\bannotat(?:ed|ion|ions|or)\b"
    r"|\b(?:correct|true|given|expected) (?:answer|class|category)\b",
    re.IGNORECASE,
)
_COUNT = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_FRAMES = re.compile(
    rf"\bframes?\s*(?:no\.?|numbers?|nos\.?|#|:)?\s*{_COUNT}\b|\b\d+(?:st|nd|rd|th) frame\b",
    re.IGNORECASE,
)
_CONCLUSION = (
    r"(?:\b(?:this|it|that|which|here|(?:the|this) (?:whole |overall )?"
    r"(?:action|motion|movement|clip|activity|gesture|sequence|video|class|answer|person|scene))"
    r"(?:,| clearly| therefore| thus| most likely)*"
    r" (?:is|was|shows|depicts|looks like|resembles|represents|must be|seems to be|appears to be"
    r"|amounts to|means|matches|performs|does|makes (?:this|it))"
    r"|\b(?:so|thus|hence|therefore|conclusion|answer|action|class)\s*[:,]?"
    r"|\b(?:typical|characteristic|indicative|part) (?:of|for)|\bconsistent with"
    r"|\b(?:identified|recogni[sz]ed|classified|known|seen|described) as)"
    r"(?: called| named| clearly| of)*"
    r"(?: (?:a|an|the|someone|somebody|one|doing|performing|making))*\s*[\"'`]?"
)


def find_sentence_faults(
    text: str,
    claim: Step,
    causes: Sequence[Step] | None = None,
    measure: Measure | None = None,
) -> tuple[str, ...]:
    """Where a sentence disagrees with its claim, a few words each; empty if it does not.

    A composed sentence is parsed. Of any other, each word for a side, part, motion, level, way,
    number or person must be one of the claim, of its target or of a cause; what it does not tell is
    no fault, and what it tells beyond the claim is one.

    Args:
        text: The sentence; some are allowed.
        claim: What it should say.
        causes: The steps that may be named as causes; None if they are not known, and then a cause
            of a composed sentence is not judged.
        measure: The amount that may be told.

    Example:
        >>> claim = Step(1, 0.0, 1.0, "raise", "hand", "left", target="overhead", count=3)
        >>> find_sentence_faults("The person lifts their left arm overhead three times.", claim)
        ()
        >>> find_sentence_faults("The left foot kicks the ceiling nine times.", claim)[0]
        'part foot, where the claim has hand'
    """
    claim = unify_claim(claim)
    causes = None if causes is None else [unify_claim(cause) for cause in causes]
    found: list[str] = []
    claimed = Claimed(claim, causes or (), _list_numbers(measure))
    for parsed, sentence in ((p, p.text) for p in parse_claims(text)):
        if parsed.role == "unknown":
            found += _read_by_halves(sentence, claimed) or read_free_text(sentence, claimed)
        elif parsed.role != "cast" and parsed.motion != "other":
            found += _compare(parsed, claim, causes)
            found += _compare_measures(parsed.measure, measure)
            if "once" in sentence.casefold().split() and claim.count > 1:
                found.append(f"count once, where the claim has {claim.count}")
    return tuple(dict.fromkeys(found))


def _read_by_halves(sentence: str, claimed: Claimed) -> tuple[str, ...]:
    """Where cause or effect is a sentence of ours, the other may only say its own."""
    for half, rest in list_halves(sentence):
        if isinstance(half, ParsedClaim):
            found = [*_compare(half, claimed.step, None)]
            if claimed.causes:
                first, *others = claimed.causes
                found += read_free_text(rest, Claimed(first, others))
        else:
            found = [*read_free_text(rest, Claimed(claimed.step, (), claimed.measures))]
        if found:
            return tuple(found)
    return ()


def _compare(parsed: ParsedClaim, claim: Step, causes: Sequence[Step] | None) -> Iterator[str]:
    for name, said, claimed in zip(_FIELDS, parsed.facts, list_facts(claim), strict=True):
        if said not in (claimed, _SILENT.get(name)):
            yield f"{name} {said}, where the claim has {claimed}"
    for cause in parsed.causes if causes is not None else ():
        if not any(cause.names(ParsedClaim(*list_facts(step))) for step in causes or ()):
            yield f"a cause, {cause.side} {cause.part} {cause.motion}, that the claim does not have"


def _compare_measures(said: Measure | None, measured: Measure | None) -> Iterator[str]:
    """As they are written: what was rounded away is no other number."""
    if said and (measured is None or write_measure(said) != write_measure(measured)):
        yield f"number {write_measure(said)}, which was not measured"


def _list_numbers(measure: Measure | None) -> tuple[float, ...]:
    """Every number that may stand with a unit."""
    if measure is None:
        return ()
    scaled = 100 * measure.amount if measure.unit in ("metres", "statures") else measure.amount
    values = (measure.amount, scaled, *((measure.before,) if measure.before else ()))
    return tuple(round(v, digits) for v in values for digits in (0, 1))


def find_text_faults(text: str, label: str, other_labels: Sequence[str]) -> tuple[str, ...]:
    """What gives the answer away, or gives another one, in the whole text of a rationale.

    The words of a claim are no fault, even where another class has them for a name; nor is the
    final ``Label:`` line.

    Args:
        text: The rationale.
        label: Of the clip.
        other_labels: The other classes.

    Example:
        >>> find_text_faults("The right hand throws forward.", "push", ["throw"])
        ()
        >>> find_text_faults("It rises in frame 12, so this is a throw.", "push", ["throw"])
        ('a frame number: frame 12', 'another class: throw')
    """
    body = LABEL.sub("", text)
    faults = [f"the label is given away: {m[0]}" for m in _GIVEN_AWAY.finditer(body)]
    faults += [f"a frame number: {m[0]}" for m in _FRAMES.finditer(body)]
    free = [s for s in split_sentences(text) if parse_claims(s)[0].role == "unknown"]
    own = re.compile(_spell(label), re.IGNORECASE)
    rest = " \n ".join(own.sub("it", sentence) for sentence in free)
    faults += [
        f"another class: {other}"
        for other in other_labels
        if _words(other) != _words(label) and _names_class(rest, other)
    ]
    return tuple(dict.fromkeys(faults))


def _names_class(text: str, label: str) -> bool:
    """One word may be that of a movement, so it counts only as the conclusion."""
    lead = _CONCLUSION if len(_words(label)) == 1 else ""
    return bool(re.search(lead + _spell(label), text, re.IGNORECASE))


def _words(label: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", label.casefold())


def _spell(label: str) -> str:
    """Pattern of a class's name, its first word perhaps in -ing or of the third person."""
    first, *rest = _words(label) or [label.casefold()]
    forms = {first, *(inflect_verb(first, form) for form in ("singular", "gerund"))}
    head = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return r"\b" + r"[\W_]+".join([f"(?:{head})", *map(re.escape, rest)]) + r"\b"
