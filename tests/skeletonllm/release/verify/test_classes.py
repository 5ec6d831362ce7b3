"""Namespaces and ids of classes that contradict each other, or a reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.release import cut_release, verify_release
from skeletonllm.release.verify.classes import declare_classes
from tests.skeletonllm.release.verify.forge import edit_samples, edit_text, only_fault


def relabel(release: Path, clip: str, **words: Any) -> None:
    """In the sample and in the index."""
    edit_samples(release, lambda m: edit_text(m[clip], lambda meta: meta.update(words)))


def test_a_label_with_two_ids_is_found(release: Path) -> None:
    relabel(release, "alpha/004", label_id=7)
    assert only_fault(release) == (
        "shards/shard-000000.tar, clip alpha/004: label 'jump up' of namespace 'toy' has "
        "label_id 7 in 1 clips, and 1 in others"
    )


def test_an_id_with_two_labels_is_found(release: Path) -> None:
    relabel(release, "alpha/004", label_id=2)
    faults = verify_release(str(release))
    said = "label_id 2 of namespace 'toy' has label 'jump up' in 1 clips, and 'sit down' in others"
    assert f"shards/shard-000000.tar, clip alpha/004: {said}" in faults


@pytest.fixture
def ucla(tmp_path: Path, make_stages: Callable[..., Any], make_clip: Callable[..., Any]) -> Path:
    """A release of a corpus whose reader is known here."""

    def of_ucla(number: int) -> Any:
        clip = make_clip("nw_ucla", number, licence="nw_ucla")
        place = {"camera": str(1 + number % 3), "subject": str(1 + number % 10)}
        label = {"label": "sit down", "label_id": 4, "label_namespace": "nw_ucla"}
        return replace(clip, **label, **place)

    clips = [of_ucla(number) for number in range(6)]
    other = [make_clip("beta", 1, licence="cc-by-4.0", image=True)]
    stages = make_stages(tmp_path / "stages", clips, other, explained=False)
    return Path(cut_release(str(tmp_path / "root"), "toy", "1.0.0", code="test", **stages))


def relabel_all(release: Path, **words: Any) -> None:
    def change(members: Any) -> None:
        for clip, own in members.items():
            if clip.startswith("nw_ucla/"):
                edit_text(own, lambda meta: meta.update(words))

    edit_samples(release, change)


def test_names_that_the_reader_numbers_otherwise_are_found(ucla: Path) -> None:
    names = declare_classes(["nw_ucla"])["nw_ucla"]["nw_ucla"]
    right = names.index("sit down")
    relabel_all(ucla, label_id=right)
    assert [f for f in verify_release(str(ucla)) if "reader" in f] == []
    relabel_all(ucla, label_id=right + 1)
    said = f"6 clips are 'sit down', {right + 1} of 'nw_ucla'; the reader says {names[right + 1]!r}"
    assert f"shards/shard-000000.tar, clip nw_ucla/000: {said}" in verify_release(str(ucla))


def test_a_namespace_that_the_reader_does_not_declare_is_found(ucla: Path) -> None:
    relabel_all(ucla, label_namespace="utd_mhad")
    faults = verify_release(str(ucla))
    assert any("of corpus 'nw_ucla' have namespace 'utd_mhad'" in fault for fault in faults)


def test_a_corpus_that_nobody_reads_or_that_has_no_labels_declares_nothing() -> None:
    assert list(declare_classes(["alpha", "humanml3d", "nw_ucla"])) == ["nw_ucla"]
