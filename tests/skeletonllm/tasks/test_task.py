"""What holds for every task, over samples of every kind."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.errors import UsageError
from skeletonllm.shards import Sample
from skeletonllm.stream.part import Part
from skeletonllm.tasks import TASKS, Example, Task, get_task
from skeletonllm.views.asked_views import Refused
from skeletonllm.views.view import View

CLASSES = ("sit down", "hand waving", "kicking someone", "drink water", "jump up", "throw")
CANDIDATES = {"toy": CLASSES}
SAYS = {name: f"The person starts to {name} at once." for name in CLASSES}
TASK_NAMES = tuple(TASKS)


def sample_of(clip: Clip, label: str, said: tuple[str, ...]) -> Sample:
    """A clip of a class, all of whose kinds of text tell each class of ``said``."""
    texts = [SAYS[name] for name in said]
    captions = tuple(Caption(text, n / 4, 1 + n / 4) for n, text in enumerate(texts))
    questions = [
        question
        for name in said
        for question in (
            {"question": f"Does it {name}?", "answer": "yes", "form": "yes_no"},
            {"question": "What is it?", "answer": name, "choices": [name, "rest"]},
            {"question": "What else?", "answer": "rest", "choices": ["rest", name]},
        )
    ]
    clip = replace(
        clip, label=label, label_id=CLASSES.index(label), label_namespace="toy", captions=captions
    )
    told = [
        {"text": f"{text}\nLabel: {label}", "status": "accepted", "grounded": 1.0, "steps": []}
        for text in texts
    ]
    others = tuple(name for name in CLASSES if name != label)
    return Sample(clip, told, others, questions)


@pytest.fixture
def clip(clip_of: Callable[..., Clip], stick_man) -> Clip:
    return clip_of(stick_man().motion())


@pytest.fixture(params=TASK_NAMES)
def task(request: pytest.FixtureRequest) -> Task:
    return get_task(request.param)


def example_of(task: Task, sample: Sample, candidates: dict[str, tuple[str, ...]]) -> Example:
    example = task.example(sample, candidates)
    assert example is not None
    return example


def everything_said(task: Task, example: Example) -> Iterator[str]:
    for key, repeat in itertools.product(map(str, range(12)), range(3)):
        asked = replace(example, repeat=repeat)
        yield task.prompt(asked, num_frames=3, key=key)
        yield task.target(asked, key=key)
    yield from task.candidates(example)


def test_a_hidden_class_is_never_said(task: Task, clip: Clip) -> None:
    for number, hidden in enumerate(CLASSES):
        view = View(unseen=(hidden,))
        shown = {"toy": tuple(name for name in CLASSES if view.shows(name))}
        label = shown["toy"][number % 5]
        sample, left_out = view.apply(sample_of(clip, label, (label, hidden)))
        assert left_out
        said = [*everything_said(task, example_of(task, sample, shown))]
        assert not [text for text in said if hidden in text]
        # Were it not hidden, some task would say it: what is tested is not empty.
        whole = example_of(task, sample_of(clip, label, (label, hidden)), CANDIDATES)
        assert any(hidden in text for text in everything_said(task, whole))


def test_a_clip_of_which_all_texts_were_left_out_asks_nothing(clip: Clip) -> None:
    view = View(unseen=("throw",))
    sample, _ = view.apply(sample_of(clip, "sit down", ("throw",)))
    for name in ("rationale", "caption", "question"):
        assert get_task(name).example(sample, CANDIDATES) is None


def test_every_task_is_pure_in_key_and_repeat(task: Task, clip: Clip) -> None:
    example = example_of(task, sample_of(clip, "sit down", CLASSES), CANDIDATES)
    other = replace(example, motion=clip.motion.reversed(), weight=2.0, epoch=5)
    once = [*everything_said(task, example)]
    assert once == [*everything_said(task, example)] == [*everything_said(task, other)]


def test_a_prompt_has_one_image_a_frame(task: Task, clip: Clip) -> None:
    example = example_of(task, sample_of(clip, "sit down", CLASSES), CANDIDATES)
    for frames, key in itertools.product((1, 4, 12), "abcd"):
        prompt = task.prompt(example, num_frames=frames, key=key)
        numbers = [] if task.name == "naming" else [str(n + 1) for n in range(frames)]
        assert re.findall(r"Frame(\d+): <image>\n", prompt) == numbers
        assert prompt.count("<image>") == frames


def test_the_target_is_among_the_candidates(task: Task, clip: Clip) -> None:
    example = example_of(task, sample_of(clip, "sit down", CLASSES), CANDIDATES)
    for turn in (replace(example, repeat=repeat) for repeat in range(task.turns)):
        candidates = task.candidates(turn)
        assert not candidates or task.target(turn, key=turn.key) in candidates


def test_a_slot_without_weight_always_makes_an_example(task: Task, clip: Clip) -> None:
    nothing = Refused(UsageError("of another view"))
    nameless = replace(clip, label=None, label_id=None, label_namespace=None)
    for bare in (clip, nameless):
        slot = task.example(Sample(bare, nothing, nothing, nothing, weight=0.0), CANDIDATES)
        assert slot is not None
        assert (slot.key, slot.weight) == (bare.clip_id, 0.0)


def test_what_a_task_needs_makes_its_part_of_any_view() -> None:
    view = View(corpora=("lab",), having=("captions",))
    asked = {name: TASKS[name].choose_view(view) for name in TASK_NAMES}
    parts = [Part(view=asked[name], needs=TASKS[name].needs) for name in TASK_NAMES]
    assert {(p.view.having, p.view.labelled, p.needs) for p in parts} == {
        (("captions",), True, ()),  # recognition, published or not
        (("captions",), True, ("negatives",)),
        (("captions", "rationales"), True, ("rationales",)),
        (("captions",), False, ()),
        (("captions", "questions"), False, ("questions",)),
    }
    assert all(part.view.split == view.split for part in parts)


def test_a_key_of_training_tells_seed_clip_and_epoch_and_not_the_repeat(clip: Clip) -> None:
    example = example_of(get_task("recognition"), sample_of(clip, "throw", ()), CANDIDATES)
    keys: list[Any] = [
        example.draw_key(0),
        example.draw_key(1),
        replace(example, epoch=1).draw_key(0),
        replace(example, key="toy/1").draw_key(0),
    ]
    assert len(set(keys)) == 4
    assert replace(example, repeat=3, weight=0.0).draw_key(0) == keys[0]
