"""Renderers side by side: one motion, one sheet or one GIF."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.drawers import ENGINES
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import RENDERERS, Renderer, check_name, get_renderer
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.visualization.frames import draw_long_motion, draw_motion
from skeletonllm.visualization.gif import Pictures
from skeletonllm.visualization.sheets import (
    BACKGROUND,
    CAPTION_HEIGHT,
    GAP,
    TEXT,
    make_contact_sheet,
)

_log = logging.getLogger(__name__)

ALL = "all"
"""In place of the names of renderers: every one."""

WIDEST = 1600
"""Pixels of a row of renderers in a GIF: a wider one does not fit a screen."""


def make_renderers(
    motion: Motion,
    config: DrActionConfig,
    names: Sequence[str] = (),
    weights: str | Path | None = None,
) -> dict[str, Renderer]:
    """The renderers that are compared, by their captions.

    One that cannot draw the motion, or whose engine is not installed here, is left out, and the
    log says why.

    Args:
        motion: What they are to draw.
        config: Size, patch, camera and engine of all.
        names: Of :data:`skeletonllm.draction.renderers.RENDERERS`, or an engine's, for DrAction
            with it; several in a word stand between commas; all if none is named, or ``all``.
        weights: One more, a DrAction with these: released ones as they were published.

    Raises:
        RenderError: A name is unknown, or no renderer can draw the motion.
        WeightsError: The weights do not fit.
    """
    chosen = [name for words in names for name in words.split(",") if name]
    if not chosen or ALL in chosen:
        chosen = [*RENDERERS, *(name for name in chosen if name not in {ALL, *RENDERERS})]
    factories = {name: _get_factory(name, config) for name in chosen}
    if weights is not None:
        trained = _load_trained(weights, config)
        caption = f"{Path(weights).name}, formula {trained.config.formula}"
        factories[caption] = lambda: trained
    tried = {caption: _try_renderer(caption, make, motion) for caption, make in factories.items()}
    able = {caption: renderer for caption, renderer in tried.items() if renderer is not None}
    if not able:
        raise RenderError("no renderer can draw this clip", hint="The log says why, one by one.")
    return able


def _get_factory(name: str, config: DrActionConfig) -> Callable[[], Renderer]:
    if name in ENGINES:
        return partial(DrAction, replace(config, engine=name))
    return partial(get_renderer, check_name(name), config)


def _try_renderer(caption: str, make: Callable[[], Renderer], motion: Motion) -> Renderer | None:
    """A renderer that has drawn the first frame, or None."""
    try:
        renderer = make()
        draw_motion(renderer, motion, [0])
    except RenderError as error:
        _log.warning("left out %s: %s", caption, error)
        return None
    return renderer


def _load_trained(weights: str | Path, config: DrActionConfig) -> DrAction:
    """Weights with the camera that is asked for, or with their own where they belong to one."""
    picture = {"size": config.size, "patch": config.patch, "engine": config.engine}
    renderer = load_renderer(weights, **picture)
    if renderer.formula.trained_camera is not None:
        return renderer
    return load_renderer(weights, **picture, camera=config.camera)


def make_comparison_sheet(
    drawn: Mapping[str, npt.NDArray[np.float32]],
    title: str,
    frames: npt.NDArray[np.int64],
    fps: float,
) -> Image.Image:
    """A sheet with a row a renderer and a column a frame.

    Args:
        drawn: Pictures [T, H, W, 3] in 0..1 by caption.
        title: Of the clip; it stands before each caption.
        frames: Indices of the T frames.
        fps: Frames a second of the clip.
    """
    rows = [pictures.transpose(0, 3, 1, 2) for pictures in drawn.values()]
    moments = [f"frame {frame}, {frame / fps:.2f} s" for frame in frames.tolist()]
    captions = [f"{title} | {name}" if name else title for name in drawn]
    return make_contact_sheet(rows, captions, moments)


def draw_side_by_side(
    renderers: Mapping[str, Renderer], motion: Motion, frames: npt.NDArray[np.int64]
) -> Pictures:
    """Frames of all renderers next to each other, each under its caption, [T, H, W, 3].

    A row wider than :data:`WIDEST` is made smaller by a whole factor; one renderer alone needs no
    caption.

    Args:
        renderers: By caption.
        motion: What they draw.
        frames: Indices into the motion.
    """
    width = sum(renderer.config.size for renderer in renderers.values())
    shrink = -(-width // WIDEST)
    cells = [draw_long_motion(r, motion, frames, shrink) for r in renderers.values()]
    if len(cells) == 1:
        return cells[0]
    titled = [_add_caption(name, cell) for name, cell in zip(renderers, cells, strict=True)]
    return np.concatenate(titled, 2)


def _add_caption(caption: str, cell: Pictures) -> Pictures:
    """Frames [T, H, W, 3] with a caption over them and a line to their right."""
    count, height, width, _ = cell.shape
    frame = Image.new("RGB", (width + GAP, height + CAPTION_HEIGHT), BACKGROUND)
    ImageDraw.Draw(frame).text((GAP, 2), caption, fill=TEXT)
    whole = np.tile(np.asarray(frame), (count, 1, 1, 1))
    whole[:, CAPTION_HEIGHT:, :width] = cell
    return whole
