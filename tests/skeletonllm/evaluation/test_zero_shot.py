from __future__ import annotations

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol, list_protocols
from skeletonllm.evaluation.zero_shot import generalize, score_generalized
from skeletonllm.tasks import Answer


def answers(*pairs: tuple[str, str]) -> list[Answer]:
    return [Answer(str(i), target, said, 3) for i, (target, said) in enumerate(pairs)]


def test_who_names_seen_classes_only_has_a_harmonic_mean_of_zero() -> None:
    said = answers(("wave", "wave"), ("sit", "sit"), ("clap", "wave"))
    assert score_generalized(said, ["clap"]) == {"seen": 1.0, "unseen": 0.0, "harmonic": 0.0}


def test_classes_count_alike_however_many_clips_they_have() -> None:
    said = answers(*[("wave", "wave")] * 9, ("sit", "wave"), ("clap", "clap"), ("clap", "sit"))
    found = score_generalized(said, ["clap"])
    assert (found["seen"], found["unseen"]) == (0.5, 0.5)
    assert found["harmonic"] == pytest.approx(0.5)


def test_the_generalized_test_part_has_all_classes_of_the_same_cameras() -> None:
    protocol = get_protocol("nw_ucla/8-2")
    view = generalize(protocol)
    assert sorted(view.labels or ()) == sorted(get_protocol("nw_ucla/xview").test.labels or ())
    assert view.cameras == protocol.test.cameras == ("3",)
    assert view.unseen == ()


def test_protocols_without_unseen_classes_or_without_test_people_are_refused() -> None:
    with pytest.raises(UsageError, match="'nw_ucla/xview' hides no class"):
        generalize(get_protocol("nw_ucla/xview"))
    with pytest.raises(UsageError, match="all clips of unseen classes.*Take 'nw_ucla/8-2'"):
        generalize(get_protocol("nw_ucla/8-2@purls"))


def test_no_class_of_a_generalized_view_is_there_twice() -> None:
    hiding = [get_protocol(n) for n in list_protocols() if "@" not in n]
    views = [generalize(p) for p in hiding if p.train.unseen]
    assert len(views) >= 13
    assert all(len(set(v.labels or ())) == len(v.labels or ()) for v in views)
