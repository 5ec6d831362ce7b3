from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import RESPONSE
from skeletonllm.errors import SchemaError, UsageError
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


@pytest.mark.parametrize(
    ("responses", "fault"),
    [
        ([SAID, SAID], "a row a condition, clip and turn"),
        ([replace(SAID, scores=(float("nan"), 0.0, 0.0))], "scores are finite"),
        ([replace(SAID, scores=(0.0,))], "one score a candidate"),
        ([replace(SAID, tokens=None)], "candidates and scores together"),
    ],
)
def test_a_table_that_breaks_a_rule_is_not_written(responses: list[Response], fault: str) -> None:
    with pytest.raises(SchemaError, match=fault):
        responses_to_table(responses)
