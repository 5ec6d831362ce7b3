from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from skeletonllm import clip as clips
from skeletonllm.clip import Clip
from skeletonllm.shards import Sample
from skeletonllm.tasks import Answer, get_task

TASK = get_task("caption")
TOLD = ("a man waves", "he lifts his arm", "somebody greets")


@pytest.fixture
def clip(clip_of: Callable[..., Clip], stick_man) -> Clip:
    return clip_of(stick_man().motion(), None, *TOLD)


def test_each_caption_is_drawn_and_repeats_have_others(clip: Clip) -> None:
    example = TASK.example(Sample(clip), {})
    assert example is not None
    assert {TASK.target(example, key=str(key)) for key in range(40)} == {*TOLD}
    again = [replace(example, repeat=repeat) for repeat in range(3)]
    assert {TASK.target(e, key="k") for e in again} == {*TOLD}
    assert TASK.candidates(example) == ()


def test_the_prompt_tells_the_stretch_of_the_drawn_caption(clip: Clip) -> None:
    late = clips.Caption("he sits down", 1.0, 2.0)
    timed = replace(clip, captions=(*clip.captions, late, clips.Caption("  ")))
    example = TASK.example(Sample(timed), {})
    assert example is not None
    assert example.texts == (*TOLD, "he sits down")
    asked = {
        TASK.target(example, key=str(key)): TASK.prompt(example, num_frames=4, key=str(key))
        for key in range(60)
    }
    assert asked["he sits down"].endswith(" what happens from Frame3 to Frame4.")
    assert all(asked[text].endswith(" what happens in this clip.") for text in TOLD)


def test_a_clip_whose_captions_were_all_left_out_asks_nothing(clip: Clip) -> None:
    assert TASK.example(Sample(replace(clip, captions=())), {}) is None


def test_a_clip_without_a_label_is_asked_about_and_one_with_it_keeps_it(clip: Clip) -> None:
    assert not TASK.labelled
    named = replace(clip, label="wave", label_id=0, label_namespace="toy")
    example = TASK.example(Sample(named), {"toy": ("wave", "sit")})
    assert example is not None
    assert (example.label, example.namespace) == ("wave", "toy")


def test_answers_are_scored_by_their_words() -> None:
    scores = TASK.score([Answer("a", "a man waves", "a man sits", 0)])
    assert scores.to_json()["overlap"] == pytest.approx(2 / 3)
