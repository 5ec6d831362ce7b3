"""Words: case and punctuation do not count, all else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.evaluation.captions.words import make_splitter
from skeletonllm.testing.strategies import FEW_EXAMPLES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man Walks, then sits.", "a man walks then sits"),
        ("a man walks , then sits", "a man walks then sits"),
        ('"Stop!" (he waves)', "stop he waves"),
        ("the person's left-hand side", "the person's left-hand side"),
        ("turns 90 degrees, 1.5 times", "turns 90 degrees 1.5 times"),
        ("kicks something/someone", "kicks something someone"),
        ("läuft im Kreis.", "läuft im kreis"),
        ("... - !", ""),
        ("", ""),
        (" \n", ""),
    ],
)
def test_words_of_a_text(text: str, words: str) -> None:
    assert make_splitter()(text) == words.split()


@FEW_EXAMPLES
@given(text=st.text(max_size=30))
def test_no_word_is_punctuation_alone_or_has_a_space(text: str) -> None:
    for word in make_splitter()(text):
        assert any(letter.isalnum() for letter in word)
        assert word.split() == [word]
