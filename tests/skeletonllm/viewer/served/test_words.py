from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.viewer.served.words import WordIndex, WordIndexBuilder, split_words

TEXTS = st.lists(st.text(alphabet="abé_ 1", max_size=12), min_size=1, max_size=90)


def index_of(texts: list[str]) -> WordIndex:
    builder = WordIndexBuilder()
    for text in texts:
        builder.add([text])
    return builder.build()


@given(texts=TEXTS, start=st.sampled_from(["a", "b", "ab", "é", "1", "zz"]))
@settings(max_examples=60, deadline=None)
def test_a_row_is_found_if_one_of_its_words_begins_so(texts: list[str], start: str) -> None:
    expected = [any(word.startswith(start) for word in split_words(text)) for text in texts]
    assert index_of(texts).find(start).tolist() == expected


def test_common_words_are_bits_and_rare_ones_rows() -> None:
    texts = ["the hand"] * 50 + ["the foot"] + ["the head"] * 49
    index = index_of(texts)
    assert [index.words[place] for place in index.common] == ["hand", "head", "the"]
    assert index.bits.shape == (3, 13)
    assert index.rows.tolist() == [50]
    assert index.find("the").all()
    assert np.flatnonzero(index.find("foot")).tolist() == [50]
    assert index.find("h").sum() == 99


def test_letters_beyond_the_plane_and_no_text_at_all() -> None:
    index = index_of(["\U0001d51e\U0001d51f", ""])
    assert index.find("\U0001d51e").tolist() == [True, False]
    assert WordIndexBuilder().build().find("a").tolist() == []


def test_a_word_without_end_is_kept_by_its_beginning() -> None:
    assert split_words("x" * 5000) == ["x" * 40]
