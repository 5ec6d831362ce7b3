"""What joins clauses to sentences: causes, order, and the lead of a summary.

A form has slots in braces; the composer fills them and the parser finds what filled them.
"""

from __future__ import annotations

from collections.abc import Iterator

CAUSES: tuple[str, ...] = (
    "because {cause}, {effect}",
    "since {cause}, {effect}",
    "as {cause}, {effect}",
    "given that {cause}, {effect}",
    "{effect}, because {cause}",
    "{effect} because {cause}",
    "{effect}, since {cause}",
    "{effect}, as {cause}",
    "{cause}, and so {effect}",
    "{cause}; therefore {effect}",
    "{cause}, and for this reason {effect}",
    "{cause}; as a result, {effect}",
    "the reason that {effect} is that {cause}",
)
"""Cause and effect, both as whole clauses."""
GERUND_CAUSES: tuple[str, ...] = (
    "{effect}, driven by {cause}",
    "{effect}, which comes from {cause}",
    "{effect}, caused by {cause}",
    "{effect} as a result of {cause}",
    "{effect}, thanks to {cause}",
    "{effect}, powered by {cause}",
    "owing to {cause}, {effect}",
    "with {cause}, {effect}",
    "through {cause}, {effect}",
    "driven by {cause}, {effect}",
)
"""The same, with the cause in -ing: ``driven by the right elbow bending``."""

ORDER: dict[str, tuple[str, ...]] = {
    "": (
        "{clause}",
        "here {clause}",
        "one sees how {clause}",
        "the clip shows how {clause}",
        "it can be seen that {clause}",
        "in this clip {clause}",
    ),
    "first": (
        "first, {clause}",
        "at first {clause}",
        "to begin with, {clause}",
        "initially, {clause}",
        "at the start {clause}",
        "it begins when {clause}",
        "the opening move is that {clause}",
        "{clause} at the beginning",
    ),
    "after": (
        "then {clause}",
        "next, {clause}",
        "after that, {clause}",
        "afterwards, {clause}",
        "following this, {clause}",
        "what comes next is that {clause}",
        "later {clause}",
        "subsequently {clause}",
        "this is followed by a moment when {clause}",
        "{clause} after that",
        "{clause} afterwards",
        "{clause} next",
    ),
    "during": (
        "meanwhile {clause}",
        "in the meantime {clause}",
        "while this goes on, {clause}",
        "during this, {clause}",
        "alongside this, {clause}",
        "{clause} meanwhile",
        "{clause} in the meantime",
    ),
    "with": (
        "at the same time {clause}",
        "simultaneously {clause}",
        "together with this, {clause}",
        "at the same moment {clause}",
        "in parallel, {clause}",
        "{clause} at the same time",
        "{clause} simultaneously",
    ),
}
"""Order to the step before, to the forms that tell it."""

CAST: tuple[str, ...] = (
    "most of the movement is made by {parts}",
    "the work is done mainly by {parts}",
    "look at {parts}",
    "this clip is about {parts}",
    "attention belongs to {parts}",
    "what matters is found in {parts}",
    "most happens with {parts}",
    "action comes mostly from {parts}",
    "a leading role falls to {parts}",
    "key to this clip is the use of {parts}",
    "above all, watch {parts}",
    "everything important concerns {parts}",
    "nearly all of the action lies with {parts}",
    "our eyes should follow {parts}",
)
"""Which parts act."""
GIST: tuple[str, ...] = (
    "in short, {claims}",
    "on the whole, {claims}",
    "all in all, {claims}",
    "in brief, {claims}",
    "to sum up, {claims}",
    "seen as a whole, {claims}",
    "altogether, {claims}",
    "in essence, {claims}",
    "overall, {claims}",
    "put simply, {claims}",
    "said briefly, {claims}",
    "taken together, {claims}",
    "basically, {claims}",
)
"""The main claims as a whole."""


def split_form(form: str, text: str) -> Iterator[dict[str, str]]:
    """Every way in which a text can fill the slots of a form, as slot to words.

    Args:
        form: With one slot or two.
        text: In lower case, without full stop.

    Example:
        >>> list(split_form("since {cause}, {effect}", "since a, b, c"))
        [{'cause': 'a', 'effect': 'b, c'}, {'cause': 'a, b', 'effect': 'c'}]
    """
    head, _, rest = form.partition("{")
    first, _, rest = rest.partition("}")
    between, _, rest = rest.partition("{")
    second, _, tail = rest.partition("}")
    end = tail if second else between
    if not (text.startswith(head) and text.endswith(end)):
        return
    inner = text[len(head) : len(text) - len(end)]
    if not second:
        yield {first: inner}
        return
    at = inner.find(between)
    while at > 0:
        yield {first: inner[:at], second: inner[at + len(between) :]}
        at = inner.find(between, at + 1)
