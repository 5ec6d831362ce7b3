from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.prompts.ranking import (
    build_ranking_follow_up,
    build_ranking_prompt,
    hash_ranking_prompt,
)


def test_all_others_are_ranked_in_an_order_of_their_own() -> None:
    text = build_ranking_prompt("wave", ["sit", "clap"])
    assert text == build_ranking_prompt("wave", ["clap", "sit"])
    assert "The action is: wave\nRank all 2 other actions" in text
    assert text.endswith('{"ranking": ["<easiest>", ..., "<hardest>"]}')


@pytest.mark.parametrize("candidates", [[], ["sit", "sit"], ["sit", "wave"]])
def test_candidates_that_are_not_the_others_are_refused(candidates: list[str]) -> None:
    with pytest.raises(UsageError, match="one or more others, each once"):
        build_ranking_prompt("wave", candidates)


def test_a_second_question_has_another_hash() -> None:
    assert hash_ranking_prompt() != hash_ranking_prompt(again=True)
    assert build_ranking_follow_up("sit is missing.").startswith(
        "Your answer was not valid: sit is missing. Answer"
    )
