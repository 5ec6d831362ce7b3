"""One ranking out of several, by reciprocal rank, keeping who said what.

Ranks are fused, not scores: a cosine and a distance have no common unit. A candidate takes the
weighted mean over the sources that know it, so that a class without clips is ranked by its name
alone instead of being pushed to the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Scores = Mapping[str, float]
"""Candidate -> score of one source; higher is harder. Candidates it does not know are absent."""

RECIPROCAL = 10.0
"""The constant of 1 / (RECIPROCAL + rank) (Cormack et al., SIGIR 2009, take 60 for long lists; over
a hundred classes that is nearly a mean of ranks, while 10 lets one source's firm "first" count)."""
_DIGITS = 9
"""Scores are rounded to this before ranking, so that the last bit of a sum decides no order."""


@dataclass(frozen=True)
class Ranked:
    """One candidate: its place, fused score, and ``(source, score, rank)`` of each that knew it."""

    candidate: str
    rank: int
    score: float
    sources: tuple[tuple[str, float, int], ...]


def fuse_rankings(
    candidates: Sequence[str],
    sources: Mapping[str, Scores],
    weights: Mapping[str, float] | None = None,
) -> list[Ranked]:
    """Rank all candidates; ties are broken by name.

    Args:
        candidates: All classes to be ranked.
        sources: Scores by name of the source; a candidate that a source does not know is absent
            there.
        weights: How much each source counts, not negative; a source that is absent counts nothing.
            None: all alike. Where nobody with a weight knows a candidate, all who do count alike.

    Example:
        >>> best, *_ = fuse_rankings(["sit", "wave"], {"text": {"sit": 0.1, "wave": 0.9}})
        >>> best.candidate, best.sources
        ('wave', (('text', 0.9, 1),))
    """
    ranks = {name: _tied_ranks(scores) for name, scores in sources.items()}
    said = {
        candidate: tuple(
            (name, float(sources[name][candidate]), ranks[name][candidate])
            for name in sources
            if candidate in sources[name]
        )
        for candidate in candidates
    }
    fused = {candidate: _reciprocal(entries, weights) for candidate, entries in said.items()}
    places = {name: place for place, name in enumerate(_ordered(fused), start=1)}
    ranked = [Ranked(name, places[name], fused[name], said[name]) for name in candidates]
    return sorted(ranked, key=lambda entry: entry.rank)


def _reciprocal(
    entries: Sequence[tuple[str, float, int]], weights: Mapping[str, float] | None
) -> float:
    shares = [1.0 if weights is None else weights.get(name, 0.0) for name, _, _ in entries]
    if not any(shares):
        shares = [1.0] * len(entries)
    heard = sum(share / (RECIPROCAL + e[2]) for share, e in zip(shares, entries, strict=True))
    return heard / (sum(shares) or 1.0)


def _tied_ranks(scores: Scores) -> dict[str, int]:
    """1 for the highest score; equal scores share the last of their places.

    Most names share no word, so most cosines are 0: by this they all rank last, instead of in an
    alphabetical order that would count as evidence.
    """
    last = {_rounded(scores[name]): place for place, name in enumerate(_ordered(scores), start=1)}
    return {name: last[_rounded(score)] for name, score in scores.items()}


def _ordered(scores: Scores) -> list[str]:
    """Highest score first, equal ones by name."""
    return sorted(scores, key=lambda name: (-_rounded(scores[name]), name))


def _rounded(score: float) -> float:
    return round(score, _DIGITS)
