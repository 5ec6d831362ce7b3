"""The links of a chain as sentences: how each follows from, or follows upon, the ones before."""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.rationales.compose.causal_links import CausalLink
from skeletonllm.rationales.compose.salient_events import SalientEvent
from skeletonllm.rationales.compose.wording import (
    Phrasing,
    describe_event,
    describe_same_part,
    format_sentence,
    name_event,
)

REST_S = 0.5
"""A rest shorter than this is not worth a word."""


def compose_sentences(
    salient_events: Sequence[SalientEvent],
    links: Sequence[tuple[CausalLink, ...]],
    phrasing: Phrasing,
) -> tuple[str, ...]:
    """One sentence an event: caused ones name their cause, others their time.

    Args:
        salient_events: In the order they begin.
        links: For each of them, its causes.
        phrasing: How many persons there are, and which of several phrases is taken.
    """
    return tuple(
        format_sentence(
            _caused(i, salient_events, links[i], phrasing)
            if links[i]
            else _timed(i, salient_events, phrasing)
        )
        for i in range(len(salient_events))
    )


def _timed(i: int, salient_events: Sequence[SalientEvent], phrasing: Phrasing) -> str:
    """A salient event without a cause: when it comes."""
    salient_event, what = salient_events[i].event, describe_event(salient_events[i], phrasing)
    if i == 0:
        return _opening(salient_event.start_s, what, phrasing)
    rest = salient_event.start_s - max(f.event.end_s for f in salient_events[:i])
    if rest > REST_S:
        return f"after {rest:.1f} s of rest, {what}"
    if salient_event.start_s < salient_events[i - 1].event.end_s - 0.1:
        return phrasing.pick(f"{i}", f"at the same time {what}", f"meanwhile {what}")
    return phrasing.pick(f"{i}", f"then {what}", f"next, {what}")


def _opening(start_s: float, what: str, phrasing: Phrasing) -> str:
    if start_s > 0.4:
        return phrasing.pick(
            "0", f"{what}, {start_s:.1f} s into the clip", f"at {start_s:.1f} s {what}"
        )
    return phrasing.pick("0", f"right away {what}", f"first {what}")


def _caused(
    i: int,
    salient_events: Sequence[SalientEvent],
    links: tuple[CausalLink, ...],
    phrasing: Phrasing,
) -> str:
    first, *more = links
    text = _because(first, i, salient_events, phrasing)
    for link in more:
        cause = salient_events[link.cause]
        if link.kind == "drives":
            return f"{text}, helped as {name_event(cause, phrasing)}"
        if link.kind == "undoes" and not _gone(cause, salient_events[i]):
            return f"{text}, taking back step {link.cause + 1}"
    return text


def _because(
    link: CausalLink, i: int, salient_events: Sequence[SalientEvent], phrasing: Phrasing
) -> str:
    salient_event, before = salient_events[i], salient_events[link.cause]
    what, cause, number = (
        describe_event(salient_event, phrasing),
        name_event(before, phrasing),
        link.cause + 1,
    )
    key = f"{link.kind}{i}"
    if link.kind == "drives":
        it = (
            describe_same_part(salient_event, phrasing)
            if _same_part(before, salient_event)
            else what
        )
        return phrasing.pick(
            key, f"as {cause}, {it}", f"{what}, because {_it(before, salient_event, cause)}"
        )
    if link.kind == "answers":
        return phrasing.pick(
            key, f"in answer, as {cause}, {what}", f"{what}, which answers step {number}"
        )
    if link.kind == "undoes":
        return _back(link, i, salient_events, phrasing)
    if link.cause == i - 1:
        return phrasing.pick(
            key, f"this prepares what follows: {what}", f"building on that, {what}"
        )
    return f"prepared by step {number}, {what}"


def _it(cause: SalientEvent, effect: SalientEvent, text: str) -> str:
    """The cause after the effect: a part that was just named becomes ``it``."""
    if not _same_part(cause, effect):
        return text
    both = cause.event.side == "both"
    verbs = {"raise": ("it rises", "they rise"), "lower": ("it comes down", "they come down")}
    return verbs.get(cause.event.motion, ("it moves", "they move"))[both]


def _back(
    link: CausalLink, i: int, salient_events: Sequence[SalientEvent], phrasing: Phrasing
) -> str:
    """The way back: after how long, and from what."""
    salient_event, before = salient_events[i], salient_events[link.cause]
    what = describe_event(salient_event, phrasing)
    stay = salient_event.event.start_s - before.event.end_s
    if stay > REST_S:
        return f"after {stay:.1f} s like that, {what}"
    return f"from there {what}" if link.cause == i - 1 else f"undoing step {link.cause + 1}, {what}"


def _gone(cause: SalientEvent, effect: SalientEvent) -> bool:
    """Whether what is taken back was repeated, or was a meeting, so that nothing is left of it."""
    return cause.count > 1 or effect.event.motion == "retreat"


def _same_part(a: SalientEvent, b: SalientEvent) -> bool:
    one, two = a.event, b.event
    return (one.person, one.part, one.side) == (two.person, two.part, two.side)
