from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from schemas import SAMPLE
from skeletonllm.evaluation.scores.dependence import (
    Dependence,
    bootstrap_share,
    find_overlap,
    find_trained,
)
from skeletonllm.shards import read_index
from skeletonllm.tasks import Answer, wilson_interval
from skeletonllm.testing.releases import LABELS
from skeletonllm.views.view import View

FACTS = ("clip_id", "corpus", "subject", "motion_sha256")


def rows(*facts: tuple[str, str | None, str]) -> pa.Table:
    """Clips of one corpus: id, subject and motion."""
    listed = [(clip, "lab", subject, motion) for clip, subject, motion in facts]
    schema = pa.schema([SAMPLE.arrow.field(name) for name in FACTS])
    return pa.Table.from_pylist([dict(zip(FACTS, row, strict=True)) for row in listed], schema)


def answer(clip: str, right: bool) -> Answer:
    return Answer(clip, "wave", "wave" if right else "clap", 2)


def scored(tested: pa.Table, trained: pa.Table, *right: bool) -> dict[str, Any]:
    clips = tested["clip_id"].to_pylist()
    answers = [answer(clip, one) for clip, one in zip(clips, right, strict=True)]
    return Dependence.of(tested, trained).score(answers)


def test_clips_of_one_subject_hang_together() -> None:
    """40 clips of four persons who are each always right or wrong are four facts, not forty."""
    right = [person < 3 for person in range(4) for _ in range(10)]
    persons = [person for person in range(4) for _ in range(10)]
    over_persons = bootstrap_share(right, persons)
    assert over_persons == [0.25, 1.0]
    low, high = wilson_interval(30, 40)
    assert (low, high) > (over_persons[0], 0)
    assert high < over_persons[1]


def test_clips_that_are_each_of_another_subject_have_nearly_wilsons_interval() -> None:
    right = [i % 4 > 0 for i in range(200)]
    ends = bootstrap_share(right, range(200))
    assert ends == pytest.approx(wilson_interval(150, 200), abs=0.01)
    assert ends == bootstrap_share(right, range(200))


def test_subjects_of_unlike_sizes_count_by_their_clips() -> None:
    (low, high) = bootstrap_share([True] * 9 + [False], ["a"] * 9 + ["b"]) or [-1.0, -1.0]
    assert (low, high) == (0.0, 1.0)


def test_one_subject_says_nothing_of_others() -> None:
    found = scored(rows(("a", "1", "m1"), ("b", "1", "m2")), rows(), True, False)
    assert found == {
        "by_subject": {"subjects": 1, "interval95": None},
        "remarks": ["one subject only: how others would do, nobody knows"],
    }


def test_copies_of_training_clips_are_left_out_beside_all() -> None:
    tested = rows(("a", "1", "m1"), ("b", "2", "m2"), ("c", "2", "m3"))
    found = scored(tested, rows(("t", "9", "m1")), True, True, False)
    assert found["by_subject"]["subjects"] == 2
    assert (found["leak_free"]["clips"], found["leak_free"]["top1"]) == (2, 0.5)
    assert found["remarks"][1].startswith("without 1 whose motion training saw: 50.0% (95 %: ")
    only = scored(tested.slice(0, 1), rows(("t", "9", "m1")), True)
    assert only["leak_free"] == {"clips": 0}
    assert only["remarks"][1] == "without 1 whose motion training saw: none is left"


def test_unknown_subjects_count_as_one() -> None:
    tested = rows(("a", None, "m1"), ("b", None, "m2"), ("c", "2", "m3"))
    assert scored(tested, rows(), True, True, False)["by_subject"]["subjects"] == 2


def test_what_training_saw_is_asked_of_its_split(release: str) -> None:
    """Not only of clips that have what its task needs."""
    index = read_index(release)
    view = View(unseen=LABELS[:1], subjects=("1",), having=("rationales",))
    seen = find_trained(index, view)
    assert set(seen["label"].to_pylist()) == set(LABELS[1:])
    assert set(seen["subject"].to_pylist()) == {"1"}
    assert len(find_trained(index, View(subjects=("nobody",)))) == 0


def test_what_training_saw_of_a_test_is_said() -> None:
    """A checkpoint of another protocol may have been trained on the very clips."""
    tested = rows(("a", "1", "x"), ("b", "1", "y")).append_column("label", [["wave", "clap"]])
    other = rows(("c", "1", "z")).append_column("label", [["clap"]])
    assert find_overlap(tested, other, ()) == []
    assert find_overlap(tested, other, ["clap"]) == [
        "classes that should be unseen were trained: clap"
    ]
    assert find_overlap(tested, tested.slice(1), []) == [
        "1 of 2 tested clips are training clips of this checkpoint"
    ]
    assert find_overlap(tested, tested.slice(0, 0), ["clap"]) == []
