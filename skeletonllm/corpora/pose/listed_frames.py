"""How JSON lists the frames of a video: a list, lines, or an object by number or by picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.corpora.files import decode
from skeletonllm.corpora.formats.json_text import parse_json
from skeletonllm.corpora.pose.detections import frame_number
from skeletonllm.errors import SourceError

HOLDERS = ("frames", "images", "data", "results")
"""Under which words an object holds the list of its frames."""


def parse_json_or_lines(data: bytes) -> Any:
    """What a JSON text holds; of several texts, one a line, a list.

    Raises:
        SourceError: As of :func:`parse_json`.
    """
    try:
        return parse_json(data)
    except SourceError as error:
        lines = decode(data).splitlines() if error.code == "format" else []
        rows = [line for line in lines if line.strip()]
        if len(rows) < 2 or not all(row.strip()[-1] in "}]" for row in rows):
            raise
    return [parse_json(row.encode()) for row in rows]


def frames_of(content: Any, holders: Sequence[str] = HOLDERS) -> dict[int, Any] | None:
    """Frames by number; None for what lists none.

    Args:
        content: A list; an object that holds one, or frames by number or by picture.
        holders: Words under which an object may hold its frames.

    Example:
        >>> frames_of({"frames": ["a", "b"]}), frames_of({"7.jpg": [], "11.jpg": []})
        ({0: 'a', 1: 'b'}, {7: [], 11: []})
    """
    if isinstance(content, list):
        return dict(enumerate(content))
    if not isinstance(content, dict) or not content:
        return None
    held = next((content[key] for key in holders if key in content), None)
    if isinstance(held, list | dict):
        return frames_of(held, ())
    return _by_number(content)


def _by_number(content: Mapping[str, Any]) -> dict[int, Any] | None:
    """Values by the numbers that end their keys, if all have one of their own."""
    numbers = [frame_number(key) for key in content]
    known = {n: value for n, value in zip(numbers, content.values(), strict=True) if n is not None}
    fits = len(known) == len(content) and all(isinstance(v, list | dict) for v in known.values())
    return {number: known[number] for number in sorted(known)} if fits else None
