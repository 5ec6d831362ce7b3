"""Contact sheets: rows of frames under their captions, as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from skeletonllm.errors import RenderError

CAPTION_HEIGHT = 16
"""Pixels; PIL's built-in font is 11 high."""
GAP = 4
"""Pixels between pictures."""
BACKGROUND, TEXT = (24, 24, 28), (230, 230, 230)
"""Not black, so that the edges of pictures, which are black, can be seen."""


def make_contact_sheet(
    rows: Sequence[npt.NDArray[np.float32]],
    captions: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> Image.Image:
    """One row a clip or renderer, its frames from left to right, its caption above.

    Args:
        rows: Arrays [T, 3, H, W] in 0..1, of any T and size.
        captions: One a row, or none at all.
        columns: What to write over the columns of the first row.

    Raises:
        RenderError: No rows, or another number of captions.
    """
    if not rows or len(captions) not in (0, len(rows)):
        raise RenderError(f"{len(captions)} captions for {len(rows)} rows", expected="one each")
    band = CAPTION_HEIGHT if captions else 0
    head = CAPTION_HEIGHT if columns else 0
    heights = [row.shape[2] + GAP + band for row in rows]
    width = max(row.shape[0] * (row.shape[3] + GAP) for row in rows) + GAP
    sheet = Image.new("RGB", (width, head + sum(heights) + GAP), BACKGROUND)
    pen, top = ImageDraw.Draw(sheet), head + GAP
    for column, text in enumerate(columns):
        pen.text((GAP + column * (rows[0].shape[3] + GAP), GAP), text, fill=TEXT)
    for index, row in enumerate(rows):
        if captions:
            pen.text((GAP, top), captions[index], fill=TEXT)
        for column, frame in enumerate(to_uint8(row.transpose(0, 2, 3, 1))):
            sheet.paste(Image.fromarray(frame), (GAP + column * (row.shape[3] + GAP), top + band))
        top += heights[index]
    return sheet


def to_uint8(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Values 0..1 as 0..255, rounded and clipped, of any shape."""
    return np.clip(np.rint(frames * 255), 0, 255).astype(np.uint8)
