from __future__ import annotations

import pytest

from schemas import RESPONSE
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.responses.response import (
    SCORINGS,
    Response,
    responses_from_table,
    responses_to_table,
)

SAID = Response(
    clip_id="a",
    target="sit down slowly",
    label="sit down slowly",
    candidates=("wave", "sit down slowly", "throw"),
    scores=(-4.0, -6.0, -5.0),
    tokens=(2, 4, 2),
    blind_scores=(-1.0, -8.0, -2.0),
)


def test_each_scoring_may_prefer_another_candidate() -> None:
    """-4 is the likeliest, -6 over 4 tokens the likeliest by token; black pictures like waves."""
    chosen = {name: SAID.choose(name) for name in SCORINGS}
    assert {name: answer.prediction for name, answer in chosen.items() if answer} == {
        "sum": "wave",
        "mean": "sit down slowly",
        "minus_blind": "sit down slowly",
        "blind": "wave",
    }


def test_of_equal_scores_the_first_wins_and_what_was_not_scored_has_no_answer() -> None:
    even = Response(clip_id="a", target="x", candidates=("x", "y"), scores=(-1.0, -1.0))
    first = even.choose()
    assert first is not None
    assert (first.prediction, first.num_candidates) == ("x", 2)
    assert even.choose("mean") is None
    assert even.choose("blind") is None
    assert Response(clip_id="a", target="x", text="y").choose() is None
    with pytest.raises(UsageError, match="scoring 'best'; expected one of sum, mean"):
        SAID.choose("best")


def test_a_table_gives_the_responses_back() -> None:
    written = Response(clip_id="b", target="x", text="It is x.", verdicts=("true",), turn=1)
    table = responses_to_table([SAID, written])
    assert RESPONSE.faults(table) == []
    back = responses_from_table(table)
    assert list(back[0].scores or ()) == list(SAID.scores or ())
    assert (back[1].text, back[1].candidates, back[1].turn) == ("It is x.", None, 1)


def test_a_table_with_a_response_twice_or_a_number_that_is_none_is_refused() -> None:
    twice = responses_to_table([SAID, SAID])
    assert any("a row a condition, clip and turn" in fault for fault in RESPONSE.faults(twice))
    spoiled = Response(
        clip_id="a", target="x", candidates=("x", "y"), scores=(float("nan"), 0.0), tokens=(1, 1)
    )
    assert any("scores are finite" in f for f in RESPONSE.faults(responses_to_table([spoiled])))
    short = Response(clip_id="a", target="x", candidates=("x", "y"), scores=(0.0,), tokens=(1, 1))
    assert any("one score a candidate" in f for f in RESPONSE.faults(responses_to_table([short])))
