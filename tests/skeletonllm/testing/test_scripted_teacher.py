"""Lies at a known rate, found out by the joints, and mended."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cache

import pytest

from skeletonllm.clip import Clip
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.request import ChatRequest, Picture
from skeletonllm.errors import UsageError
from skeletonllm.rationales.rationale import Rationale
from skeletonllm.rationales.teachers.judge import judge_answers
from skeletonllm.rationales.teachers.online import (
    TeacherSettings,
    converse,
    drive,
    to_answer_rows,
)
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.scripted_teacher import ScriptedTeacher
from skeletonllm.visualization.teacher_pictures import PictureRecipe, draw_teacher_pictures

SETTINGS = TeacherSettings(base_url="http://127.0.0.1:1/v1", model="scripted", frames=2, size=56)
RENDERER = DrAction(DrActionConfig(size=56, patch=14, engine="torch_tiles"))
ACTIONS = ("drink water", "hand waving", "sit down", "pushing someone")
CLIPS = [
    make_clip(
        synthesize(action, subject=number),
        clip_id=f"toy/{number}",
        label=action,
        label_id=number,
        label_namespace="toy",
    )
    for number, action in enumerate(ACTIONS)
]


@cache
def draw(clip: Clip) -> Sequence[Picture]:
    return draw_teacher_pictures(clip, PictureRecipe(**SETTINGS.to_recipe()), RENDERER)


@cache
def open_teacher() -> ScriptedTeacher:
    """Opened once: it draws each clip, and explains it."""
    return ScriptedTeacher(CLIPS, SETTINGS, RENDERER)


def script(lie_rate: float = 0.0, seed: int = 0, **how: float) -> ScriptedTeacher:
    """A teacher of all clips that lies so often."""
    teacher = copy(open_teacher())
    for name, value in {"lie_rate": lie_rate, "seed": seed, **how}.items():
        setattr(teacher, name, value)
    return teacher


def learn(
    clip: Clip, teacher: ScriptedTeacher, settings: TeacherSettings = SETTINGS
) -> tuple[Rationale, Rationale]:
    """The rationale of the first answer, and of the whole conversation."""

    def ask(request: ChatRequest) -> Answer:
        return Answer(request.key, "answered", teacher(request.body()), "stop")

    rows = to_answer_rows(clip, 0, 0, drive(converse(clip, settings, draw(clip), ""), ask), "all")
    first = judge_answers(clip, rows[:1], teacher="scripted")
    return first, judge_answers(clip, rows, teacher="scripted")


def test_who_never_lies_is_believed() -> None:
    teacher = script()
    told = [learn(clip, teacher)[1] for clip in CLIPS]
    assert all(rationale.attempt == 0 for rationale in told)
    assert all(rationale.status == "accepted" for rationale in told)


def test_lies_are_found_out_and_mended() -> None:
    teacher = script(lie_rate=0.5, truthful_after_facts=1.0)
    told = [learn(clip, teacher) for clip in CLIPS]
    before = sum(first.grounded for first, _ in told) / len(told)
    after = sum(last.grounded for _, last in told) / len(told)
    assert before < 0.8
    assert after > before + 0.15
    assert any(last.facts_given and last.attempt == 1 for _, last in told)


def test_of_the_lies_that_are_told_most_are_caught() -> None:
    told, caught = 0, 0
    for seed in range(3):
        teacher = script(0.3, seed, words_only=0.0)
        for clip in CLIPS:
            lies = teacher.list_lies(clip.clip_id)
            assert teacher.list_word_lies(clip.clip_id) == ()
            said = {step.id: step.verdict for step in learn(clip, teacher)[0].steps}
            told += len(lies)
            caught += sum(said[step] == "contradicted" for step in lies)
    assert told > 15
    assert caught > 0.9 * told


def test_lies_of_words_are_flagged_and_their_claims_are_told() -> None:
    told = 0
    for seed in range(3):
        teacher = script(0.3, seed, words_only=1.0)
        for clip in CLIPS:
            lies, first = teacher.list_word_lies(clip.clip_id), learn(clip, teacher)[0]
            # A claim of rest has no words to lie with.
            assert set(teacher.list_lies(clip.clip_id)) - set(lies) <= _list_rests(first)
            flagged = {int(f.split(":")[0].removeprefix("step ")) for f in first.flags}
            assert flagged == set(lies)
            assert first.status == ("kept_with_faults" if flagged else "accepted")
            told += len(lies)
    assert told > 15


def _list_rests(told: Rationale) -> set[int]:
    return {step.id for step in told.steps if step.motion == "hold"}


def test_lies_of_words_alone_are_flagged_and_not_asked_about_again() -> None:
    asked = 0
    for seed in range(3):
        teacher = script(0.5, seed, words_only=1.0, truthful_after_facts=1.0)
        for clip in CLIPS:
            # A claim of rest has no words to lie with: such a lie is found by the joints.
            lies = teacher.list_word_lies(clip.clip_id)
            if lies and set(teacher.list_lies(clip.clip_id)) == set(lies):
                first, last = learn(clip, teacher)
                assert (first.status, last.status) == ("kept_with_faults",) * 2
                assert (last.attempt, last.flags) == (0, first.flags)
                asked += 1
    assert asked > 3


def test_texts_say_what_is_claimed_whatever_is_claimed() -> None:
    teacher = script(0.5, words_only=0.0)
    assert all(learn(clip, teacher)[0].flags == () for clip in CLIPS)


def test_who_is_told_the_facts_lies_less_at_once() -> None:
    teacher = script(0.5, truthful_after_facts=1.0)
    first, _ = learn(CLIPS[0], teacher, replace(SETTINGS, facts=True))
    assert teacher.list_lies("toy/0")
    assert (first.grounded, first.facts_given) == (1.0, True)


def test_who_is_stubborn_mends_nothing() -> None:
    teacher = script(0.5, truthful_after_facts=0.0)
    first, last = learn(CLIPS[0], teacher)
    assert first.grounded == last.grounded < 1


def test_the_same_question_gets_the_same_answer_and_another_seed_another_one() -> None:
    def say(seed: int) -> Rationale:
        return learn(CLIPS[0], script(0.5, seed))[0]

    assert say(1).answer_sha256 == say(1).answer_sha256
    assert len({say(seed).answer_sha256 for seed in range(4)}) > 1


def test_an_unknown_clip_is_refused() -> None:
    teacher = ScriptedTeacher(CLIPS[:1], SETTINGS, RENDERER)
    with pytest.raises(UsageError, match="shows no known clip"):
        learn(CLIPS[1], teacher)
