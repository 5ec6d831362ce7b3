"""The links of a chain as sentences: how each follows from, or follows upon, the ones before."""

from __future__ import annotations

from collections.abc import Sequence

from skeletonllm.rationales.compose.causal_links import Link
from skeletonllm.rationales.compose.salient_events import Fact
from skeletonllm.rationales.compose.wording import Voice, again, clause, main, sentence

REST_S = 0.5
"""A rest shorter than this is not worth a word."""


def chain(
    facts: Sequence[Fact], links: Sequence[tuple[Link, ...]], voice: Voice
) -> tuple[str, ...]:
    """One sentence a fact: caused ones name their cause, others their time."""
    return tuple(
        sentence(_caused(i, facts, links[i], voice) if links[i] else _timed(i, facts, voice))
        for i in range(len(facts))
    )


def _timed(i: int, facts: Sequence[Fact], voice: Voice) -> str:
    """A fact without a cause: when it comes."""
    fact, what = facts[i].event, main(facts[i], voice)
    if i == 0:
        return _opening(fact.start_s, what, voice)
    rest = fact.start_s - max(f.event.end_s for f in facts[:i])
    if rest > REST_S:
        return f"after {rest:.1f} s of rest, {what}"
    if fact.start_s < facts[i - 1].event.end_s - 0.1:
        return voice.pick(f"{i}", f"at the same time {what}", f"meanwhile {what}")
    return voice.pick(f"{i}", f"then {what}", f"next, {what}")


def _opening(start_s: float, what: str, voice: Voice) -> str:
    if start_s > 0.4:
        return voice.pick(
            "0", f"{what}, {start_s:.1f} s into the clip", f"at {start_s:.1f} s {what}"
        )
    return voice.pick("0", f"right away {what}", f"first {what}")


def _caused(i: int, facts: Sequence[Fact], links: tuple[Link, ...], voice: Voice) -> str:
    first, *more = links
    text = _because(first, i, facts, voice)
    for link in more:
        cause = facts[link.cause]
        if link.kind == "drives":
            return f"{text}, helped as {clause(cause, voice)}"
        if link.kind == "undoes" and not _gone(cause, facts[i]):
            return f"{text}, taking back step {link.cause + 1}"
    return text


def _because(link: Link, i: int, facts: Sequence[Fact], voice: Voice) -> str:
    fact, before = facts[i], facts[link.cause]
    what, cause, number = main(fact, voice), clause(before, voice), link.cause + 1
    key = f"{link.kind}{i}"
    if link.kind == "drives":
        it = again(fact, voice) if _same_part(before, fact) else what
        return voice.pick(key, f"as {cause}, {it}", f"{what}, because {_it(before, fact, cause)}")
    if link.kind == "answers":
        return voice.pick(
            key, f"in answer, as {cause}, {what}", f"{what}, which answers step {number}"
        )
    if link.kind == "undoes":
        return _back(link, i, facts, voice)
    if link.cause == i - 1:
        return voice.pick(key, f"this prepares what follows: {what}", f"building on that, {what}")
    return f"prepared by step {number}, {what}"


def _it(cause: Fact, effect: Fact, text: str) -> str:
    """The cause after the effect: a part that was just named becomes ``it``."""
    if not _same_part(cause, effect):
        return text
    both = cause.event.side == "both"
    verbs = {"raise": ("it rises", "they rise"), "lower": ("it comes down", "they come down")}
    return verbs.get(cause.event.motion, ("it moves", "they move"))[both]


def _back(link: Link, i: int, facts: Sequence[Fact], voice: Voice) -> str:
    """The way back: after how long, and from what."""
    fact, before = facts[i], facts[link.cause]
    what = main(fact, voice)
    stay = fact.event.start_s - before.event.end_s
    if stay > REST_S:
        return f"after {stay:.1f} s like that, {what}"
    return f"from there {what}" if link.cause == i - 1 else f"undoing step {link.cause + 1}, {what}"


def _gone(cause: Fact, effect: Fact) -> bool:
    """Whether what is taken back was repeated, or was a meeting, so that nothing is left of it."""
    return cause.count > 1 or effect.event.motion == "retreat"


def _same_part(a: Fact, b: Fact) -> bool:
    one, two = a.event, b.event
    return (one.person, one.part, one.side) == (two.person, two.part, two.side)
