"""The ruler that is not ours: folds, turned versions, kept features, and the frozen tower."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from benchmarks.learning.eye import features as features_module
from benchmarks.learning.eye.arms import (
    ARMS,
    FRAMES,
    compute_fingerprint,
    draw_motions,
    get_arm,
    split_arms,
)
from benchmarks.learning.eye.corpus import Corpus
from benchmarks.learning.eye.features import FeatureStore
from benchmarks.learning.eye.folds import Split, find_copies, list_splits, make_folds
from benchmarks.learning.eye.head import Recipe
from benchmarks.learning.eye.readings import Plan, read_arm
from benchmarks.learning.eye.turned import make_version, turn_motion
from benchmarks.learning.imagenet_eye import make_row
from skeletonllm.errors import UsageError
from skeletonllm.mllm.small.tower import WIDTH
from skeletonllm.testing.clips import make_clip

SHOWN = {"one": "cheer (raise arms)", "two": "squat down"}


def seen_by(store: FeatureStore) -> int:
    seen: int = store.tower.pictures  # type: ignore[assignment]
    return seen


def test_a_corpus_is_divided_as_its_protocol_says(corpus: Corpus) -> None:
    assert {corpus.groups[i] for i in corpus.train} == {"1", "3"}
    assert {corpus.groups[i] for i in corpus.test} == {"2", "4"}
    assert len(corpus.classes) == 2
    assert [clip.clip_id for clip in corpus.clips] == sorted(c.clip_id for c in corpus.clips)


def test_a_fold_scores_one_group_of_the_training_part_and_trains_on_the_others() -> None:
    groups, train = list("abcabcabc"), np.array([0, 1, 3, 4, 6, 8])
    folds = make_folds(groups, train)
    assert [fold.name for fold in folds] == ["without a", "without b", "without c"]
    for fold in folds:
        assert not set(fold.train) & set(fold.scored)
        assert sorted([*fold.train, *fold.scored]) == train.tolist()
        assert not {groups[i] for i in fold.train} & {groups[i] for i in fold.scored}
    assert sorted(i for fold in folds for i in fold.scored) == train.tolist()


def test_no_fold_touches_the_test_part_and_the_test_part_is_one_split(corpus: Corpus) -> None:
    used = {i for s in list_splits(corpus, open_test=False) for i in (*s.train, *s.scored)}
    assert used == set(corpus.train)
    (split,) = list_splits(corpus, open_test=True)
    assert set(split.train) == set(corpus.train)
    assert set(split.scored) == set(corpus.test)


def test_a_turned_copy_of_a_training_clip_is_found(corpus: Corpus) -> None:
    original = corpus.clips[corpus.train[0]]
    copy = make_clip(turn_motion(original.motion, 0.4), clip_id="utd_mhad/copy")
    clips = [*corpus.clips, copy]
    split = Split("any", corpus.train, np.array([corpus.test[0], len(corpus)]))
    assert find_copies(clips, split).tolist() == [False, True]


def test_a_turn_keeps_heights_distances_and_what_was_not_observed(corpus: Corpus) -> None:
    motion = corpus.clips[0].motion
    turned = turn_motion(motion, 0.5)
    assert np.allclose(turned.joints[..., 1], motion.joints[..., 1], atol=1e-5)
    bones = [np.linalg.norm(np.diff(m.joints, axis=2), axis=-1) for m in (motion, turned)]
    assert np.allclose(*bones, atol=1e-5)
    assert not np.allclose(turned.joints, motion.joints, atol=0.05)
    assert np.array_equal(turned.joints[~motion.observed], motion.joints[~motion.observed])
    assert np.allclose(turn_motion(turned, -0.5).joints, motion.joints, atol=1e-5)


def test_versions_differ_by_clip_and_number_and_the_first_is_the_clip(corpus: Corpus) -> None:
    one, other = corpus.clips[:2]
    assert make_version(one, 0) is one.motion
    assert make_version(one, 2).sha256 == make_version(one, 2).sha256
    assert make_version(one, 1).sha256 != make_version(one, 2).sha256
    assert make_version(one, 1).sha256 != make_version(other, 1).sha256


def test_fingerprints_tell_pictures_apart_and_nothing_else(corpus: Corpus) -> None:
    motions = [clip.motion for clip in corpus.clips[:1]]
    names = ("velocity_sticks", "body", "body:points_per_bone=2", "black")
    prints = [compute_fingerprint(get_arm(name).make(), motions) for name in names]
    assert len(set(prints)) == len(names)
    assert compute_fingerprint(get_arm("body:hidden=64").make(), motions) == prints[1]


def test_arms_take_fields_and_refuse_what_they_do_not_know() -> None:
    arm = get_arm("body:points_per_bone=6;modulate=False")
    config = arm.make().config  # type: ignore[attr-defined]
    assert (config.points_per_bone, config.modulate, config.size) == (6, False, 112)
    assert arm.draws == "body:points_per_bone=6;modulate=False"
    assert split_arms("body,body:formats=('coco_17','smpl_22')")[1].endswith("'smpl_22')")
    for wrong in ("nobody", "body:wings=2", "body:camera=fit"):
        with pytest.raises(UsageError):
            get_arm(wrong)


def test_black_shows_nothing_and_is_looked_at_once(corpus: Corpus, store: FeatureStore) -> None:
    draw = get_arm("black").make()
    assert not draw_motions(draw, [corpus.clips[0].motion]).any()
    found = store.fetch("black", draw, corpus, corpus.train, range(2))
    assert found.shape == (len(corpus.train), 2, FRAMES, WIDTH)
    assert seen_by(store) == 1


def test_after_a_cut_only_the_rest_is_computed(
    corpus: Corpus, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, clips = get_arm("plain_projection").make(), corpus.train
    monkeypatch.setattr(features_module, "SAVED_EVERY", 3)
    monkeypatch.setattr(features_module, "BATCH", 1)
    whole = store.fetch("whole", draw, corpus, clips, range(1))

    calls = iter(range(100))
    cut = FeatureStore(store.folder, store.make_tower)
    look = cut.look

    def look_until_cut(pictures: Tensor) -> Tensor:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return look(pictures)

    monkeypatch.setattr(cut, "look", look_until_cut)
    with pytest.raises(KeyboardInterrupt):
        cut.fetch("cut", draw, corpus, clips, range(1))
    again = FeatureStore(store.folder, store.make_tower)
    assert np.array_equal(again.fetch("cut", draw, corpus, clips, range(1)), whole)
    assert seen_by(again) == (len(clips) - 3) * FRAMES
    last = FeatureStore(store.folder, store.make_tower)
    assert np.array_equal(last.fetch("cut", draw, corpus, clips, range(1)), whole)
    assert last.spent.clips == 0


def test_a_run_is_done_once_and_folds_draw_no_test_clip(
    corpus: Corpus, store: FeatureStore, tmp_path: Path
) -> None:
    plan = Plan(tmp_path, (0, 1), views=1, recipe=Recipe(epochs=2))
    splits = list_splits(corpus, open_test=False)
    right = read_arm(ARMS["velocity_sticks"], corpus, splits, store, plan)
    assert right.shape == (2, len(corpus.train))
    assert store.spent.clips == 2 * len(corpus.train)
    exchanged = read_arm(ARMS["exchanged"], corpus, splits, store, plan)
    assert exchanged.shape == right.shape
    assert store.spent.clips == 2 * len(corpus.train)
    again = FeatureStore(tmp_path / "none", store.make_tower)
    kept = read_arm(ARMS["velocity_sticks"], corpus, splits, again, plan)
    assert np.array_equal(kept, right)
    assert again.spent.clips == 0
    assert len(list((tmp_path / "runs" / "utd_mhad").iterdir())) == 2


def test_a_row_leaves_copies_out_of_the_leak_free_score() -> None:
    right = np.array([[True, True, False, False]])
    row = make_row("any", "one", right, right, np.array([True, False, False, False]))
    assert (row["right"], row["leak-free"], row["leak-free clips"]) == ("50.0%", "33.3%", 3)
    assert row["difference (95 %)"] == "+0.0% (+0.0% to +0.0%)"
