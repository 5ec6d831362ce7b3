"""Captions drawn at random out of few words, so that n-grams meet."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from("a person walks waves the left hand up".split()), max_size=9)
"""Words of a caption, possibly none."""

SPOKEN = WORDS.filter(bool)


@st.composite
def corpora(draw: st.DrawFn, least: int = 2) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Words of a caption and of one to three references, for each of some clips."""
    count = draw(st.integers(least, 6))
    told = [draw(WORDS) for _ in range(count)]
    return told, [draw(st.lists(SPOKEN, min_size=1, max_size=3)) for _ in range(count)]
