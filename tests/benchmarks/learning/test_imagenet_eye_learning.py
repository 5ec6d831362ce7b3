"""A renderer that learns from heads that have not seen the clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.learning.eye.arms import FRAMES, get_arm
from benchmarks.learning.eye.corpus import Corpus
from benchmarks.learning.eye.features import FeatureStore
from benchmarks.learning.eye.folds import list_splits
from benchmarks.learning.eye.head import Recipe
from benchmarks.learning.eye.learning import (
    Learning,
    Lesson,
    divide_clips,
    group_parameters,
    learn_renderer,
    train_heads,
)
from benchmarks.learning.eye.readings import Plan, read_arm
from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.mllm.small.tower import WIDTH

FAST = Learning(epochs=2, batch=4, head=Recipe(epochs=3))


@pytest.fixture
def lesson(corpus: Corpus, store: FeatureStore) -> Lesson:
    first = np.random.default_rng(0).normal(size=(len(corpus.train), 2, FRAMES, WIDTH))
    return Lesson(corpus, corpus.train, first.astype(np.float16), store.tower, seed=0)


def small_renderer() -> DrAction:
    return DrAction(DrActionConfig(size=56))


def test_clips_are_divided_by_person(corpus: Corpus) -> None:
    parts = divide_clips(corpus, corpus.train)
    assert sorted(
        set(zip(parts.tolist(), (corpus.groups[i] for i in corpus.train), strict=True))
    ) == [
        (0, "1"),
        (1, "3"),
    ]


def test_clips_of_one_camera_are_divided_by_person_too(corpus: Corpus) -> None:
    one_camera = replace(corpus, groups=tuple("1" for _ in corpus.groups))
    assert len(set(divide_clips(one_camera, corpus.train).tolist())) == 2


def test_a_head_never_learns_from_the_part_that_it_teaches(lesson: Lesson) -> None:
    parts = divide_clips(lesson.corpus, lesson.clips)
    changed = lesson.first.copy()
    changed[parts == 0] = 0
    before, after = (train_heads(f, lesson, parts, FAST.head) for f in (lesson.first, changed))
    same = [
        all(torch.equal(a, b) for a, b in zip(x.parameters(), y.parameters(), strict=True))
        for x, y in zip(before, after, strict=True)
    ]
    assert same == [True, False]


def test_a_renderer_learns_and_is_frozen(lesson: Lesson) -> None:
    first = dict(small_renderer().named_parameters())
    learned = learn_renderer(small_renderer(), lesson, FAST)
    moved = {n for n, p in learned.named_parameters() if not torch.equal(p, first[n])}
    assert {"appearance.colour", "appearance.motion.reach", "view.turn"} <= moved
    assert not any(p.requires_grad for p in learned.parameters())
    again = learn_renderer(small_renderer(), lesson, FAST)
    assert all(
        torch.equal(p, dict(again.named_parameters())[n]) for n, p in learned.named_parameters()
    )


def test_what_is_not_trainable_stays(lesson: Lesson) -> None:
    first = dict(small_renderer().named_parameters())
    learned = learn_renderer(small_renderer(), lesson, replace(FAST, trainable=("motion.*",)))
    moved = {n for n, p in learned.named_parameters() if not torch.equal(p, first[n])}
    assert moved
    assert all(".motion." in name for name in moved)


def test_a_large_corpus_is_seen_fewer_times() -> None:
    assert [Learning().count_epochs(clips) for clips in (100, 430, 1000, 9000)] == [5, 5, 2, 2]


def test_the_view_stays_where_the_test_has_another_camera(lesson: Lesson) -> None:
    cameras = replace(lesson, corpus=replace(lesson.corpus, name="nw_ucla"))
    learned = dict(learn_renderer(small_renderer(), cameras, FAST).named_parameters())
    assert not any(value.any() for name, value in learned.items() if name.startswith("view."))
    assert not torch.equal(
        learned["appearance.colour"], small_renderer().get_parameter("appearance.colour")
    )


def test_networks_have_a_rate_of_their_own() -> None:
    renderer = small_renderer()
    groups = group_parameters(renderer, Learning())
    assert [group["lr"] for group in groups] == [Learning().rate, Learning().network_rate]
    assert sum(len(list(group["params"])) for group in groups) == len(list(renderer.parameters()))  # type: ignore[call-overload]


def test_a_learned_arm_is_scored_and_learned_once(
    corpus: Corpus, store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(tmp_path, seeds=(0, 1), views=1, recipe=Recipe(epochs=3), learning=FAST)
    splits = list_splits(corpus, open_test=True)
    right = read_arm(get_arm("learned"), corpus, splits, store, plan)
    assert right.shape == (2, len(corpus.test))
    assert len(list((tmp_path / "renderers").rglob("*.safetensors"))) == 2
    monkeypatch.setattr("benchmarks.learning.eye.readings.learn_renderer", None)
    assert (read_arm(get_arm("learned"), corpus, splits, store, plan) == right).all()
