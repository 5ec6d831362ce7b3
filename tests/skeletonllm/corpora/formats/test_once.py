"""Many readers of one file parse it once."""

from __future__ import annotations

import json

import pytest

from skeletonllm.corpora.formats import once
from skeletonllm.corpora.formats.json_text import parse_json
from skeletonllm.corpora.formats.once import parse_once, parsed
from skeletonllm.errors import SourceError


class Counting:
    """A parser that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, data: bytes) -> int:
        self.calls += 1
        if not data:
            raise SourceError("empty", "nothing")
        return len(data)


def test_the_same_bytes_are_parsed_once_within_the_block_alone() -> None:
    parse = Counting()
    with parse_once():
        assert [parsed("p", b"abc", parse) for _ in range(3)] == [3, 3, 3]
        assert parse.calls == 1
        assert parsed("p", b"abd", parse) == 3
        assert parsed("other", b"abc", parse) == 3
        assert parse.calls == 3
    assert parsed("p", b"abc", parse) == 3
    assert parse.calls == 4


def test_a_refusal_is_kept_too() -> None:
    parse = Counting()
    with parse_once():
        for _ in range(2):
            with pytest.raises(SourceError, match="nothing"):
                parsed("p", b"", parse)
    assert parse.calls == 1


def test_large_files_push_out_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "KEPT_BYTES", 10)
    parse = Counting()
    with parse_once():
        for data in (b"a" * 6, b"b" * 4, b"a" * 6, b"c" * 20, b"c" * 20, b"a" * 6):
            parsed("p", data, parse)
    assert parse.calls == 4


def test_json_of_another_bound_is_another_parser() -> None:
    data = json.dumps(list(range(100))).encode()
    with parse_once():
        assert parse_json(data) is parse_json(bytes(data))
        with pytest.raises(SourceError, match="MB once it is parsed"):
            parse_json(data, memory=10)
