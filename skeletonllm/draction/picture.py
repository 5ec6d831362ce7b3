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
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

CAPTION_HEIGHT = 16
GAP = 4
PAPER, INK = (24, 24, 28), (230, 230, 230)


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
    renderer = DrAction(config) if weights is None else _with_weights(weights, config)
    wanted = torch.as_tensor(np.asarray(frames, dtype=np.int64))[None]
    with torch.no_grad():
        drawn = renderer(MotionBatch.from_motions([motion]), wanted).frames[0]
    return np.ascontiguousarray(drawn.permute(0, 2, 3, 1).numpy())


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
    rows: Sequence[npt.NDArray[np.float32]], captions: Sequence[str] = ()
) -> Image.Image:
    """One row a clip, its frames from left to right, its caption above.

    Args:
        rows: Arrays [T, 3, H, W] in 0..1, of any T and size.
        captions: One a row, or none at all.

    Raises:
        RenderError: No rows, or another number of captions.
    """
    if not rows or len(captions) not in (0, len(rows)):
        raise RenderError(f"{len(captions)} captions for {len(rows)} rows", expected="one each")
    band = CAPTION_HEIGHT if captions else 0
    heights = [row.shape[2] + GAP + band for row in rows]
    width = max(row.shape[0] * (row.shape[3] + GAP) for row in rows) + GAP
    sheet = Image.new("RGB", (width, sum(heights) + GAP), PAPER)
    pen, top = ImageDraw.Draw(sheet), GAP
    for index, row in enumerate(rows):
        if captions:
            pen.text((GAP, top), captions[index], fill=INK)
        for column, frame in enumerate(to_uint8(row.transpose(0, 2, 3, 1))):
            sheet.paste(Image.fromarray(frame), (GAP + column * (row.shape[3] + GAP), top + band))
        top += heights[index]
    return sheet
