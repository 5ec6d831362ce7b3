from __future__ import annotations

from collections import Counter

from skeletonllm.negatives.descriptors.folds import MOST_FOLDS, hash_clip, plan_folds

IDS = [f"lab/{number}" for number in range(200)]


def test_a_subject_is_never_in_two_folds_and_folds_are_of_like_size() -> None:
    sizes = {f"lab/{subject}": 10 + subject for subject in range(12)}
    plan = plan_folds(sizes)
    assert set(plan.groups) == set(sizes)
    loads = Counter[int]()
    for group, fold in plan.groups.items():
        loads[fold] += sizes[group]
    assert set(loads) == set(range(MOST_FOLDS))
    assert max(loads.values()) <= min(loads.values()) + max(sizes.values())


def test_the_order_of_the_subjects_changes_nothing() -> None:
    sizes = {"b": 3, "a": 3, "c": 9}
    assert plan_folds(sizes) == plan_folds(dict(reversed(sizes.items())))
    assert plan_folds(sizes).count == 3


def test_unknown_subjects_and_a_single_one_go_by_the_hash_of_the_clip() -> None:
    for counts in ({None: 200}, {None: 150, "lab/1": 50}):
        plan = plan_folds(counts)
        found = plan.assign([None] * 200, IDS)
        assert plan.groups == {}
        assert set(found.tolist()) == set(range(MOST_FOLDS))
        assert found.tolist() == [hash_clip(clip_id) % MOST_FOLDS for clip_id in IDS]
    plan = plan_folds({"a": 5, "b": 5, None: 3})
    assert plan.assign(["b", None], ["x", "lab/1"]).tolist() == [1, hash_clip("lab/1") % 2]


def test_a_hash_never_changes() -> None:
    assert hash_clip("lab/1") == 13870734866577128759
