from __future__ import annotations

import numpy as np

from schemas import CLIP_NEGATIVE
from skeletonllm.negatives.descriptors.folds import hash_clip
from skeletonllm.negatives.descriptors.robust_scale import RobustScale
from skeletonllm.negatives.descriptors.rows import Rows
from skeletonllm.negatives.nearest import (
    SAMPLE_CLIPS,
    ClassSample,
    Neighbours,
    find_nearest_clips,
)
from skeletonllm.views.view import EVERY_CLIP

SCALE = RobustScale(np.zeros(2), np.ones(2))
SAMPLES = {
    "clap": (("clap/1", "clap/2", "clap/3"), np.array([[0.0, 1.0], [0.0, 3.0], [0.0, 0.5]])),
    "kick": (("kick/1",), np.array([[2.0, 0.0]])),
}


def find(hardest: dict[str, list[str]], each: int = 2) -> list[tuple[object, ...]]:
    clips = Rows(("wave/1", "clap/1"), ("wave", "clap"), (None, None), np.array([[0.0, 0], [0, 1]]))
    table = find_nearest_clips(clips, Neighbours(SCALE, SAMPLES, hardest, each), EVERY_CLIP)
    assert CLIP_NEGATIVE.faults(table) == []
    return [tuple(row.values())[:4] for row in table.to_pylist()]


def test_the_nearest_clips_of_the_hardest_classes_come_in_order_of_distance() -> None:
    found = find({"wave": ["kick", "clap"], "clap": ["kick"]})
    assert [row[:3] for row in found] == [
        ("wave/1", "clap/3", 1),
        ("wave/1", "clap/1", 2),
        ("wave/1", "kick/1", 3),
        ("clap/1", "kick/1", 1),
    ]
    assert found[0][3] == round(1 / (1 + 0.5 / np.sqrt(2)), 6)


def test_a_class_without_confusable_ones_has_no_rows() -> None:
    assert find({"wave": ["clap"]}, each=1) == [("wave/1", "clap/3", 1, found_score(0.5))]
    assert find({}) == []


def found_score(distance: float) -> float:
    return round(1 / (1 + distance / np.sqrt(2)), 6)


def test_a_sample_is_bounded_and_the_same_in_any_order() -> None:
    ids = [f"lab/{number:04d}" for number in range(10 * SAMPLE_CLIPS)]
    values = np.arange(len(ids), dtype=float)[:, None]
    forward, backward = ClassSample(), ClassSample()
    forward.add(ids, values)
    for at in range(len(ids) - 1, -1, -1):
        backward.add([ids[at]], values[at : at + 1])
    kept, rows = forward.to_arrays()
    assert (kept, rows.tolist()) == (backward.to_arrays()[0], backward.to_arrays()[1].tolist())
    assert kept == tuple(sorted(sorted(ids, key=hash_clip)[:SAMPLE_CLIPS]))
    assert [ids[int(row)] for row in rows[:, 0]] == list(kept)
