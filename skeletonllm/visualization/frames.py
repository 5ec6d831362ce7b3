"""Pictures for people: PNG frames, contact sheets, and one call from a motion to an array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import Renderer
from skeletonllm.draction.sampling import sample_frames
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

CAPTION_HEIGHT = 16
GAP = 4
PAPER, INK = (24, 24, 28), (230, 230, 230)
AT_ONCE = 16
"""Frames of a long clip that are drawn together."""


def render_motion(
    motion: Motion,
    config: DrActionConfig,
    frames: Sequence[int] | npt.NDArray[np.int64],
    weights: str | Path | None = None,
) -> npt.NDArray[np.float32]:
    """Frames [T, H, W, 3] in 0..1 of one motion.

    Args:
        motion: What to draw.
        config: Size, profile, camera and engine; with ``weights`` the rest comes from their file.
        frames: Indices into the motion.
        weights: A file of :func:`skeletonllm.draction.weights.load_renderer`.

    Raises:
        RenderError: An index outside the motion, or the weights are of another profile.
        WeightsError: The weights do not fit.
    """
    return draw_motion(make_renderer(config, weights), motion, frames)


@torch.no_grad()
def draw_motion(
    renderer: Renderer, motion: Motion, frames: Sequence[int] | npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Frames [T, H, W, 3] in 0..1 of one motion, by any renderer."""
    wanted = torch.as_tensor(np.asarray(frames, dtype=np.int64))[None]
    drawn = renderer(MotionBatch.from_motions([motion]), wanted).frames[0]
    return np.ascontiguousarray(drawn.permute(0, 2, 3, 1).numpy())


def draw_long(
    renderer: Renderer,
    motion: Motion,
    frames: Sequence[int] | npt.NDArray[np.int64],
    shrink: int = 1,
) -> npt.NDArray[np.uint8]:
    """The same as bytes, for clips of any length: only a few frames are floats at a time.

    Args:
        renderer: Draws; one that remembers earlier frames gets all of them at once.
        motion: What is drawn.
        frames: Indices into the motion.
        shrink: Factor by which edges become shorter.
    """
    step = len(frames) if renderer.config.recurrent else AT_ONCE
    parts = []
    for start in range(0, len(frames), step):
        drawn = draw_motion(renderer, motion, frames[start : start + step])
        parts += [np.asarray(Image.fromarray(f).reduce(shrink)) for f in to_uint8(drawn)]
    return np.stack(parts)


def make_renderer(config: DrActionConfig, weights: str | Path | None = None) -> Renderer:
    """A fresh DrAction, or one with the weights of a file, which must be of the same profile."""
    return DrAction(config) if weights is None else _with_weights(weights, config)


def _with_weights(weights: str | Path, config: DrActionConfig) -> DrAction:
    renderer = load_renderer(
        weights,
        size=config.size,
        patch=config.patch,
        camera=config.camera,
        engine=config.engine,
    )
    if renderer.config.profile != config.profile:
        raise RenderError(
            f"weights of profile {renderer.config.profile!r}",
            expected=repr(config.profile),
            where=str(weights),
            hint=f"Ask for profile {renderer.config.profile!r}.",
        )
    return renderer


def choose_frames(text: str, available: int) -> npt.NDArray[np.int64]:
    """Frame indices as a person writes them: a count such as 12, or indices such as 4,8,15.

    Raises:
        UsageError: Neither the one nor the other.
    """
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--frames {text!r}", expected="a count such as 12, or indices such as 4,8,15"
        ) from None
    if len(numbers) == 1 and "," not in text:
        return sample_frames(available, numbers[0])
    return np.asarray(numbers, dtype=np.int64)


def largest_patch(size: int) -> int:
    """The largest patch up to InternVL's 28 pixels that divides ``size``."""
    return next(edge for edge in range(28, 0, -1) if size % edge == 0) if size > 0 else 1


def to_uint8(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """0..1 to 0..255, rounded."""
    return np.clip(np.rint(frames * 255), 0, 255).astype(np.uint8)


def save_png_frames(
    out: str | Path, frames: npt.NDArray[np.float32], names: Sequence[int] | None = None
) -> list[Path]:
    """Write ``frame_00004.png`` ... from [T, H, W, 3]; numbers are ``names``, or 0 .. T - 1."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(len(frames)) if names is None else names
    paths = [folder / f"frame_{number:05d}.png" for number in numbers]
    for path, frame in zip(paths, to_uint8(frames), strict=True):
        Image.fromarray(frame).save(path)
    return paths


def contact_sheet(
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
    sheet = Image.new("RGB", (width, head + sum(heights) + GAP), PAPER)
    pen, top = ImageDraw.Draw(sheet), head + GAP
    for column, text in enumerate(columns):
        pen.text((GAP + column * (rows[0].shape[3] + GAP), GAP), text, fill=INK)
    for index, row in enumerate(rows):
        if captions:
            pen.text((GAP, top), captions[index], fill=INK)
        for column, frame in enumerate(to_uint8(row.transpose(0, 2, 3, 1))):
            sheet.paste(Image.fromarray(frame), (GAP + column * (row.shape[3] + GAP), top + band))
        top += heights[index]
    return sheet
