"""What a JSON file says of its video, under the many names in use: rate, picture size, times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skeletonllm.corpora.pose.landmarks.recording import first_of
from skeletonllm.corpora.toolkit.pictures import Size

RATES = ("ticksPerSecond", "fps", "FPS", "frame_rate", "frameRate", "framerate", "video_fps")
HEADS = ("metadata", "meta", "video", "video_info", "videoInfo", "info", "header")
_SIZES = (
    ("width", "height"), ("image_width", "image_height"), ("imageWidth", "imageHeight"),
    ("frame_width", "frame_height"), ("frameWidth", "frameHeight"),
    ("video_width", "video_height"), ("videoWidth", "videoHeight"), ("w", "h"),
)  # fmt: skip
_WHOLE_SIZES = (
    "image_size", "imageSize", "resolution", "size", "frame_size", "frameSize", "video_size",
    "dimensions", "image_dimensions",
)  # fmt: skip
MAX_SIDE = 1 << 16


def time_of(value: Any) -> float | None:
    """A number, also one that is written as text; None for anything else."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) < 1e300 else None


def _heads(content: Any) -> list[Mapping[str, Any]]:
    """The object itself, and those in it that say things about the video."""
    if not isinstance(content, dict):
        return []
    inner = [content[key] for key in HEADS if isinstance(content.get(key), dict)]
    return [content, *inner]


def rate_of(content: Any) -> float | None:
    """Frames a second, where the file says it."""
    for head in _heads(content):
        stated = time_of(first_of(head, RATES))
        if stated is not None and 0 < stated <= 1000:
            return stated
    return None


def size_of(content: Any) -> Size | None:
    """Width and height of the picture, where the file says them."""
    for head in _heads(content):
        for key in _WHOLE_SIZES:
            size = _whole_size(head.get(key))
            if size is not None:
                return size
        for wide, high in _SIZES:
            if wide in head and high in head:
                size = _sides(head[wide], head[high])
                if size is not None:
                    return size
    return None


def _whole_size(value: Any) -> Size | None:
    if isinstance(value, dict):
        return _sides(value.get("width"), value.get("height"))
    if isinstance(value, str):
        wide, _, high = value.lower().replace("\u00d7", "x").partition("x")
        return _sides(time_of(wide), time_of(high))
    return _sides(*value) if isinstance(value, list) and len(value) == 2 else None


def _sides(width: Any, height: Any) -> Size | None:
    sides = [time_of(width), time_of(height)]
    if any(side is None or not 1 < side < MAX_SIDE or side != int(side) for side in sides):
        return None
    return int(sides[0] or 0), int(sides[1] or 0)
