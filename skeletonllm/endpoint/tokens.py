"""How many tokens a request is, before it is sent: by the formulas that the models' makers publish.

Text is counted by its length: a count by the model's own tokenizer would need that tokenizer, and
the pictures are nearly all of a request. What the endpoint counts itself is kept beside it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache, partial

from skeletonllm.endpoint.request import ChatRequest

BYTES_A_TOKEN = 4.0
"""Of English text in UTF-8, as OpenAI states it."""
LEAST_BYTES_A_TOKEN = 2.0
"""For reservations: tables of numbers and text of other languages come near to it."""
TOKENS_A_MESSAGE = 4
"""Role and separators."""
PICTURE_MARGIN = 1.25
"""For reservations: servers of open models resize by settings that we cannot see."""
UNKNOWN_PICTURE = 2928
"""For reservations, at least, for a picture of any size of a model of no known family: what
LLaVA-NeXT makes of one at most (five times 576, and ends of lines)."""

PUBLISHED_FRAMES, PUBLISHED_PX = 12, 448
"""What the paper shows its teacher: so many pictures of so many pixels a side."""

_Count = Callable[[int, int, str], int]


def count_input_tokens(request: ChatRequest) -> int:
    """Input tokens of a request, as expected."""
    return _count(request, BYTES_A_TOKEN, count_picture_tokens)


def bound_input_tokens(request: ChatRequest) -> int:
    """Input tokens of a request at worst: what a reservation of money reckons with."""
    return _count(request, LEAST_BYTES_A_TOKEN, _bound_picture_tokens)


def published_tokens(model: str) -> int:
    """Input tokens of the paper's own pictures (twelve, each after ``Frame i:``), for comparison.

    Example:
        >>> published_tokens("InternVL3-8B")
        3121
    """
    texts = sum(len(f"Frame {i}:") for i in range(1, PUBLISHED_FRAMES + 1))
    picture = count_picture_tokens(model, PUBLISHED_PX, PUBLISHED_PX)
    return math.ceil(texts / BYTES_A_TOKEN) + PUBLISHED_FRAMES * picture


@lru_cache(maxsize=4096)
def count_picture_tokens(model: str, width: int, height: int, detail: str = "high") -> int:
    """Tokens of one picture.

    Args:
        model: As the endpoint calls it; its family decides the formula, and one of no known family
            counts as gpt-4o does.
        width: Pixels.
        height: Pixels.
        detail: ``low`` where the endpoint is asked for it; all else counts as high.

    Example:
        >>> count_picture_tokens("gpt-4o", 1024, 1024)
        765
    """
    return (_find_formula(model) or _DEFAULT)(width, height, detail)


def _bound_picture_tokens(model: str, width: int, height: int, detail: str) -> float:
    most = PICTURE_MARGIN * count_picture_tokens(model, width, height, detail)
    return most if _find_formula(model) else max(most, UNKNOWN_PICTURE)


def _count(
    request: ChatRequest, bytes_a_token: float, picture: Callable[[str, int, int, str], float]
) -> int:
    size = sum(len(text.encode()) for text in request.texts())
    if request.response_format is not None:  # the endpoint puts it before the question
        size += len(json.dumps(dict(request.response_format)))
    pictures = sum(picture(request.model, p.width, p.height, p.detail) for p in request.pictures())
    messages = TOKENS_A_MESSAGE * len(request.messages)
    return math.ceil(size / bytes_a_token) + messages + math.ceil(pictures)


def _count_tiles(width: int, height: int, detail: str, base: int, tile: int) -> int:
    """OpenAI: fit into 2048 px, shortest side to 768 px, then tiles of 512 px."""
    if detail == "low":
        return base
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    across, down = _ceil(width * scale / 512), _ceil(height * scale / 512)
    return base + tile * across * down


def _count_patches(width: int, height: int, detail: str, factor: float) -> int:
    """OpenAI: patches of 32 px, at most 1536 of them, times a factor of the model."""
    if detail == "low":
        shrink = min(1.0, 512 / max(width, height))
        width, height = max(1, round(width * shrink)), max(1, round(height * shrink))
    across, down = width / 32, height / 32
    if math.ceil(across) * math.ceil(down) > 1536:
        scale = math.sqrt(1536 / (across * down))
        # Shrunk once more, until one side is of whole patches.
        across, down = across * scale, down * scale
        scale = min(max(1, int(across)) / across, max(1, int(down)) / down)
        across, down = across * scale, down * scale
    return math.ceil(min(_ceil(across) * _ceil(down), 1536) * factor)


def _count_qwen(width: int, height: int, _: str, side: int, least: int, most: int) -> int:
    """Qwen-VL: both sides to multiples of ``side``, with the area kept between two bounds."""
    across, down = max(1, round(width / side)), max(1, round(height / side))
    area = across * down * side * side
    if area > most:
        scale = math.sqrt(most / (width * height))
        across = max(1, math.floor(width * scale / side))
        down = max(1, math.floor(height * scale / side))
    elif area < least:
        scale = math.sqrt(least / (width * height))
        across, down = _ceil(width * scale / side), _ceil(height * scale / side)
    return across * down + 2


def _count_internvl(width: int, height: int, _: str) -> int:
    """InternVL: 1 to 12 tiles of 448 px in the nearest shape; several bring a small picture of all.

    256 tokens a tile, and two around the picture.
    """
    best, nearest = (1, 1), math.inf
    shapes = [(i, j) for i in range(1, 13) for j in range(1, 13) if i * j <= 12]
    for across, down in sorted(shapes, key=lambda shape: shape[0] * shape[1]):
        apart = abs(width / height - across / down)
        is_larger = apart == nearest and width * height > 0.5 * 448**2 * across * down
        if apart < nearest or is_larger:
            best, nearest = (across, down), apart
    tiles = best[0] * best[1]
    return 256 * (tiles + (tiles > 1)) + 2


def _count_claude(width: int, height: int, _: str) -> int:
    """Claude: longest side to 1568 px, then an area of 750 px a token, about 1600 at most."""
    scale = min(1.0, 1568 / max(width, height))
    return min(_ceil(width * height * scale**2 / 750), 1600)


_DEFAULT: _Count = partial(_count_tiles, base=85, tile=170)
_FAMILIES: tuple[tuple[str, _Count], ...] = (
    (r"gpt-4o-mini", partial(_count_tiles, base=2833, tile=5667)),
    (r"gpt-4\.1-mini|gpt-5-mini", partial(_count_patches, factor=1.62)),
    (r"gpt-4\.1-nano|gpt-5-nano", partial(_count_patches, factor=2.46)),
    (r"\bo4-mini", partial(_count_patches, factor=1.72)),
    (r"gpt-4", _DEFAULT),
    (r"gpt-5", partial(_count_tiles, base=70, tile=140)),
    (r"\bo[13](-|$)", partial(_count_tiles, base=75, tile=150)),
    (r"qwen-?3[^/]*vl", partial(_count_qwen, side=32, least=256**2, most=4096**2)),
    (r"qwen[^/]*vl", partial(_count_qwen, side=28, least=56**2, most=3584**2)),
    (r"internvl", _count_internvl),
    (r"claude", _count_claude),
)
"""What the name of a model contains, and how its pictures are counted; the first that fits."""


@lru_cache(maxsize=64)
def _find_formula(model: str) -> _Count | None:
    name = model.lower()
    return next((count for pattern, count in _FAMILIES if re.search(pattern, name)), None)


def _ceil(value: float) -> int:
    """Rounded up, but for what a float adds to a whole number."""
    return math.ceil(round(value, 6))
