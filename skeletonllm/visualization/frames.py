"""Frames of a motion: as arrays, by any renderer, and as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import Renderer
from skeletonllm.draction.sampling import sample_frames
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import RenderError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.visualization.sheets import to_uint8

FEW_PIXELS = 4 << 20
"""20 pictures of 448 pixels: ``torch_tiles`` draws them in 0.3 to 0.8 s, by what is in them."""

_RUNS = 3
"""zlib's Z_RLE: the only repetitions that are looked for are runs of one byte."""

AT_ONCE = 16
"""Frames of a long clip that are drawn together: 38 MB of floats at 448 pixels."""
LARGEST_PATCH = 28
"""Pixels of one InternVL token."""


def render_motion(
    motion: Motion,
    config: DrActionConfig,
    frames: Sequence[int] | npt.NDArray[np.int64],
    weights: str | Path | None = None,
) -> npt.NDArray[np.float32]:
    """Frames [T, H, W, 3] in 0..1 of one motion.

    Args:
        motion: What to draw.
        config: Size, formula, camera and engine; with ``weights`` the rest comes from their file.
        frames: Indices into the motion.
        weights: A file of :func:`skeletonllm.draction.weights.load_renderer`.

    Raises:
        RenderError: An index outside the motion, or the weights are of another formula.
        WeightsError: The weights do not fit.
    """
    return draw_motion(make_renderer(config, weights), motion, frames)


@torch.no_grad()
def draw_motion(
    renderer: Renderer, motion: Motion, frames: Sequence[int] | npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Frames [T, H, W, 3] in 0..1 of one motion, by any renderer.

    Args:
        renderer: Draws.
        motion: What is drawn.
        frames: Indices into the motion.

    Raises:
        RenderError: An index outside the motion, or the renderer cannot draw it.
    """
    indices = torch.as_tensor(np.asarray(frames, dtype=np.int64))[None]
    drawn = renderer(MotionBatch.from_motions([motion]), indices).frames[0]
    return np.ascontiguousarray(drawn.permute(0, 2, 3, 1).numpy())


def draw_long_motion(
    renderer: Renderer,
    motion: Motion,
    frames: Sequence[int] | npt.NDArray[np.int64],
    shrink: int = 1,
) -> npt.NDArray[np.uint8]:
    """Frames [T, H, W, 3] in 0..255 of a motion of any length: few at a time are floats.

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


def choose_engine(pictures: int, size: int) -> str:
    """Name of the engine that is done first: ``torch_tiles`` for a few pictures, else ``auto``.

    The compiled engine draws four times as fast, but takes 0.8 s of a processor to load. Both give
    the same pictures, up to the last bits of a float32.

    Args:
        pictures: How many are drawn in this process.
        size: Their edge in pixels.
    """
    return "torch_tiles" if pictures * size**2 <= FEW_PIXELS else "auto"


def make_config(
    formula: str, camera: Literal["fit", "sensor", "paper"], size: int, pictures: int
) -> DrActionConfig:
    """A renderer's configuration, with the patch and the engine that fit so many pictures.

    Args:
        formula: How motions become Gaussians, see :class:`DrActionConfig`.
        camera: ``fit`` or ``sensor`` (``paper``: its old name).
        size: Edge of a picture in pixels.
        pictures: How many are drawn in this process.

    Raises:
        RenderError: A choice is unknown.
    """
    return DrActionConfig(
        size=size,
        patch=choose_patch(size),
        formula=formula,
        camera=camera,
        engine=choose_engine(pictures, size),
    )


def make_renderer(config: DrActionConfig, weights: str | Path | None = None) -> Renderer:
    """A fresh DrAction, or one with the weights of a file.

    Args:
        config: Size, formula, camera and engine; with ``weights`` the rest comes from their file.
        weights: A file of :func:`skeletonllm.draction.weights.load_renderer`.

    Raises:
        RenderError: The weights are of another formula.
        WeightsError: The weights do not fit.
    """
    if weights is None:
        return DrAction(config)
    renderer = load_renderer(
        weights,
        size=config.size,
        patch=config.patch,
        camera=config.camera,
        engine=config.engine,
    )
    formula = renderer.config.formula
    if formula != config.formula:
        raise RenderError(
            f"weights of formula {formula!r}",
            expected=repr(config.formula),
            where=str(weights),
            hint=f"Ask for formula {formula!r}.",
        )
    return renderer


def parse_frames(text: str, available: int) -> npt.NDArray[np.int64]:
    """Frame indices [T] as a person writes them: a count such as 12, or indices such as 4,8,15.

    Args:
        text: What was written; a count is spread evenly over the clip.
        available: Frames of the clip.

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


def choose_patch(size: int) -> int:
    """The largest patch up to :data:`LARGEST_PATCH` pixels that divides ``size``."""
    edges = range(LARGEST_PATCH, 0, -1)
    return next(edge for edge in edges if size % edge == 0) if size > 0 else 1


def save_png_frames(
    out: str | Path, frames: npt.NDArray[np.float32], names: Sequence[int] | None = None
) -> list[Path]:
    """Paths of the files ``frame_00004.png`` ... that are written.

    Args:
        out: Folder; made if it is not there.
        frames: [T, H, W, 3] in 0..1.
        names: The number in each file's name; by default 0 .. T - 1.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(len(frames)) if names is None else names
    paths = [folder / f"frame_{number:05d}.png" for number in numbers]
    for path, frame in zip(paths, to_uint8(frames), strict=True):
        save_png(path, Image.fromarray(frame))
    return paths


def save_frames(out: str | Path, frames: npt.NDArray[np.float32], names: Sequence[int]) -> None:
    """Write frames twice: as PNG files for people, and as ``frames.npy`` without loss.

    Args:
        out: Folder; made if it is not there.
        frames: [T, H, W, 3] in 0..1.
        names: The number in the name of each PNG file.
    """
    save_png_frames(out, frames, names)
    np.save(Path(out) / "frames.npy", frames)


def save_png(path: str | Path, picture: Image.Image) -> None:
    """Write a PNG without loss, three times as fast as PIL's default, and a tenth larger.

    Args:
        path: The file.
        picture: What it shows; lines on one colour, which runs of equal bytes pack well.
    """
    picture.save(path, compress_level=1, compress_type=_RUNS)
