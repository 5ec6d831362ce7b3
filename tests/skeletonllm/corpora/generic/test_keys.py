from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.corpora.generic.keys import parse_keys
from skeletonllm.errors import SourceError


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("29.97", 29.97),
        ("'29.97'", 29.97),
        ("30 Hz", 30.0),
        ("30fps", 30.0),
        ("30000/1001", 30000 / 1001),
        ("'25,5'", 25.5),
    ],
)
def test_rates(text: str, rate: float) -> None:
    keys = parse_keys(f"fps: {text}", "a.yaml")
    assert keys.rate("fps", needed=True) == pytest.approx(rate)
    assert keys.faults == []


@pytest.mark.parametrize("text", ["fast", "0", "-5", "30 kHz", "30/0", "true", "[30]", ""])
def test_other_rates_are_faults_with_their_line(text: str) -> None:
    keys = parse_keys(f"a: 1\nfps: {text}", "a.yaml")
    assert keys.rate("fps", needed=True) is None
    assert keys.faults[0].startswith("line 2: fps: ")
    assert keys.faults[0].endswith("expected frames a second, 0 to 10000")


def test_an_absent_rate_is_a_fault_only_where_it_is_needed() -> None:
    keys = parse_keys("a: 1", "a.yaml")
    assert keys.rate("fps", needed=False) is None
    assert keys.faults == []
    keys.rate("fps", needed=True)
    assert keys.faults == ["fps: missing, expected frames a second, 0 to 10000"]


@pytest.mark.parametrize("value", ["Big", "BIG", " big ", "large"])
def test_words_in_any_case(value: str) -> None:
    keys = parse_keys(f"size: '{value}'", "a.yaml")
    assert keys.word("size", None, {"big": "big", "large": "big"}) == "big"
    assert (keys.faults, keys.content) == ([], {})


@pytest.mark.parametrize("value", ["huge", "1", "[big]", "{a: 1}"])
def test_other_words_are_faults(value: str) -> None:
    keys = parse_keys(f"size: {value}", "a.yaml")
    keys.word("size", None, {"big": "big"})
    assert len(keys.faults) == 1
    assert "expected one of big" in keys.faults[0]


def test_a_tab_between_key_and_value_is_a_blank() -> None:
    assert parse_keys("fps:\t30\nunits:\tmm", "a.yaml").content == {"fps": 30, "units": "mm"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("a:\n\t- b", "line 2: not YAML"), ("a: b: c", "line 1: not YAML"), ("- a", "a list")],
)
def test_no_yaml_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse_keys(text, "a.yaml")


@pytest.mark.parametrize("value", [0, 3.5, "x", None, [1], {"a": 1}])
def test_a_fault_shows_what_was_found(value: Any) -> None:
    keys = parse_keys("a: 1", "a.yaml")
    keys.content["b"] = value
    assert keys.take("b", "c", lambda v: v == "c", "c") == "c"
    assert keys.faults == [f"b: {'missing' if value is None else repr(value)}, expected c"]
