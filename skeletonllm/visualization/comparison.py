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
from skeletonllm.draction.rasterize import ENGINES
from skeletonllm.draction.renderer import DrAction
from skeletonllm.draction.renderers import RENDERERS, Renderer, check_name, get_renderer
from skeletonllm.draction.weights import load_renderer
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.visualization.frames import (
    CAPTION_HEIGHT,
    GAP,
    INK,
    PAPER,
    contact_sheet,
    draw_long,
    draw_motion,
)
from skeletonllm.visualization.gif import Pictures

_log = logging.getLogger(__name__)

WIDEST = 1600
"""Pixels of a row of renderers in a GIF."""


def line_up(
    motion: Motion,
    config: DrActionConfig,
    names: Sequence[str] = (),
    weights: str | Path | None = None,
) -> dict[str, Renderer]:
    """The renderers that are compared, by the captions they get.

    One that cannot draw the motion, or whose engine is not installed here, is left out, and the
    log says why.

    Args:
        motion: What they are to draw.
        config: Size, patch, camera and engine of all.
        names: Of :data:`skeletonllm.draction.renderers.RENDERERS`, or an engine's, for DrAction
            with it; several in a word stand between commas; all renderers if none is named.
        weights: One more, a DrAction with these: released ones as they were published.

    Raises:
        RenderError: A name is unknown, or no renderer can draw the motion.
        WeightsError: The weights do not fit.
    """
    wanted = [name for words in names for name in words.split(",") if name] or list(RENDERERS)
    makers = {name: _maker(name, config) for name in wanted}
    if weights is not None:
        trained = _trained(weights, config)
        makers[f"{Path(weights).name}, profile {trained.config.profile}"] = lambda: trained
    tried = {caption: _try(caption, make, motion) for caption, make in makers.items()}
    able = {caption: renderer for caption, renderer in tried.items() if renderer is not None}
    if not able:
        raise RenderError("no renderer can draw this clip", hint="The log says why, one by one.")
    return able


def _maker(name: str, config: DrActionConfig) -> Callable[[], Renderer]:
    if name in ENGINES:
        return partial(DrAction, replace(config, engine=name))
    return partial(get_renderer, check_name(name), config)


def _try(caption: str, make: Callable[[], Renderer], motion: Motion) -> Renderer | None:
    """A renderer that has drawn the first frame, or None."""
    try:
        renderer = make()
        draw_motion(renderer, motion, [0])
    except RenderError as error:
        _log.warning("left out %s: %s", caption, error)
        return None
    return renderer


def _trained(weights: str | Path, config: DrActionConfig) -> DrAction:
    """Weights of either profile; published ones look through the published camera."""
    shown = {"size": config.size, "patch": config.patch, "engine": config.engine}
    renderer = load_renderer(weights, **shown)
    if renderer.config.profile == "ours":
        return load_renderer(weights, **shown, camera=config.camera)
    return renderer


def sheet(
    drawn: Mapping[str, npt.NDArray[np.float32]],
    title: str,
    frames: npt.NDArray[np.int64],
    fps: float,
) -> Image.Image:
    """A row a renderer, its pictures [T, H, W, 3] under title and name; a column a moment."""
    rows = [pictures.transpose(0, 3, 1, 2) for pictures in drawn.values()]
    moments = [f"frame {frame}, {frame / fps:.2f} s" for frame in frames.tolist()]
    return contact_sheet(rows, [f"{title} | {name}" if name else title for name in drawn], moments)


def side_by_side(
    renderers: Mapping[str, Renderer], motion: Motion, frames: npt.NDArray[np.int64]
) -> Pictures:
    """Frames of all renderers next to each other, each under its caption, [T, H, W, 3].

    A row wider than :data:`WIDEST` is made smaller by a whole factor; one renderer alone needs no
    caption.
    """
    width = sum(renderer.config.size for renderer in renderers.values())
    shrink = -(-width // WIDEST)
    cells = [draw_long(r, motion, frames, shrink) for r in renderers.values()]
    if len(cells) == 1:
        return cells[0]
    titled = [_under(name, cell) for name, cell in zip(renderers, cells, strict=True)]
    return np.concatenate(titled, 2)


def _under(caption: str, cell: Pictures) -> Pictures:
    """Frames [T, H, W, 3] with a caption over them and a line to their right."""
    count, height, width, _ = cell.shape
    frame = Image.new("RGB", (width + GAP, height + CAPTION_HEIGHT), PAPER)
    ImageDraw.Draw(frame).text((GAP, 2), caption, fill=INK)
    whole = np.tile(np.asarray(frame), (count, 1, 1, 1))
    whole[:, CAPTION_HEIGHT:, :width] = cell
    return whole
