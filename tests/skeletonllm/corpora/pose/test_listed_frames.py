from __future__ import annotations

from typing import Any

import pytest

from skeletonllm.corpora.pose.listed_frames import frames_of, parse_json_or_lines
from skeletonllm.errors import SourceError


@pytest.mark.parametrize(
    ("content", "frames"),
    [
        ([[], {}], {0: [], 1: {}}),
        ({"frames": [[1]]}, {0: [1]}),
        ({"images": {"2.jpg": [], "10.jpg": [1]}}, {2: [], 10: [1]}),
        ({"10": [1], "9": [2]}, {9: [2], 10: [1]}),
        ({"1a.jpg": [], "1b.jpg": []}, None),
        ({"1": 7}, None),
        ({"label": [], "2": []}, None),
        ({}, None),
        (7, None),
    ],
)
def test_frames_by_number(content: Any, frames: dict[int, Any] | None) -> None:
    assert frames_of(content) == frames


def test_lines() -> None:
    assert parse_json_or_lines(b'{"a": 1}\n\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    assert parse_json_or_lines(b'[1,\n{"a": 2}]') == [1, {"a": 2}]
    for data in (b'{"a": 1}\n{"a"', b"[1] [2]", b"[1]\n2"):
        with pytest.raises(SourceError):
            parse_json_or_lines(data)
