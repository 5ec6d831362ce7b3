from __future__ import annotations

import json
from typing import Any

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.viewer.served.query import MOST_WINDOW, Query, parse_query


def test_a_query_as_the_page_sends_it() -> None:
    sent = {
        "text": "left hand",
        "where": {"label": ["throw", "sit down"]},
        "range": {"seconds": [1, None]},
        "sort": ["observed", "down"],
        "offset": 200,
        "limit": 50,
    }
    assert parse_query(json.dumps(sent)) == Query(
        text="left hand",
        where={"label": ("throw", "sit down")},
        within={"seconds": (1.0, None)},
        sort="observed",
        down=True,
        offset=200,
        limit=50,
    )


def test_nothing_asked_is_everything() -> None:
    assert parse_query("{}") == Query()
    assert parse_query('{"text": null, "where": null, "sort": null}') == Query()


def test_windows_and_texts_have_an_end() -> None:
    found = parse_query(json.dumps({"limit": 10**9, "offset": -5, "text": "a" * 9999}))
    assert (found.limit, found.offset, len(found.text)) == (MOST_WINDOW, 0, 1000)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[]",
        "3",
        "{",
        "[" * 100_000,
        {"sort": ["label", "sideways"]},
        {"sort": [[], "up"]},
        {"sort": "label"},
        {"range": {"seconds": [1]}},
        {"range": {"seconds": ["a", 2]}},
        {"range": {"seconds": [float("nan"), 2]}},
        {"where": ["label"]},
        {"where": {"label": 3}},
        {"text": 7},
        {"limit": "many"},
        {"offset": float("inf")},
    ],
    ids=repr,
)
def test_what_is_no_query_is_refused_with_a_sentence(sent: Any) -> None:
    text = sent if isinstance(sent, str) else json.dumps(sent)
    with pytest.raises(UsageError, match="query"):
        parse_query(text)
