from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.prompts import build_student_prompt
from skeletonllm.shards import Sample
from skeletonllm.tasks import Answer, get_task
from skeletonllm.tasks.rationale import read_label, select_taught
from skeletonllm.views.asked_views import Refused

TASK = get_task("rationale")
TEXTS = [f"The hand goes up.\n1. Way {n}.\nLabel: drink water" for n in range(3)]


def told(text: str, status: str = "accepted", grounded: float = 1.0) -> dict[str, Any]:
    return {"text": text, "status": status, "grounded": grounded}


@pytest.fixture
def clip(clip_of: Callable[..., Clip], stick_man) -> Clip:
    return clip_of(stick_man().motion())


def test_the_student_is_told_nothing_and_learns_the_whole_of_one_telling(clip: Clip) -> None:
    example = TASK.example(Sample(clip, [told(text) for text in TEXTS]), {})
    assert example is not None
    assert TASK.prompt(example, num_frames=3, key="a") == build_student_prompt(num_frames=3)
    assert {TASK.target(example, key=str(key)) for key in range(40)} == {*TEXTS}
    again = [replace(example, repeat=repeat) for repeat in range(3)]
    assert {TASK.target(e, key="k") for e in again} == {*TEXTS}
    assert TASK.candidates(example) == ()


@pytest.mark.parametrize(
    "row",
    [
        told(TEXTS[0], "rejected"),
        told(TEXTS[0], grounded=0.0),
        told("The hand goes up.\nLabel: hand waving"),
        told("The hand goes up."),
        told("Label: drink water"),
        told("Label: drink water\nThe hand goes up."),
    ],
)
def test_what_must_not_be_taught_is_not(row: dict[str, Any], clip: Clip) -> None:
    assert select_taught([row], "drink water") == ()
    assert TASK.example(Sample(clip, [row]), {}) is None
    both = TASK.example(Sample(clip, [row, told(TEXTS[1])]), {})
    assert both is not None
    assert both.texts == (TEXTS[1],)


def test_what_was_kept_with_faults_is_taught_where_nothing_is_accepted() -> None:
    faulty, good = told(TEXTS[0], "kept_with_faults", 0.5), told(TEXTS[1])
    assert select_taught([faulty], "drink water") == (TEXTS[0],)
    assert select_taught([faulty, good], "drink water") == (TEXTS[1],)


def test_a_label_of_many_spaces_is_that_of_its_rationale() -> None:
    assert select_taught([told(TEXTS[0])], " drink \n water") == (TEXTS[0],)


def test_a_clip_without_a_label_or_a_rationale_asks_nothing(clip: Clip) -> None:
    nameless = replace(clip, label=None, label_id=None, label_namespace=None)
    assert TASK.example(Sample(nameless, [told(TEXTS[0])]), {}) is None
    assert TASK.example(Sample(clip), {}) is None


def test_refused_rationales_are_not_hidden_but_in_an_empty_slot(clip: Clip) -> None:
    refused = Refused(UsageError("rationales of another view"))
    assert TASK.example(Sample(clip, refused, weight=0.0), {}) is not None
    with pytest.raises(UsageError, match="rationales of another view"):
        TASK.example(Sample(clip, refused), {})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Up.\nLabel: hand waving\n", "hand waving"),
        ("Label:sit", "sit"),
        ("Label: sit\nand more", ""),
        ("", ""),
    ],
)
def test_the_last_line_is_the_answer(text: str, label: str) -> None:
    assert read_label(text) == label


def test_answers_are_scored_by_their_last_line() -> None:
    right = Answer("a", TEXTS[0], "Other words.\nLabel: drink water", 0)
    wrong = Answer("b", TEXTS[1], "Other words.\nLabel: sit", 0)
    silent = Answer("c", TEXTS[1], "drink water", 0)
    scores = TASK.score([right, wrong, silent]).to_json()
    assert (scores["top1"], scores["chance"]) == (pytest.approx(1 / 3), 0)
    assert scores["by_class"] == {"drink water": {"clips": 3, "right": 1}}
