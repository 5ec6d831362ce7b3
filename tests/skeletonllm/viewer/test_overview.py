from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.storage import read_json
from skeletonllm.viewer.columns import RowsBuilder, WordSets
from skeletonllm.viewer.overview import ReleaseFacts, count_words, make_overview, write_count
from skeletonllm.viewer.release_facts import read_facts, read_negatives


@pytest.fixture
def facts(viewed: Path) -> ReleaseFacts:
    folder = str(viewed)
    splits = WordSets(("p train", "p test"), ((), (0,), (0, 1)), np.array([1, 1, 2], np.int32))
    manifest = read_json(f"{folder}/manifest.json")
    return read_facts(folder, manifest, splits, read_negatives(folder), ["two clips are one"])


def rows(count: int) -> Any:
    builder = RowsBuilder()
    for i in range(count):
        builder.add({"clip_id": str(i), "seconds": i, "observed": 1.0})
    return builder.build()


def charts(overview: dict[str, Any]) -> dict[str, Any]:
    return {chart["title"]: chart for chart in overview["charts"]}


def test_what_decides_trust_is_told(facts: ReleaseFacts) -> None:
    told = dict(make_overview(facts, rows(11))["facts"])
    assert told["refused"] == "2 (15.4% of clips and refusals)"
    assert told["steps"] == "8 (true: 8)"
    assert told["grounded"] == "median 0.65, lowest 5 % up to 0.335"
    assert told["may be redistributed"] == "no"


def test_charts_name_the_column_that_a_click_filters(facts: ReleaseFacts) -> None:
    found = charts(make_overview(facts, rows(11)))
    assert found["Corpora"]["bars"] == [["alpha", 8], ["beta", 3]]
    assert found["Corpora"]["column"] == "corpus"
    assert found["Classes of toy"]["column"] == "label"
    assert found["Parts of protocols"]["bars"] == [["p train", 3], ["p test", 1]]
    assert found["Noticed or repaired"]["bars"] == [["filled_gaps", 2]]
    assert sum(count for _, count in found["Length, s"]["bars"]) == 11


def test_a_part_says_that_it_is_one(facts: ReleaseFacts) -> None:
    assert "Length, s, of the 4 clips shown" in charts(make_overview(facts, rows(4)))


def test_tables_findings_and_lineage(facts: ReleaseFacts) -> None:
    overview = make_overview(replace(facts, changes="# 1.0.0"), rows(11))
    tables = {table["title"]: table for table in overview["tables"]}
    assert tables["Costs by teacher"]["rows"] == [["kinematic", 8, 80, 40, 2.0]]
    assert tables["Licences"]["rows"][1][0] == "nw_ucla"
    assert tables["Classes that are taken for each other"]["rows"][0][0] == "toy"
    assert any("empty <file>" in row[2] for row in tables["Refused, the first 10"]["rows"])
    assert overview["findings"] == ["two clips are one"]
    assert overview["changes"] == "# 1.0.0"
    assert ["cut by", "test"] in overview["lineage"]
    assert any(name == "stage build_shards" for name, _ in overview["lineage"])
    json.dumps(overview, allow_nan=False)


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 shards"), (1, "1 shard"), (2000, "2,000 shards")]
)
def test_one_is_not_told_as_many(count: int, told: str) -> None:
    assert write_count(count, "shard") == told


def test_words_of_sets_are_counted_once_a_row() -> None:
    sets = WordSets(("a", "b", "c"), ((0, 1), (1,)), np.array([0, 0, 1], np.int32))
    assert count_words(sets) == {"a": 2, "b": 3, "c": 0}
