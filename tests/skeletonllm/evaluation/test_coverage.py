from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import SAMPLE
from skeletonllm.corpora import labels
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.coverage import COLUMNS, Coverage, coverage, read_rows
from skeletonllm.storage import write_table

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
    return {cover.protocol: cover for cover in coverage(rows(*more))}


def test_counts_are_those_of_the_views_and_other_corpora_have_none() -> None:
    covers = found()
    assert list(covers) == ["nw_ucla/xview", "nw_ucla/8-2", "nw_ucla/5-5"]
    counts = {name: (cover.train, cover.test) for name, cover in covers.items()}
    assert counts == {"nw_ucla/xview": (20, 10), "nw_ucla/8-2": (16, 2), "nw_ucla/5-5": (10, 5)}
    assert covers["nw_ucla/8-2"].faults() == []
    assert covers["nw_ucla/8-2"].neither == {"a class of one part, in the clips of the other": 12}
    (fault,) = covers["nw_ucla/xview"].faults()
    assert fault.startswith("20 / 10 clips, where the whole has 1,020 / 464, the 1,484 clips of")


def test_a_whole_corpus_is_recognized() -> None:
    more = [row(number, camera="1") for number in range(30, 1030)]
    more += [row(number, camera="3") for number in range(1030, 1484)]
    cover = found(*more)["nw_ucla/xview"]
    assert cover.whole == "the 1,484 clips of CTR-GCN's lists"
    assert cover.faults() == []
    assert found(*more[:-1])["nw_ucla/xview"].whole is None


def test_clips_of_no_part_have_a_reason() -> None:
    cover = found(
        row(30, label=None, label_namespace=None),
        row(31, camera=None),
        row(32, camera="7"),
        row(33, label="juggle"),
        row(34, corpus="lab"),
    )["nw_ucla/xview"]
    assert cover.neither == {
        "a class of no part": 1,
        "camera 7 of no part": 1,
        "no camera": 1,
        "no label": 1,
    }
    said = [fault for fault in cover.faults() if "in no part" in fault]
    assert said == [
        f"1 clips in no part: {why}" for why in sorted(cover.neither) if why[:2] != "a "
    ]


def test_gaps_are_named() -> None:
    few = rows().filter(pa.array([number not in (20, 21) for number in range(30)]))
    cover = {c.protocol: c for c in coverage(few)}["nw_ucla/xview"]
    assert cover.without_clips == {"test": {"label": CLASSES[:2]}}
    assert f"no test clip of 2 labels ({', '.join(CLASSES[:2])})" in cover.faults()


def test_the_same_motion_in_both_parts_is_leakage() -> None:
    copied = row(30, camera="3", motion_sha256=f"{11:064x}")
    within = row(31, camera="1", motion_sha256=f"{11:064x}")
    cover = found(copied, within)["nw_ucla/xview"]
    assert cover.same_motion == (("nw_ucla/31", "nw_ucla/30"),)
    assert cover.faults()[0] == "1 motions in both parts: nw_ucla/31 = nw_ucla/30"
    assert cover.to_json()["faults"] == cover.faults()
    assert found(within)["nw_ucla/xview"].same_motion == ()


def test_a_folder_without_clips_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clips here; expected the output of normalize"):
        read_rows(str(tmp_path))
    (tmp_path / "clips").mkdir()
    assert len(read_rows(str(tmp_path))) == 0
    write_table(f"{tmp_path}/clips/part-00000.parquet", rows())
    write_table(f"{tmp_path}/clips/part-00001.parquet", rows())
    assert read_rows(str(tmp_path)).column_names == COLUMNS
    assert len(read_rows(str(tmp_path))) == 60
