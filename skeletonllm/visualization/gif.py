"""Animated GIFs that play at the speed of the motion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from skeletonllm.draction.sampling import sample_frames
from skeletonllm.errors import RenderError

FASTEST = 25.0
"""Frames a second; many viewers slow down what is faster."""
COLOURS = 256
"""All that a GIF has."""
PALETTE_FRAMES = 24
"""Frames that the palette is made from; of all, a long clip would take seconds more."""

Pictures = npt.NDArray[np.uint8]


def sample_gif_frames(
    num_frames: int, fps: float, most: int = 250
) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Indices of the frames to show, and milliseconds of each, so that a clip plays in real time.

    Args:
        num_frames: Frames of the clip.
        fps: Of the clip; above 25 frames are left out.
        most: Frames at most; of a longer clip fewer are shown, each for longer.

    Returns:
        Indices, and milliseconds each: whole hundredths of a second, which is all a GIF can say,
        rounded so that they add up to the clip.

    Raises:
        RenderError: No frame, or none asked for.

    Example:
        >>> indices, durations = sample_gif_frames(60, 30.0)
        >>> len(indices), sum(durations)
        (50, 2000)
    """
    count = min(num_frames, most, max(1, round(num_frames / fps * FASTEST)))
    indices = sample_frames(num_frames, count)
    ticks = np.rint(np.arange(count + 1) * (100 * num_frames / fps / count))
    return indices, (np.diff(ticks).clip(2).astype(int) * 10).tolist()


def save_gif(path: str | Path, pictures: Pictures, durations: list[int]) -> None:
    """Write an endless GIF.

    All frames share one palette and nothing is dithered, so that what does not move does not
    flicker.
    Viewers get two equal frames in a row as one that stays for both.

    Args:
        path: File to write.
        pictures: [T, H, W, 3].
        durations: Milliseconds of each.

    Raises:
        RenderError: No picture, or not one duration each.
    """
    if len(pictures) == 0 or len(durations) != len(pictures):
        raise RenderError(
            f"{len(durations)} durations for {len(pictures)} pictures", expected="one each"
        )
    palette = _make_palette(pictures)
    first, *rest = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)


def _make_palette(pictures: Pictures) -> Image.Image:
    """The palette of all frames, made from a few of them."""
    some = pictures[sample_frames(len(pictures), min(len(pictures), PALETTE_FRAMES))]
    pixels = some.reshape(1, -1, 3)
    lit = pixels[:, pixels.max(-1)[0] > 0]  # most is black and would fill the palette
    if lit.size == 0:
        return _make_palette_image(np.zeros((1, 3), np.uint8))
    chosen = Image.fromarray(lit).quantize(COLOURS - 1, Image.Quantize.MEDIANCUT)
    colours = np.asarray(chosen.getpalette(), dtype=np.uint8).reshape(-1, 3)
    return _make_palette_image(np.concatenate([np.zeros((1, 3), np.uint8), colours[: COLOURS - 1]]))


def _make_palette_image(colours: Pictures) -> Image.Image:
    """An image that has the colours [N, 3] as its palette, which is how PIL takes one."""
    image = Image.new("P", (1, 1))
    image.putpalette(colours.tobytes())
    return image
