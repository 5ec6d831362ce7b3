from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.answering.inquiry import KINDS, MAX_TOKENS, Inquiry
from skeletonllm.errors import UsageError


def test_words_alone_are_a_question_and_no_words_a_recognition() -> None:
    assert Inquiry.of("Which hand?").kind == "question"
    assert Inquiry.of(" ").kind == "recognition"
    assert Inquiry.of("", "caption").kind == "caption"


def test_own_words_have_a_most_of_tokens() -> None:
    assert set(MAX_TOKENS) == set(KINDS) - {"recognition"}
    assert Inquiry(kind="caption").most_tokens == MAX_TOKENS["caption"]
    assert Inquiry(kind="caption", max_tokens=7).most_tokens == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "poem"}, "kind 'poem'; expected one of recognition, caption,"),
        ({"kind": "caption", "question": "Why?"}, r"the question 'Why\?' beside kind caption"),
        ({"kind": "question"}, "no question; expected some words"),
        ({"kind": "caption", "classes": ("a", "b")}, "classes with kind recognition alone"),
        ({"kind": "recognition", "choices": ("a", "b")}, "choices with kind question alone"),
        ({"classes": ("a",)}, r"classes \['a'\]; expected two or more, all different"),
        ({"classes": ("a", "a")}, "two or more, all different"),
        ({"classes": ("a", " ")}, "a line of text each"),
        ({"classes": ("a", "b\nc")}, "a line of text each"),
        ({"kind": "caption", "max_tokens": 0}, "max_tokens 0; expected 1 or more"),
    ],
)
def test_what_does_not_belong_together_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Inquiry(**given)
