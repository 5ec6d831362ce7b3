from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.prompts import build_recognition_prompt
from skeletonllm.shards import Sample
from skeletonllm.tasks import Answer, Example, get_task

TASK = get_task("recognition")
CANDIDATES = {"toy": ("drink water", "sit"), "ntu": ("jump",)}


@pytest.fixture
def clip(clip_of: Callable[..., Clip], stick_man) -> Clip:
    return clip_of(stick_man().motion())


@pytest.fixture
def example(clip: Clip) -> Example:
    example = TASK.example(Sample(clip), CANDIDATES)
    assert example is not None
    return example


def test_a_sample_asks_for_its_class_among_those_of_its_namespace(clip: Clip) -> None:
    slot = TASK.example(Sample(clip, weight=0.0), CANDIDATES)
    assert slot is not None
    assert (slot.key, slot.label, slot.weight) == ("toy/0", "drink water", 0.0)
    assert slot.motion is clip.motion
    assert TASK.candidates(slot) == ("drink water", "sit")


def test_a_clip_without_a_label_asks_nothing(clip: Clip) -> None:
    nameless = replace(clip, label=None, label_id=None, label_namespace=None)
    assert TASK.example(Sample(nameless), CANDIDATES) is None


def test_the_prompt_is_that_of_its_key_and_the_target_the_label(example: Example) -> None:
    prompt = TASK.prompt(example, num_frames=2, key="toy/0/7")
    assert prompt == build_recognition_prompt(CANDIDATES["toy"], num_frames=2, key="toy/0/7")
    assert TASK.target(example, key="toy/0/7") == TASK.target(example, key="") == "drink water"
    assert TASK.version == "recognition/1"


def test_each_repeat_has_an_order_of_its_own(clip: Clip) -> None:
    names = tuple("abcdefgh")
    example = TASK.example(Sample(clip), {"toy": names})
    assert example is not None
    again = [replace(example, repeat=repeat) for repeat in range(4)]
    assert len({TASK.prompt(e, num_frames=1, key="k") for e in again}) == 4


def test_answers_are_scored_as_accuracy() -> None:
    answers = [Answer("a", "sit", "sit", 2), Answer("b", "sit", "drink water", 2)]
    assert TASK.score(answers).to_json()["top1"] == 0.5
    assert TASK.score(answers).summarize() == "50.0% (95 %: 9.5% to 90.5%; chance 50.0%)"


def test_one_class_is_no_choice() -> None:
    TASK.check_candidates({"toy": CANDIDATES["toy"]})
    says = r"one class only to choose from in .'ntu'.: ..'jump',.*; expected two or more. Name more"
    with pytest.raises(UsageError, match=says):
        TASK.check_candidates(CANDIDATES)
