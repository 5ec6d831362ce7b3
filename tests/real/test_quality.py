"""The quality report on real corpora: what is known to be wrong is found, and little else."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from schemas import QUALITY
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.normalize import normalize
from skeletonllm.quality import QualityResults, assign_faults, find_duplicates, measure_clip
from skeletonllm.quality.summary import summarize_checks, summarize_corpus

pytestmark = pytest.mark.real

Find = Callable[[str], QualityResults]


@pytest.fixture(scope="session")
def found(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Find:
    """From the name of a whole corpus to what is found out about it."""

    @cache
    def find(corpus: str) -> QualityResults:
        folder = tmp_path_factory.mktemp(corpus)
        with tarfile.open(shared / "data" / "corpora" / f"{corpus}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        reader = get_reader(corpus)
        sources = reader.sources(str(folder))
        clips = [normalize(c) for s in sources for c in read_clips(reader, s)[0]]
        measured = [measure_clip(clip) for clip in clips]
        blank = {"label_conflict": False, "faults": []}
        rows = pa.Table.from_pylist([{**row, **blank} for row, _ in measured], QUALITY.arrow)
        duplicates = find_duplicates(rows, np.stack([mark for _, mark in measured]))
        return QualityResults(assign_faults(rows, duplicates), duplicates, pa.table({"code": []}))

    return find


def named(results: QualityResults, fault: str) -> set[str]:
    rows = results.rows.select(["clip_id", "faults"]).to_pylist()
    return {row["clip_id"].partition("/")[2] for row in rows if fault in row["faults"]}


def test_views_two_and_three_of_nw_ucla_share_95_recordings(found: Find) -> None:
    """The cross-view split trains on views 1 and 2 and tests on 3."""
    pairs = found("nw_ucla").duplicates.to_pylist()
    assert len(pairs) == 95
    for pair in pairs:
        assert pair["kind"] == "exact"
        assert pair["differ"] == ["camera"]
        assert {pair["clip_id"][-3:], pair["same_as"][-3:]} == {"v02", "v03"}
        assert pair["label"] in {"pick up with two hands", "drop trash"}
    said = {line.title: line for line in summarize_checks(found("nw_ucla"))}
    assert said["Same motion twice"].level == "serious"


def test_frames_of_zeros_in_nw_ucla(found: Find) -> None:
    assert "a04_s01_e01_v01" in named(found("nw_ucla"), "outside")


def test_exchanged_legs_in_nw_ucla(found: Find) -> None:
    """Seen by eye in pictures of these clips."""
    assert {"a01_s10_e03_v02", "a04_s10_e04_v03"} <= named(found("nw_ucla"), "swapped_sides")


def test_exchanged_arms_in_msr_action3d(found: Find) -> None:
    swapped = named(found("msr_action3d"), "swapped_sides")
    assert "a02_s08_e03_skeleton3D" in swapped
    assert len(swapped) < 12


@pytest.mark.parametrize(
    ("corpus", "least", "title"),
    [
        ("utd_mhad", 0.9, "Trust it without the clips named here"),
        ("sbu_kinect", 0.85, "Trust it without the clips named here"),
        ("nw_ucla", 0.45, "Look before you trust it"),
    ],
)
def test_a_good_corpus_is_not_drowned_in_warnings(
    corpus: str, least: float, title: str, found: Find
) -> None:
    results = found(corpus)
    assert least < results.sound / len(results.rows) < least + 0.1
    assert summarize_corpus(results).title == title


@pytest.mark.parametrize("corpus", ["utd_mhad", "msr_action3d", "sbu_kinect"])
def test_takes_of_one_person_are_no_copies(corpus: str, found: Find) -> None:
    assert len(found(corpus).duplicates) == 0
