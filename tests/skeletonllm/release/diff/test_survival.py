from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.errors import StateError
from skeletonllm.release.diff import compare_releases
from skeletonllm.release.diff.survival import NEXT_EPOCH, REFUSED, RESUMES
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View


def stream(release, **given):
    return Stream(str(release), View(labelled=True), seed=1, batch_size=2, **given)


@pytest.fixture
def saved(pristine: Path):
    """The state of a stream over the earlier release, two steps into its second epoch."""
    learning = stream(pristine)
    for _ in learning:
        pass
    for number, _ in enumerate(learning):
        if number == 1:
            return learning.state()
    raise AssertionError("the epoch is too short")


def test_what_is_said_is_what_a_stream_does(pristine, cut, corpora, saved) -> None:
    same = compare_releases(str(pristine), str(pristine)).survival
    assert (same.state, same.same_order, same.kept_place) == (RESUMES, True, 1.0)
    assert stream(pristine, state=saved).state() == saved

    child = cut("1.0.1", *corpora, parent=str(pristine))
    heir = compare_releases(str(pristine), child).survival
    assert (heir.state, heir.same_order, heir.candidates) == (NEXT_EPOCH, False, True)
    resumed = stream(child, state=saved, successor=True).state()
    assert (resumed["epoch"], resumed["position"]) == (2, 0)
    with pytest.raises(StateError):
        stream(child, state=saved)

    stranger = cut("1.0.2", *corpora)
    other = compare_releases(str(pristine), stranger).survival
    assert (other.state, other.same_order) == (REFUSED, False)
    assert "names no release as the one it replaces" in other.why
    with pytest.raises(StateError):
        stream(stranger, state=saved, successor=True)


@pytest.mark.parametrize("given", [{"label": "sit"}, {"label_id": 7}])
def test_other_classes_are_other_candidates(given, pristine, edit) -> None:
    def change(rows):
        return [{**row, **given} if row["label"] == "sit down" else row for row in rows]

    found = compare_releases(str(pristine), edit("index.parquet", change)).survival
    assert not found.candidates
