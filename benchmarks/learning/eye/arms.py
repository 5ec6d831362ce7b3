"""What is compared: renderers by name, variants of them from the command line, and controls.

A new arm is one line in :data:`ARMS`. A variant needs none: ``body:points_per_bone=6`` is the arm
``body`` with other fields of its DrActionConfig.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import DrActionConfig, sample_frames
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.renderer import Rendering
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

SIZE, FRAMES = 112, 8
"""Pixels along an edge of a picture, and pictures a clip."""

Draw = Callable[[MotionBatch, Tensor], Rendering]
"""Any renderer: a batch and frame indices to pictures."""


@dataclass(frozen=True)
class Arm:
    """One way to show motions.

    Args:
        name: As on the command line.
        make: Its renderer, from ``size`` and fields of a DrActionConfig.
        draws: Under which name its pictures are kept.
        exchanged: Whether the clips that a head learns from show the motions of others.
        learns: Whether the renderer learns from the training clips of each split, too.
    """

    name: str
    make: Callable[..., Draw]
    draws: str
    exchanged: bool = False
    learns: bool = False


def make_frozen(name: str, size: int = SIZE, **given: object) -> Draw:
    """A renderer as it starts, frozen.

    Args:
        name: One of :data:`skeletonllm.draction.renderers.RENDERERS`.
        size: Pixels along an edge.
        given: Other fields of its DrActionConfig.
    """
    config = replace(DrActionConfig(size=size), **given)  # type: ignore[arg-type]
    return get_renderer(name, config).requires_grad_(False).eval()


def make_black(size: int = SIZE) -> Draw:
    """A renderer that shows nothing: what a head guesses without a picture."""

    def draw(_: MotionBatch, frames: Tensor) -> Rendering:
        nothing = torch.zeros(*frames.shape, 1, 1)
        return Rendering(nothing[:, :, None].repeat(1, 1, 3, size, size), nothing > 0)

    return draw


def _list_arms() -> dict[str, Arm]:
    fixed = ("velocity_sticks", "plain_projection", "trajectory_map")
    arms = [Arm(name, partial(make_frozen, name), name) for name in fixed]
    body = Arm("body", partial(make_frozen, "draction"), "body")
    arms += [body, replace(body, name="learned", learns=True)]
    for part in PARTS:
        name = f"body without {part}"
        arms.append(Arm(name, partial(make_frozen, "draction", **{part: False}), name))
    arms.append(Arm("black", make_black, "black"))
    arms.append(replace(arms[0], name="exchanged", exchanged=True))
    return {arm.name: arm for arm in arms}


ARMS = _list_arms()
"""All arms without fields, by name; the last two are controls."""


def get_arm(text: str) -> Arm:
    """Arm by name, with fields if there are any.

    Args:
        text: ``<name>`` or ``<name>:<field>=<literal>;<field>=<literal>``.

    Raises:
        UsageError: The arm or a field is unknown, or a value is no Python literal.

    Example:
        >>> get_arm("body:points_per_bone=6").make().config.points_per_bone
        6
    """
    name, _, rest = text.partition(":")
    if name not in ARMS:
        raise UsageError(f"unknown arm {name!r}", expected=f"one of {', '.join(ARMS)}")
    if not rest:
        return ARMS[name]
    given = dict(_read_field(field) for field in rest.split(";"))
    arm = ARMS[name]
    return replace(arm, name=text, make=partial(arm.make, **given), draws=f"{arm.draws}:{rest}")


def _read_field(text: str) -> tuple[str, object]:
    name, _, value = (part.strip() for part in text.partition("="))
    known = [field.name for field in fields(DrActionConfig)]
    if name not in known:
        raise UsageError(f"unknown field {name!r}", expected=f"one of {', '.join(known)}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError) as error:
        raise UsageError(f"{value!r} of {name} is no literal", hint="Quote texts.") from error


def split_arms(text: str) -> tuple[str, ...]:
    """Arms that commas divide, but for commas inside brackets, in order and once each.

    Example:
        >>> split_arms("body,body:formats=('coco_17','smpl_22')")
        ('body', "body:formats=('coco_17','smpl_22')")
    """
    return tuple(dict.fromkeys(re.split(r",(?![^(\[]*[)\]])", text)))


@torch.no_grad()
def draw_motions(draw: Draw, motions: Sequence[Motion]) -> Tensor:
    """Pictures [B, FRAMES, 3, H, W]: the middle of each eighth of each motion.

    Args:
        draw: The renderer.
        motions: Of any length.
    """
    at = np.stack([sample_frames(motion.num_frames, FRAMES) for motion in motions])
    return draw(MotionBatch.from_motions(motions), torch.from_numpy(at)).frames


def compute_fingerprint(draw: Draw, motions: Sequence[Motion]) -> str:
    """What a renderer draws of a few motions, rounded to 8 bits, as 12 hexadecimal digits.

    Args:
        draw: The renderer.
        motions: Always the same ones, so that equal fingerprints mean equal pictures.
    """
    pictures = (draw_motions(draw, motions) * 255).round().to(torch.uint8)
    return hashlib.sha256(pictures.contiguous().numpy().tobytes()).hexdigest()[:12]
