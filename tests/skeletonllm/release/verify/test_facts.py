from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from skeletonllm.release.statistics import COUNTED
from skeletonllm.release.verify.facts import (
    FACTS,
    FactsOfTar,
    find_form_fault,
    list_columns,
    list_counted,
)
from skeletonllm.shards import encode
from skeletonllm.shards.codec import decode_with_parts


def text_of(clip: Any) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(encode(clip)["json"])
    return meta


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
    assert list_counted(table).schema == COUNTED
    assert list_columns(table, ["shard", "label_id"]).to_pylist() == [
        {"shard": "shard-000003.tar", "label_id": 1}
    ]
    observed = clip.motion.confidence[clip.motion.present] > 0
    share = facts.missing.to_json()["kinect_v2"]["share"]
    assert share == pytest.approx(1 - np.mean(observed), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"label_id": 2**40}, "label_id 1099511627776 is no 32-bit number"),
        ({"label_id": None}, None),
        ({"num_frames": 3.0}, "num_frames 3.0 is a float"),
        ({"corpus": None}, "corpus None is a NoneType"),
    ],
)
def test_a_field_of_another_form_is_named(make_clip, change: Any, said: str | None) -> None:
    meta = text_of(make_clip("alpha", 1, licence="cc-by-4.0"))
    assert find_form_fault({**meta, **change}) == said


def test_a_missing_field_is_named(make_clip) -> None:
    meta = text_of(make_clip("alpha", 1, licence="cc-by-4.0"))
    del meta["licence"]
    assert find_form_fault(meta) == "its text has no 'licence'"
