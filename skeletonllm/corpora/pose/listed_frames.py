"""How JSON lists the frames of a video: a list, lines, or an object by number or by picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skeletonllm.corpora.formats.json_text import list_rows, parse_json
from skeletonllm.corpora.pose.detections import frame_number
from skeletonllm.corpora.toolkit.pictures import Size, stated_size
from skeletonllm.errors import SourceError

HOLDERS = ("frames", "images", "data", "results")
"""Under which words an object holds the list of its frames."""

RATES = ("fps", "frame_rate", "frameRate", "framerate")
SIZES = (("width", "height"), ("image_width", "image_height"), ("canvas_width", "canvas_height"))

MAX_FPS = 1000.0


def parse_json_or_lines(data: bytes) -> Any:
    """What a JSON text holds; of several texts, one a line, a list.

    Raises:
        SourceError: As of :func:`parse_json`.
    """
    try:
        return parse_json(data)
    except SourceError as error:
        rows = list_rows(data) if error.code == "format" else []
        if len(rows) < 2 or not all(row.rstrip()[-1:] in (b"}", b"]") for row in rows):
            raise
    return [parse_json(row) for row in rows]


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


def rate_of(content: Any) -> float | None:
    """Frames a second, where an object states it.

    Example:
        >>> rate_of({"fps": 25}), rate_of({"fps": 0}), rate_of([])
        (25.0, None, None)
    """
    held = content if isinstance(content, dict) else {}
    stated = next((held[key] for key in RATES if key in held), None)
    if not isinstance(stated, int | float) or isinstance(stated, bool):
        return None
    return float(stated) if 0 < stated <= MAX_FPS else None


def size_of(content: Any) -> Size | None:
    """Size of the picture, where an object states it.

    Example:
        >>> size_of({"canvas_width": 640, "canvas_height": 480}), size_of({"width": 640})
        ((640, 480), None)
    """
    held = content if isinstance(content, dict) else {}
    sizes = (stated_size(held.get(width), held.get(height)) for width, height in SIZES)
    return next((size for size in sizes if size), None)
