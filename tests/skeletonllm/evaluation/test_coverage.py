from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import CLIP, SAMPLE
from skeletonllm.corpora.toolkit import labels
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.evaluation import Protocol
from skeletonllm.evaluation.coverage import (
    COLUMNS,
    Coverage,
    cover_protocol,
    measure_coverage,
    read_rows,
)
from skeletonllm.storage import Plan, Unit, claim, write_table
from skeletonllm.testing.stage_folders import finish_stage
from skeletonllm.views.view import View

CLASSES = labels.names("nw_ucla")


def row(number: int, **known: Any) -> dict[str, Any]:
    """A clip of NW-UCLA; every one has a motion of its own."""
    usual = {
        "clip_id": f"nw_ucla/{number}",
        "motion_sha256": f"{number:064x}",
        "corpus": "nw_ucla",
        "topology": "kinect_v1",
        "label_namespace": "nw_ucla",
        "label": CLASSES[number % 10],
        "subject": "1",
        "camera": str(1 + number // 10 % 3),
    }
    return usual | known


def rows(*more: dict[str, Any]) -> pa.Table:
    """Each class once in each camera, and more."""
    whole = [row(number) for number in range(30)]
    schema = pa.schema([SAMPLE.arrow.field(name) for name in COLUMNS])
    return pa.Table.from_pylist([*whole, *more], schema=schema)


def found(*more: dict[str, Any]) -> dict[str, Coverage]:
    return {c.protocol: c for c in measure_coverage(rows(*more))}


def test_counts_are_those_of_the_views_and_other_corpora_have_none() -> None:
    covers = found()
    assert list(covers) == [
        "nw_ucla/xview",
        *("nw_ucla/8-2", "nw_ucla/8-2@purls", "nw_ucla/5-5", "nw_ucla/5-5@purls"),
    ]
    counts = {name: (c.train, c.test) for name, c in covers.items()}
    assert counts == {
        "nw_ucla/xview": (20, 10),
        "nw_ucla/8-2": (16, 2),
        "nw_ucla/5-5": (10, 5),
        # All clips of the unseen classes, of every camera.
        "nw_ucla/8-2@purls": (16, 2 * 3),
        "nw_ucla/5-5@purls": (10, 5 * 3),
    }
    (fault,) = covers["nw_ucla/8-2@purls"].faults()
    assert fault.startswith("16 / 6 clips, where the whole has 817 / 300, the 1,484 clips of")
    assert covers["nw_ucla/8-2"].neither == {"a class of one part, in the clips of the other": 12}
    (fault,) = covers["nw_ucla/xview"].faults()
    assert fault.startswith("20 / 10 clips, where the whole has 1,020 / 464, the 1,484 clips of")


def test_a_whole_corpus_is_recognized() -> None:
    more = [row(number, camera="1") for number in range(30, 1030)]
    more += [row(number, camera="3") for number in range(1030, 1484)]
    one = found(*more)["nw_ucla/xview"]
    assert one.whole == "the 1,484 clips of CTR-GCN's lists"
    assert one.faults() == []
    assert found(*more[:-1])["nw_ucla/xview"].whole is None


def test_clips_of_no_part_have_a_reason() -> None:
    one = found(
        row(30, label=None, label_namespace=None),
        row(31, camera=None),
        row(32, camera="7"),
        row(33, label="juggle"),
        row(34, corpus="lab"),
    )["nw_ucla/xview"]
    assert one.neither == {
        "a class of no part": 1,
        "camera 7 of no part": 1,
        "no camera": 1,
        "no label": 1,
    }
    said = [fault for fault in one.faults() if "in no part" in fault]
    assert said == [f"1 clips in no part: {why}" for why in sorted(one.neither) if why[:2] != "a "]


def test_gaps_are_named() -> None:
    few = rows().filter(pa.array([number not in (20, 21) for number in range(30)]))
    one = {c.protocol: c for c in measure_coverage(few)}["nw_ucla/xview"]
    assert one.without_clips == {"test": {"label": CLASSES[:2]}}
    assert f"no test clip of 2 labels ({', '.join(CLASSES[:2])})" in one.faults()


def test_the_same_motion_in_both_parts_is_leakage() -> None:
    copied = row(30, camera="3", motion_sha256=f"{11:064x}")
    within = row(31, camera="1", motion_sha256=f"{11:064x}")
    one = found(copied, within)["nw_ucla/xview"]
    assert one.same_motion == (("nw_ucla/31", "nw_ucla/30"),)
    assert one.faults()[0] == "1 motions in both parts: nw_ucla/31 = nw_ucla/30"
    assert one.to_json()["faults"] == one.faults()
    assert found(within)["nw_ucla/xview"].same_motion == ()


def test_a_protocol_whose_parts_overlap_is_found_out() -> None:
    everything = View(corpora=("nw_ucla",))
    protocol = Protocol("broken", everything, replace(everything, cameras=("3",)))
    numbered = rows().append_column("row", pa.array(range(30), pa.int64()))
    found = cover_protocol(protocol, numbered)
    assert found.both == tuple(f"nw_ucla/{number}" for number in range(20, 30))
    assert found.faults()[0].startswith("10 clips in both parts: nw_ucla/20, ")
    assert found.same_motion == ()


def test_no_clips_give_no_protocol() -> None:
    assert measure_coverage(rows().slice(0, 0)) == []


def test_a_folder_without_clips_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clips here; expected the output of normalize"):
        read_rows(str(tmp_path))


def test_clips_are_read_as_normalize_finished_them(tmp_path: Path) -> None:
    finish_stage(str(tmp_path / "none"), "normalize", {}, {})
    assert len(read_rows(str(tmp_path / "none"))) == 0
    clips = rows().replace_schema_metadata(CLIP.arrow.metadata)
    folder = str(tmp_path / "clips")
    for part in ("part-00000", "part-00001"):
        write_table(f"{folder}/parts/{part}.parquet", clips)
    finish_stage(folder, "normalize", {}, {})
    assert read_rows(folder).column_names == COLUMNS
    assert len(read_rows(folder)) == 60
    write_table(f"{folder}/parts/part-00001.parquet", clips.slice(1))
    with pytest.raises(ReleaseError, match="A finished folder was changed: run `skeletonllm norm"):
        read_rows(folder)


def test_the_half_of_a_corpus_that_normalize_has_done_is_not_taken_for_it(tmp_path: Path) -> None:
    claim(str(tmp_path), Plan("normalize", "1", {}, (Unit(0, ("a",)), Unit(1, ("b",)))))
    clips = rows().replace_schema_metadata(CLIP.arrow.metadata)
    write_table(f"{tmp_path}/parts/part-00000.parquet", clips)
    with pytest.raises(UsageError, match="the folder is unfinished.*Run `skeletonllm normalize`"):
        read_rows(str(tmp_path))


def test_the_index_of_a_release_will_do(tmp_path: Path) -> None:
    usual = {"shard": "s", "offset": 0, "size": 1, "num_frames": 1, "num_persons": 1}
    counts = {"num_rationales": 0, "num_captions": 0, "num_questions": 0}
    hashes = {"bytes_hash": bytes(16), "content_hash": bytes(16)}
    samples = [
        {**row(i), **usual, **counts, **hashes, "key": str(i), "position": i, "label_id": i % 10}
        for i in range(30)
    ]
    index = pa.Table.from_pylist(samples, schema=SAMPLE.arrow)
    write_table(f"{tmp_path}/index.parquet", index)
    assert read_rows(str(tmp_path)).equals(rows(), check_metadata=False)


def test_leaks_are_told_apart_from_what_is_only_missing() -> None:
    copy = row(77, camera="3", motion_sha256=f"{0:064x}", clip_id="nw_ucla/copy")
    cover = found(copy)["nw_ucla/xview"]
    assert cover.leaks() == ["1 motions in both parts: nw_ucla/0 = nw_ucla/copy"]
    assert len(cover.faults()) > 1
    assert found()["nw_ucla/xview"].leaks() == []
