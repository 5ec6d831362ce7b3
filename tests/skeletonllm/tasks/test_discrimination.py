"""YES and NO equally often, about classes that may be named only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.shards import Sample
from skeletonllm.tasks import Answer, Example, get_task
from skeletonllm.tasks.discrimination import Discrimination
from skeletonllm.views.asked_views import Refused

CANDIDATES = {"toy": ("drink water", "sit", "jump", "wave", "clap", "nod", "bow")}
RANKED = ("wave", "unseen", "sit", "clap", "nod", "jump", "bow")
HARD = ("wave", "sit", "clap", "nod", "jump")
KEYS = [f"toy/0/{step}" for step in range(2000)]


@pytest.fixture
def task() -> Discrimination:
    task = get_task("discrimination")
    assert isinstance(task, Discrimination)
    return task


@pytest.fixture
def clip(clip_of: Callable[..., Clip], stick_man) -> Clip:
    return clip_of(stick_man().motion())


@pytest.fixture
def example(task: Discrimination, clip: Clip) -> Example:
    example = task.example(Sample(clip, negatives=RANKED), CANDIDATES)
    assert example is not None
    return example


def test_the_five_hardest_that_may_be_named_are_kept(example: Example) -> None:
    assert (example.label, example.texts) == ("drink water", HARD)


def repeats(example: Example, number: int) -> list[Example]:
    return [replace(example, repeat=repeat) for repeat in range(number)]


def test_yes_and_no_come_equally_often_over_clips_and_each_negative_does(
    task: Discrimination, example: Example
) -> None:
    answers = Counter(task.target(example, key=key) for key in KEYS)
    assert 0.46 < answers["YES"] / len(KEYS) < 0.54
    asked = Counter(task.asked_about(example, key=key) for key in KEYS)
    assert set(asked) == {"drink water", *HARD}
    assert all(140 < asked[name] < 260 for name in HARD)


def test_a_clip_given_twice_in_an_epoch_is_asked_both(
    task: Discrimination, example: Example
) -> None:
    for key in KEYS[:200]:
        asked = [task.asked_about(e, key=key) for e in repeats(example, 2)]
        assert sorted(task.target(e, key=key) for e in repeats(example, 2)) == ["NO", "YES"]
        assert "drink water" in asked
        assert {*asked} & {*HARD}
    firsts = Counter(task.target(example, key=key) for key in KEYS)
    assert min(firsts.values()) > 900  # which of both comes first is drawn


def test_a_clip_given_often_has_another_negative_each_time(
    task: Discrimination, example: Example
) -> None:
    for key in KEYS[:50]:
        asked = Counter(task.asked_about(e, key=key) for e in repeats(example, 10))
        assert asked == {"drink water": 5, **dict.fromkeys(HARD, 1)}


def test_the_negative_is_drawn_anew_in_each_epoch(task: Discrimination, example: Example) -> None:
    met = set()
    for epoch in range(60):
        now = replace(example, epoch=epoch)
        met |= {task.asked_about(e, key=now.draw_key(0)) for e in repeats(now, 2)}
    assert met == {"drink water", *HARD}


def test_an_evaluation_asks_both_of_each_clip(task: Discrimination, example: Example) -> None:
    asked = [task.target(e, key=e.key) for e in repeats(example, task.turns)]
    assert sorted(asked) == ["NO", "YES"]


def test_the_answer_fits_the_question_of_its_key(task: Discrimination, example: Example) -> None:
    for key in KEYS[:50]:
        prompt = task.prompt(example, num_frames=1, key=key)
        right = "clip 'drink water'?" in prompt
        assert task.target(example, key=key) == ("YES" if right else "NO")
        assert prompt == task.prompt(example, num_frames=1, key=key)


def test_a_clip_without_negatives_or_label_asks_nothing(task: Discrimination, clip: Clip) -> None:
    assert task.example(Sample(clip), CANDIDATES) is None
    assert task.example(Sample(clip, negatives=("unseen",)), CANDIDATES) is None
    nameless = replace(clip, label=None, label_id=None, label_namespace=None)
    assert task.example(Sample(nameless, negatives=RANKED), CANDIDATES) is None


def test_a_slot_without_weight_stays(task: Discrimination, clip: Clip) -> None:
    refused = Refused(UsageError("negatives of another view"))
    slot = task.example(Sample(clip, negatives=refused, weight=0.0), CANDIDATES)
    assert slot is not None
    assert {task.target(slot, key=key) for key in KEYS[:20]} == {"YES"}
    with pytest.raises(UsageError, match="negatives of another view"):
        task.example(Sample(clip, negatives=refused), CANDIDATES)


def test_answers_are_scored_apart(task: Discrimination, example: Example) -> None:
    assert task.candidates(example) == ("YES", "NO")
    answers = [
        Answer("a", "YES", "YES", 2),
        Answer("b", "NO", "YES", 2),
        Answer("c", "NO", "NO", 2),
    ]
    scores = task.score(answers)
    assert scores.by_class == {"NO": (2, 1), "YES": (1, 1)}
