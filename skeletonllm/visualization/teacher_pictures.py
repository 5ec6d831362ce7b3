"""The pictures a teacher is shown: one sheet with times, or single frames, as JPEG.

Their bytes are no part of a request's key (:attr:`Picture.recipe` is): two machines may differ in
the last bit of a pixel. So whoever changes what is drawn must raise :data:`RECIPE_VERSION`; a
golden test asks for it.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFont

from skeletonllm.clip import Clip
from skeletonllm.draction.renderers import Renderer
from skeletonllm.draction.sampling import sample_frames
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.endpoint.request import Picture
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.visualization.colour_legend import describe_colours
from skeletonllm.visualization.frames import draw_long_motion
from skeletonllm.visualization.sheets import BACKGROUND, GAP, TEXT

__all__ = [
    "RECIPE_VERSION",
    "PictureRecipe",
    "describe_colours",
    "describe_persons",
    "draw_teacher_pictures",
]

RECIPE_VERSION = "teacher_pictures/1"
"""Goes up whenever the same clip and recipe would look different."""
LAYOUTS = ("contact", "frames")
_BAND = 14
"""A frame's edge is so many times the height of the band above it: readable where an endpoint
shrinks the sheet to 768 pixels."""


@dataclass(frozen=True, kw_only=True)
class PictureRecipe:
    """How a clip is shown to a teacher.

    Args:
        layout: ``contact``, one sheet with the time above each frame; or ``frames``, one picture
            each.
        frames: How many; fewer where the clip has fewer.
        size: Edge of a frame in pixels.
        columns: Frames in a row of the sheet.
        quality: Of the JPEG, 1..95.
        weights_sha256: Of the file of the renderer's weights; None for an untrained renderer.

    Raises:
        RenderError: A field is impossible.
    """

    layout: str = "contact"
    frames: int = 12
    size: int = 224
    columns: int = 4
    quality: int = 50
    weights_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise RenderError(f"layout {self.layout!r}", expected="'contact' or 'frames'")
        if min(self.frames, self.size, self.columns) < 1 or not 1 <= self.quality <= 95:
            raise RenderError(
                f"frames {self.frames}, size {self.size}, columns {self.columns}, "
                f"quality {self.quality}",
                expected="at least 1 each, and a quality of at most 95",
            )


def draw_teacher_pictures(
    clip: Clip, recipe: PictureRecipe, renderer: Renderer
) -> tuple[Picture, ...]:
    """The pictures of a clip, in order of time; never mirrored, and nothing in them names the clip.

    Args:
        clip: What is shown.
        recipe: How.
        renderer: Draws; made with the size and the weights that the recipe names.

    Raises:
        RenderError: The renderer is of another size, or its formula draws mirrored pictures.
    """
    _check_renderer(recipe, renderer)
    motion = clip.motion
    shown = sample_frames(motion.num_frames, min(recipe.frames, motion.num_frames))
    drawn = draw_long_motion(renderer, motion, shown)
    recipe_sha = _hash_recipe(motion.sha256, shown.tolist(), recipe, renderer)
    if recipe.layout == "frames":
        return tuple(
            _encode(Image.fromarray(frame), f"{recipe_sha}/{number}", recipe.quality)
            for number, frame in enumerate(drawn)
        )
    sheet = make_timed_sheet(drawn, (shown / motion.fps).tolist(), recipe.columns)
    return (_encode(sheet, recipe_sha, recipe.quality),)


def describe_persons(clip: Clip, recipe: PictureRecipe, renderer: Renderer) -> str:
    """Which person is which, for the end of the legend; empty where there is one only.

    Persons have the same colours, and a row of the motion has no place in the picture: untold, a
    teacher guesses who is person 0.

    Args:
        clip: What is shown.
        recipe: How.
        renderer: That of the pictures.
    """
    motion = clip.motion
    shown = sample_frames(motion.num_frames, min(recipe.frames, motion.num_frames))
    frame = int(shown[motion.present[shown].sum(axis=1).argmax()])  # most persons; of equals, first
    persons = np.flatnonzero(motion.present[frame])
    if len(persons) < 2:
        return ""
    places = _place_persons(motion, frame, persons, renderer)
    names = ", ".join(f"person {person}" for person in sorted(places, key=lambda p: places[p]))
    return f"In the frame at {frame / motion.fps:.2f} s stand, from left to right: {names}."


@torch.no_grad()
def _place_persons(
    motion: Motion, frame: int, persons: npt.NDArray[np.int64], renderer: Renderer
) -> dict[int, float]:
    """Mean column of the light of each person, drawn alone by the camera of all."""
    indices, camera = torch.tensor([[frame]]), None
    if renderer.config.camera == "fit":
        view = getattr(renderer, "view", None) or FittedView()
        camera = view(MotionBatch.from_motions([motion]), renderer.config.size)
    places = {}
    for person in persons:
        confidence = np.zeros_like(motion.confidence)
        confidence[:, person] = motion.confidence[:, person]
        alone = MotionBatch.from_motions([replace(motion, confidence=confidence)])
        columns = renderer(alone, indices, camera).frames[0, 0].sum(dim=(0, 1)).numpy()
        middle = (columns * np.arange(len(columns))).sum() / max(float(columns.sum()), 1e-6)
        places[int(person)] = float(middle)
    return places


def make_timed_sheet(
    frames: npt.NDArray[np.uint8], times_s: list[float], columns: int
) -> Image.Image:
    """Frames from left to right and row by row, the time such as ``0.40 s`` above each.

    Args:
        frames: [T, H, W, 3].
        times_s: Seconds since the start of the clip, T of them.
        columns: Frames in a row.
    """
    count, height, width = frames.shape[:3]
    band = max(14, height // _BAND)
    font = ImageFont.load_default(size=0.8 * band)
    columns = min(columns, count)
    rows = -(-count // columns)
    cell = (width + GAP, height + band + GAP)
    sheet = Image.new("RGB", (columns * cell[0] + GAP, rows * cell[1] + GAP), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for number, (frame, time) in enumerate(zip(frames, times_s, strict=True)):
        left, top = GAP + number % columns * cell[0], GAP + number // columns * cell[1]
        pen.text((left + 2, top + band / 2), f"{time:.2f} s", fill=TEXT, font=font, anchor="lm")
        sheet.paste(Image.fromarray(frame), (left, top + band))
    return sheet


def _check_renderer(recipe: PictureRecipe, renderer: Renderer) -> None:
    if renderer.config.formula == "published":
        raise RenderError(
            "formula 'published' draws mirrored pictures",
            expected="formula 'body'",
            hint="A teacher would call the right hand left; name weights of our own formula.",
        )
    if renderer.config.size != recipe.size:
        raise RenderError(f"a renderer of size {renderer.config.size}", expected=str(recipe.size))


def _hash_recipe(
    motion_sha256: str, shown: list[int], recipe: PictureRecipe, renderer: Renderer
) -> str:
    """SHA-256 of all that the picture is made from; not the engine, whose pictures are the same."""
    config = asdict(renderer.config)
    made_from = {
        "version": RECIPE_VERSION,
        "motion": motion_sha256,
        "frames": shown,
        "recipe": asdict(recipe),
        "renderer": type(renderer).__name__,
        "config": {n: v for n, v in config.items() if n not in ("engine", "patch")},
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _encode(picture: Image.Image, recipe: str, quality: int) -> Picture:
    """Colours at half the resolution: limbs are five pixels wide, and a third of the bytes goes."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=2, optimize=True)
    return Picture(file.getvalue(), *picture.size, recipe)
