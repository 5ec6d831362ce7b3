from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.errors import UsageError
from skeletonllm.viewer.columns import Rows, RowsBuilder
from skeletonllm.viewer.served import finder as finder_module
from skeletonllm.viewer.served.finder import Finder
from skeletonllm.viewer.served.query import Query, parse_query
from skeletonllm.viewer.served.words import WordIndex, WordIndexBuilder, split_words

WORDS = ("throw", "sit down", None)
FLAGS = ("a", "b", "c d")
TABLE = json.loads((Path(__file__).parents[3] / "web" / "queries.json").read_text())
"""Queries and their answers; those of the page of one file: web/src/data/finder.test.ts."""


def make(count: int, seed: int) -> tuple[list[dict[str, Any]], Rows, WordIndex]:
    rng = np.random.default_rng(seed)
    rows, words, added = RowsBuilder(), WordIndexBuilder(), []
    for i in range(count):
        row = {
            "clip_id": f"x/{rng.integers(50)}-{i}",
            "label": WORDS[rng.integers(3)],
            "flags": [flag for flag in FLAGS if rng.random() < 0.4],
            "seconds": None if rng.random() < 0.2 else float(rng.integers(5)),
        }
        rows.add(row)
        words.add([row["clip_id"], "said" if rng.random() < 0.3 else ""])
        row["said"] = bool(words.build().find("said")[i])
        added.append(row)
    return added, rows.build(), words.build()


@given(
    seed=st.integers(0, 5),
    text=st.sampled_from(["", "thr", "said", "x c", "sit said", "none"]),
    labels=st.sampled_from([(), ("throw",), ("throw", "gone")]),
    flags=st.sampled_from([(), ("a",), ("b", "c d")]),
    low=st.sampled_from([None, 1.0]),
    sort=st.sampled_from([None, "seconds", "label", "clip_id", "flags"]),
    down=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_the_same_as_looking_at_each_row(
    seed: int,
    text: str,
    labels: tuple[str, ...],
    flags: tuple[str, ...],
    low: float | None,
    sort: str | None,
    down: bool,
) -> None:
    added, rows, words = make(40, seed)
    where = {name: w for name, w in (("label", labels), ("flags", flags)) if w}
    within = {} if low is None else {"seconds": (low, 3.0)}
    query = Query(text, where, within, sort, down and sort is not None, offset=2, limit=10)
    found = Finder(rows, words).find(query)
    fitting = [i for i, row in enumerate(added) if fits(row, query)]
    assert found.total == len(fitting)
    if sort is None:
        assert found.rows == fitting[2:12]
    else:
        assert len(found.rows) == min(max(len(fitting) - 2, 0), 10)
        assert set(found.rows) <= set(fitting)
        keys = [key_of(added[i], sort) for i in fitting]
        missing = [k for k in keys if k is None]
        known = sorted((k for k in keys if k is not None), reverse=down)
        assert [key_of(added[i], sort) for i in found.rows] == [*known, *missing][2:12]
        told = [i for i in fitting if key_of(added[i], sort) is not None]
        told.sort(key=lambda i: key_of(added[i], sort), reverse=down)  # equal ones stay in order
        assert [i for i in found.rows if i in told] == told[2:12]
    loose = replace(query, where={n: w for n, w in query.where.items() if n != "flags"})
    counts = Counter(flag for row in added if fits(row, loose) for flag in row["flags"])
    assert dict(map(tuple, found.facets["flags"])) == counts


def fits(row: dict[str, Any], query: Query) -> bool:
    told = " ".join([row["clip_id"], row["label"] or "", *row["flags"], "said" * row["said"]])
    words = split_words(told)
    seconds = math.nan if row["seconds"] is None else row["seconds"]
    return (
        all(any(word.startswith(w) for word in words) for w in split_words(query.text))
        and all(
            set(query.where.get(name, [value])) & {value}
            for name, value in (("label", row["label"]),)
        )
        and ("flags" not in query.where or bool(set(query.where["flags"]) & set(row["flags"])))
        and all((low or 0) <= seconds <= (high or 9) for low, high in query.within.values())
    )


def key_of(row: dict[str, Any], name: str) -> Any:
    return len(row["flags"]) if name == "flags" else row[name]


def test_a_window_far_down_is_found_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder_module, "_PIECE", 7)
    _, rows, words = make(60, 1)
    finder = Finder(rows, words)
    whole = finder.find(Query(sort="seconds", down=True, limit=60)).rows
    parts = [
        finder.find(Query(sort="seconds", down=True, offset=at, limit=9)).rows
        for at in range(0, 60, 9)
    ]
    assert [row for part in parts for row in part] == whole
    assert sorted(whole) == list(range(60))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (Query(sort="gone"), "column 'gone'"),
        (Query(where={"gone": ("a",)}), "column 'gone'"),
        (Query(where={"seconds": ("1",)}), "words of column 'seconds'"),
        (Query(within={"label": (1, 2)}), "a range of column 'label'"),
    ],
    ids=str,
)
def test_what_a_column_has_not_is_refused(query: Query, told: str) -> None:
    _, rows, words = make(3, 0)
    with pytest.raises(UsageError, match=told):
        Finder(rows, words).find(query)


def test_clips_can_be_asked_for_by_their_ids() -> None:
    added, rows, words = make(9, 0)
    wanted = added[4]["clip_id"]
    assert Finder(rows, words).find(Query(where={"clip_id": (wanted,)})).rows == [4]


def test_quality_is_joints_observed_and_then_few_flags() -> None:
    rows = RowsBuilder()
    for name, observed, flags in (("a", 0.5, []), ("b", 1.0, ["x", "y"]), ("c", 1.0, ["x"])):
        rows.add({"clip_id": name, "observed": observed, "flags": flags})
    rows.add({"clip_id": "d", "observed": None, "flags": []})
    words = WordIndexBuilder()
    for _ in range(4):
        words.add([])
    finder = Finder(rows.build(), words.build())
    assert finder.find(Query(sort="quality", down=True)).rows == [2, 1, 0, 3]
    assert finder.find(Query(sort="quality")).rows == [0, 1, 2, 3]


def test_no_rows_at_all() -> None:
    finder = Finder(RowsBuilder().build(), WordIndexBuilder().build())
    finder.prepare()
    found = finder.find(Query(text="a", sort="seconds"))
    assert (found.total, found.rows) == (0, [])
    assert finder.find(Query()).facets["label"] == []


def finder_of_table() -> Finder:
    rows, words = RowsBuilder(), WordIndexBuilder()
    for row in TABLE["rows"]:
        rows.add(row)
        words.add([row["clip_id"], row["said"]])
    return Finder(rows.build(), words.build())


@pytest.mark.parametrize("case", TABLE["queries"], ids=lambda case: json.dumps(case["ask"]))
def test_it_answers_as_the_page_of_one_file(case: dict[str, Any]) -> None:
    found = finder_of_table().find(parse_query(json.dumps(case["ask"])))
    assert found.rows == case["rows"]
    assert found.total == case.get("total", len(case["rows"]))
    assert found.place == case.get("place")


@pytest.mark.parametrize("case", TABLE["facets"], ids=lambda case: json.dumps(case["ask"]))
def test_it_counts_as_the_page_of_one_file(case: dict[str, Any]) -> None:
    found = finder_of_table().find(parse_query(json.dumps(case["ask"])))
    assert {name: found.facets[name] for name in case["facets"]} == case["facets"]


@given(
    seed=st.integers(0, 3),
    text=st.sampled_from(["", "thr", "said"]),
    sort=st.sampled_from([None, "seconds", "label", "clip_id", "flags", "quality"]),
    down=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_place_of_a_row_is_where_it_stands(
    seed: int, text: str, sort: str | None, down: bool
) -> None:
    _, rows, words = make(40, seed)
    finder = Finder(rows, words)
    query = Query(text, sort=sort, down=down and sort is not None)
    listed = finder.find(query).rows
    for row in range(40):
        place = finder.find(replace(query, place_of=row, limit=0)).place
        assert place == (listed.index(row) if row in listed else None)


def test_a_place_far_down_is_found_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder_module, "_PIECE", 7)
    _, rows, words = make(60, 1)
    finder = Finder(rows, words)
    query = Query(sort="label", down=True, limit=60)
    listed = finder.find(query).rows
    assert [finder.find(replace(query, place_of=row)).place for row in listed] == list(range(60))


def test_all_words_are_counted_and_those_asked_for_always(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, words = RowsBuilder(), WordIndexBuilder()
    labels = [f"class {n % 120:03d}" for n in range(200)]
    for label in labels:
        rows.add({"clip_id": label, "label": label})
        words.add([])
    finder = Finder(rows.build(), words.build())
    counts = Counter(labels)
    expected = sorted(counts, key=lambda label: (-counts[label], label))
    assert [word for word, _ in finder.find(Query()).facets["label"]] == expected
    monkeypatch.setattr(finder_module, "_FACETS", 3)
    found = finder.find(Query(where={"label": ("class 119", "class 000", "gone")}))
    assert found.facets["label"] == [
        *(["class 000", 2], ["class 001", 2], ["class 002", 2], ["class 119", 1])
    ]
