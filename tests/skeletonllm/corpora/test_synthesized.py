"""Readers against the writers of skeletonllm.synthesis, which were made from original files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, get_reader, read_clips, readers
from skeletonllm.synthesis import (
    GOOD_WITH_GAPS,
    synthesize,
    write_bad_files,
    write_corpora,
    write_ntu,
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_corpora(
        tmp_path_factory.mktemp("raw"),
        ntu_clips_per_action=2,
        nw_ucla_clips_per_action=1,
        humanml3d_clips=4,
        pyskl_clips_per_action=1,
        subjects=2,
        actions=("hand waving", "sit down", "shaking hands"),
    )


@pytest.mark.parametrize(
    ("corpus", "count", "labels"),
    [
        ("ntu_rgbd", 6, {"hand waving", "sit down", "shaking hands"}),
        ("nw_ucla", 10, None),
        ("humanml3d", 4, {None}),
        ("pyskl", 3, {"hand waving", "sit down", "shaking hands"}),
    ],
)
def test_a_synthetic_corpus_is_read_whole(
    folders: dict[str, str], corpus: str, count: int, labels: set[str | None] | None
) -> None:
    reader = get_reader(corpus)
    results = [read_clips(reader, source) for source in reader.sources(folders[corpus])]
    assert [reject for _, rejects in results for reject in rejects] == []
    clips = [clip for found, _ in results for clip in found]
    assert len(clips) == count
    assert {clip.label for clip in clips} == (labels or set(reader.label_names[corpus]))
    assert all(clip.captions for clip in clips) == (corpus == "humanml3d")


@pytest.mark.parametrize("corpus", ["ntu_rgbd", "nw_ucla", "humanml3d", "pyskl"])
def test_the_contract_holds_on_a_synthetic_corpus(folders: dict[str, str], corpus: str) -> None:
    assert check_reader(readers()[corpus], folders[corpus], limit=3) == []


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    motion = synthesize("shaking hands", subject=3, seed=5)
    write_ntu(tmp_path / "S001C001P003R001A058.skeleton", motion, body_ids=["11", "22"])
    reader = get_reader("ntu_rgbd")
    ((clip,), _) = read_clips(reader, reader.sources(str(tmp_path))[0])
    rows = [clip.person_ids.index(name) for name in ("11", "22")]
    back = clip.motion.select_persons(rows)
    np.testing.assert_allclose(back.joints, motion.joints, atol=1e-6)
    np.testing.assert_array_equal(back.present, motion.present)
    np.testing.assert_array_equal(back.confidence > 0, motion.confidence > 0)


def test_bad_files_are_one_reject_each_and_the_good_one_comes_out(tmp_path: Path) -> None:
    expected = write_bad_files(tmp_path)
    reader = get_reader("ntu_rgbd")
    codes, good = {}, []
    for source in reader.sources(str(tmp_path)):
        clips, rejects = read_clips(reader, source)
        good += clips
        codes |= {Path(reject.source_uri).name: reject.code for reject in rejects}
    assert codes == expected
    assert [f"{clip.clip_id.split('/')[1]}.skeleton" for clip in good] == [GOOD_WITH_GAPS]
    missing = good[0].motion.confidence == 0
    assert 0 < missing.mean() < 0.1
