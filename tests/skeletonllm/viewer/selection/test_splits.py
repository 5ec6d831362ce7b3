from __future__ import annotations

import pyarrow as pa

from skeletonllm.corpora.toolkit import labels
from skeletonllm.evaluation.protocols import get_protocol
from skeletonllm.viewer.columns import WordSets
from skeletonllm.viewer.selection.splits import SplitScan
from skeletonllm.views.view import COLUMNS


def clips(cameras: list[str | None], label: str | None) -> pa.Table:
    view = get_protocol("nw_ucla/xview").train
    assert view.corpora is not None
    known = {
        "corpus": view.corpora[0],
        "label": label,
        "label_namespace": "nw_ucla",
        "subject": "1",
        "setup": None,
        "topology": "kinect_v1",
    }
    rows = [{**known, "camera": camera} for camera in cameras]
    return pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in COLUMNS]))


def find_splits(tables: list[pa.Table]) -> WordSets:
    scan = SplitScan()
    for table in tables:
        scan.add(table)
    return scan.build()


def test_each_clip_is_in_the_parts_its_protocols_say() -> None:
    label = next(iter(labels.actions("nw_ucla").values()))
    sets = find_splits([clips(["1", "2"], label), clips(["3", None], label)])
    found = [sets[row] for row in range(4)]
    assert "nw_ucla/xview train" in found[0]
    assert "nw_ucla/xview test" in found[2]
    assert not any("xview" in word for word in found[3])


def test_a_protocol_with_one_part_only_is_left_out() -> None:
    label = next(iter(labels.actions("nw_ucla").values()))
    sets = find_splits([clips(["1", "2"], label)])
    assert not any("xview" in word for word in sets.words)


def test_of_no_clip_nothing_is_said() -> None:
    assert find_splits([]).words == ()
    assert len(find_splits([]).codes) == 0
    assert find_splits([clips(["1"], None)])[0] == []
