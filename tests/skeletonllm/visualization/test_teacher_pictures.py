"""What a teacher sees: sheets and frames, their keys, and a picture that forces a new version."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.renderer import DrAction
from skeletonllm.endpoint.request import Picture
from skeletonllm.errors import RenderError
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.visualization.teacher_pictures import (
    RECIPE_VERSION,
    PictureRecipe,
    describe_persons,
    draw_teacher_pictures,
)

CONFIG = DrActionConfig(size=112, engine="torch_tiles")
RENDERER = DrAction(CONFIG)
CLIP = make_clip(synthesize("hand waving", side="right", noise_m=0.0), clip_id="lab/secret-7")
SHEET = PictureRecipe(size=112)
FEW = replace(SHEET, frames=2)


def decode(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


def test_a_sheet_holds_all_frames() -> None:
    (picture,) = draw_teacher_pictures(CLIP, SHEET, RENDERER)
    assert decode(picture).format == "JPEG"
    assert decode(picture).size == (picture.width, picture.height) == (4 * 116 + 4, 3 * 130 + 4)
    assert b"secret" not in picture.data


def test_frames_are_one_picture_each() -> None:
    pictures = draw_teacher_pictures(CLIP, replace(SHEET, layout="frames", frames=3), RENDERER)
    assert [(p.width, p.height) for p in pictures] == [(112, 112)] * 3
    assert len({p.recipe for p in pictures}) == 3


def test_a_short_clip_shows_each_frame_once() -> None:
    clip = make_clip(CLIP.motion.select_frames([0, 1]))
    (picture,) = draw_teacher_pictures(clip, SHEET, RENDERER)
    assert picture.width == 2 * 116 + 4


def test_the_key_goes_with_all_that_the_picture_is_made_from() -> None:
    other = make_clip(CLIP.motion.mirrored(), clip_id="lab/secret-7")
    moving = DrAction(replace(CONFIG, motion=False))
    drawn = [
        draw_teacher_pictures(CLIP, FEW, RENDERER),
        draw_teacher_pictures(other, FEW, RENDERER),
        draw_teacher_pictures(CLIP, replace(FEW, frames=1), RENDERER),
        draw_teacher_pictures(CLIP, replace(FEW, quality=60), RENDERER),
        draw_teacher_pictures(CLIP, replace(FEW, weights_sha256="a" * 64), RENDERER),
        draw_teacher_pictures(CLIP, FEW, moving),
    ]
    assert len({picture.recipe for (picture,) in drawn}) == len(drawn)


def test_the_right_hand_of_who_faces_us_is_on_the_left() -> None:
    """Right parts are drawn in warm colours, left ones in cold ones."""
    (picture,) = draw_teacher_pictures(CLIP, replace(SHEET, layout="frames", frames=1), RENDERER)
    pixels = np.asarray(decode(picture), dtype=np.float32)
    places = {}
    for name, channels in (("right", (0, 2)), ("left", (2, 0))):
        share = (pixels[..., channels[0]] - pixels[..., channels[1]]).clip(60) - 60
        places[name] = (share.sum(axis=0) * np.arange(112)).sum() / share.sum()
    assert places["right"] < places["left"] - 5


def test_persons_are_named_from_left_to_right(stick_man: Any) -> None:
    """The second one stands at larger x, which is the camera's left."""
    motion = stick_man(persons=2).motion()
    said = describe_persons(make_clip(motion), FEW, RENDERER)
    order = re.findall(r"person (\d)", said)
    swapped = replace(
        motion,
        joints=motion.joints[:, ::-1],
        present=motion.present[:, ::-1],
        confidence=motion.confidence[:, ::-1],
    )
    assert order == ["1", "0"]
    assert re.findall(r"person (\d)", describe_persons(make_clip(swapped), FEW, RENDERER)) == [
        "0",
        "1",
    ]
    assert describe_persons(CLIP, FEW, RENDERER) == ""


def test_a_mirrored_formula_is_refused() -> None:
    published = DrAction(replace(CONFIG, formula="published", camera="sensor"))
    with pytest.raises(RenderError, match="draws mirrored pictures"):
        draw_teacher_pictures(CLIP, SHEET, published)


def test_a_renderer_of_another_size_is_refused() -> None:
    with pytest.raises(RenderError, match="a renderer of size 112; expected 224"):
        draw_teacher_pictures(CLIP, PictureRecipe(), RENDERER)


@pytest.mark.parametrize("change", [{"layout": "gif"}, {"frames": 0}, {"quality": 99}])
def test_impossible_recipes_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(RenderError):
        replace(SHEET, **change)  # type: ignore[arg-type]


GOLDEN = (
    "teacher_pictures/1",
    """
8544854486449644
104016401a410941
14b21cb219a104a1
13c216c212a101a1
1080108110810081
7564856485648564
18201a2018210a21
149113a114a103a1
1083109210a100a1
1080108110810081
5373537353735373
4722482245224322
15a11ba11fa104a1
108215821ca107b1
1081108111910191
2182218221821182
""",
)
"""Mean light of a 16 x 16 grid of the sheet, 0..f. If the picture changes on purpose, raise
RECIPE_VERSION in the same commit: else answers about old pictures pass for answers about new ones.
"""


def test_a_new_picture_needs_a_new_version() -> None:
    (picture,) = draw_teacher_pictures(CLIP, SHEET, RENDERER)
    grid = np.asarray(decode(picture).convert("L").resize((16, 16), Image.Resampling.BOX)) / 4
    version, rows = GOLDEN
    golden = np.array([[int(digit, 16) for digit in row] for row in rows.split()])
    assert version == RECIPE_VERSION
    assert np.abs(grid - golden).max() < 1.5, "\n".join(
        "".join(f"{min(15, round(float(v))):x}" for v in row) for row in grid
    )
