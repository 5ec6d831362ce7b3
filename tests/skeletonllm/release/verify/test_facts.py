from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.release.statistics import COUNTED
from skeletonllm.release.verify.facts import (
    FACTS,
    FactsFile,
    FactsOfTar,
    get_digests,
    iter_counted,
    list_columns,
    take_rows,
)
from skeletonllm.shards import encode
from skeletonllm.shards.codec import decode_with_parts


def test_facts_are_those_of_the_clip_without_its_arrays(make_clip) -> None:
    clip = make_clip("alpha", 1, licence="cc-by-4.0")
    facts = FactsOfTar("shard-000003.tar")
    sample, meta, arrays = decode_with_parts(encode(clip))
    facts.add(meta, sample.motion, arrays, sample.motion.sha256)
    table = facts.to_table()
    assert table.schema == FACTS
    (row,) = table.to_pylist()
    assert (row["clip_id"], row["shard"]) == ("alpha/001", "shard-000003.tar")
    assert row["decoded_sha256"].hex() == meta["decoded_sha256"]
    assert row["motion_sha256"].hex() == clip.motion.sha256
    (counted,) = iter_counted(table)
    assert counted.schema == COUNTED
    assert list_columns(table, ["shard", "label_id"]).to_pylist() == [
        {"shard": "shard-000003.tar", "label_id": 1}
    ]
    observed = clip.motion.confidence[clip.motion.present] > 0
    share = facts.missing.to_json()["kinect_v2"]["share"]
    assert share == pytest.approx(1 - np.mean(observed), abs=1e-6)


def facts_of(make_clip, shard: str, numbers: range) -> pa.Table:
    facts = FactsOfTar(shard)
    for number in numbers:
        clip = make_clip("alpha", number, licence="cc-by-4.0")
        sample, meta, arrays = decode_with_parts(encode(clip))
        facts.add(meta, sample.motion, arrays, sample.motion.sha256)
    return facts.to_table()


def test_facts_in_a_file_are_those_in_memory_in_the_order_of_the_tars(make_clip) -> None:
    parts = {"b.tar": facts_of(make_clip, "b.tar", range(3)), "a.tar": FACTS.empty_table()}
    parts["c.tar"] = facts_of(make_clip, "c.tar", range(3, 5))
    file = FactsFile()
    for path in ("c.tar", "a.tar", "b.tar"):  # as many cores give them
        file.add(path, parts[path])
    file.finish()
    table = pa.concat_tables([parts["b.tar"], parts["c.tar"]])
    assert len(file) == len(table) == 5
    names = [name for name in FACTS.names if name != "flags"]
    assert list_columns(file, names[::-1]).equals(list_columns(table, names[::-1]))
    assert file.select(names).schema == pa.schema([FACTS.field(name) for name in names])
    assert file.select(names).to_pylist() == table.select(names).to_pylist()
    assert (get_digests(file, "motion_sha256") == get_digests(table, "motion_sha256")).all()
    chosen = np.array([False, True, False, True, False])
    assert take_rows(file, ["clip_id"], chosen).column(0).to_pylist() == ["alpha/001", "alpha/003"]
    assert pa.concat_tables(iter_counted(file)).equals(pa.concat_tables(iter_counted(table)))


def test_facts_of_no_sample_are_empty() -> None:
    file = FactsFile().finish()
    assert (len(file), len(list_columns(file, ["clip_id"])), len(file.select(["label"]))) == (
        0,
    ) * 3
    assert list(iter_counted(file)) == []
