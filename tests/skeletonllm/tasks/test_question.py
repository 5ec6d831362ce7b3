from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.shards import Sample
from skeletonllm.tasks import Answer, Example, get_task
from skeletonllm.views.asked_views import Refused

TASK = get_task("question")
HAND = {"form": "choice", "question": "Which hand?", "answer": "left", "choices": ["left", "right"]}
TWICE = {"form": "yes_no", "question": "Is it done\ntwice?", "answer": "no", "choices": None}
COUNT = {"form": "number", "question": "How often?", "answer": "3"}
LATE = {**COUNT, "start_s": 1.0, "end_s": 2.0}


@pytest.fixture
def ask(clip_of: Callable[..., Clip], stick_man) -> Callable[..., Example]:
    clip = clip_of(stick_man().motion(), None)

    def make(*rows: Mapping[str, Any]) -> Example:
        example = TASK.example(Sample(clip, questions=rows), {})
        assert example is not None
        return example

    return make


def test_each_question_is_drawn_with_its_own_answer(ask: Callable[..., Example]) -> None:
    example = ask(HAND, TWICE, COUNT)
    asked = {
        TASK.target(example, key=str(key)): TASK.prompt(example, num_frames=1, key=str(key))
        for key in range(60)
    }
    assert set(asked) == {"left", "no", "3"}
    assert "\nWhich hand?\nAnswer with one of these only:\n" in asked["left"]
    assert "\nIs it done twice?\nAnswer with one of these only:\n" in asked["no"]
    assert asked["3"].endswith("\nHow often?\nAnswer with a word or a short sentence.")


def test_choices_stand_in_an_order_that_is_drawn(ask: Callable[..., Example]) -> None:
    example = ask(HAND)
    prompts = {TASK.prompt(example, num_frames=1, key=str(key))[-10:] for key in range(20)}
    assert prompts == {"left\nright", "right\nleft"}


def test_an_evaluation_chooses_among_the_choices_of_its_own_question(
    ask: Callable[..., Example],
) -> None:
    for rows in ((HAND, TWICE), (TWICE, HAND, COUNT)):
        example = ask(*rows)
        for repeat in range(3):
            turn = replace(example, repeat=repeat)
            target = TASK.target(turn, key=turn.key)
            expected = {"left": ("left", "right"), "no": ("yes", "no"), "3": ()}[target]
            assert TASK.candidates(turn) == expected


def test_an_answer_that_is_no_choice_is_free_text(ask: Callable[..., Example]) -> None:
    assert TASK.candidates(ask({**TWICE, "answer": "No, once"})) == ()


def test_the_prompt_tells_the_stretch_that_is_asked_about(ask: Callable[..., Example]) -> None:
    prompt = TASK.prompt(ask(LATE), num_frames=4, key="a")
    assert "\nLook at what happens from Frame3 to Frame4. How often?\n" in prompt


def test_a_clip_without_questions_asks_nothing_and_refused_ones_are_not_hidden(
    clip_of: Callable[..., Clip], stick_man
) -> None:
    clip = clip_of(stick_man().motion())
    assert TASK.example(Sample(clip), {}) is None
    refused = Refused(UsageError("questions of another view"))
    assert TASK.example(Sample(clip, questions=refused, weight=0.0), {}) is not None
    with pytest.raises(UsageError, match="questions of another view"):
        TASK.example(Sample(clip, questions=refused), {})


def test_answers_are_scored_as_the_same_or_not() -> None:
    assert TASK.score([Answer("a", "left", "Left.", 2)]).to_json()["same"] == 1.0


def test_an_answer_can_say_of_which_kind_its_question_is(ask: Callable[..., Example]) -> None:
    rows = ({**HAND, "kind": "side"}, {**TWICE, "kind": "order"})
    example = ask(*rows)
    for repeat in range(2):
        turn = replace(example, repeat=repeat)
        kinds = {"left": "side", "no": "order"}
        assert TASK.kind(turn) == kinds[TASK.target(turn, key=turn.key)]
    assert TASK.kind(ask(HAND)) == ""
