from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.questions.baselines import count_answers, measure_blind


def row(clip: int, answer: str, *wrong: str, question: str = "Which?", **more: Any) -> Any:
    plain = {"clip_id": f"toy/{clip}", "kind": "side", "form": "choice", "question": question}
    return {**plain, "answer": answer, "choices": [answer, *wrong], **more}


def test_an_answer_that_is_always_the_same_is_known_without_looking() -> None:
    blind = measure_blind([row(n, "left", "right") for n in range(40)])["side"]
    assert (blind.count, blind.chance, blind.usual, blind.worded) == (40, 0.5, 1.0, 1.0)


def test_what_the_words_give_away_shows_in_the_second_number_alone() -> None:
    rows = [
        row(n, *(("left", "right") if n % 2 else ("right", "left")), question=f"Which? {n % 2}")
        for n in range(60)
    ]
    blind = measure_blind(rows)["side"]
    assert blind.worded == 1.0
    assert blind.usual < 0.8


def test_of_sentences_the_movement_and_its_part_count() -> None:
    rows = [
        row(n, f"the {side} hand goes up", f"the {side} knee bends", kind="order")
        for n in range(30)
        for side in ("left", "right")
    ]
    assert measure_blind(rows)["order"].usual == 1.0


def test_nothing_is_known_of_a_kind_that_is_asked_once() -> None:
    blind = measure_blind([row(0, "a", "b", "c", kind="speed")])["speed"]
    assert blind.usual == blind.worded == pytest.approx(1 / 3)
    assert blind.to_json()["count"] == 1


def test_answers_are_counted_by_kind_and_sentences_together() -> None:
    rows = [
        row(0, "left", "right"),
        row(1, "right", "left"),
        row(2, "yes", "no", kind="order", form="yes_no"),
        row(3, "the left hand goes up", "the right hand goes up", kind="order"),
    ]
    assert count_answers(rows) == {
        "order": {"a sentence": 1, "yes": 1},
        "side": {"left": 1, "right": 1},
    }
