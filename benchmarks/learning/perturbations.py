"""How a renderer's picture can be spoiled, one group of parameters after the other.

Each trial of :mod:`benchmarks.learning.legibility`: what is spoiled, what is then free, and how
fast it learns. Together the groups hold every parameter of DrAction; a test sees to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from skeletonllm.draction import DrAction

Spoil = Callable[[DrAction], None]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One group of parameters, how it is spoiled, and how it learns.

    Args:
        group: In words.
        free: Patterns of :meth:`DrAction.set_trainable`.
        spoil: Makes the picture illegible; where the group alone cannot, others help and stay.
        rate: Learning rate.
        recurrent: Whether the renderer has its GRU.
        wrong: A control: every clip is learnt with the answer of another.
    """

    group: str
    free: tuple[str, ...]
    spoil: Spoil
    rate: float = 0.1
    recurrent: bool = False
    wrong: bool = False


def fill(name: str, value: float | Sequence[float]) -> Spoil:
    """Set a parameter to a number, or to numbers along its last axis."""

    def spoil(renderer: DrAction) -> None:
        renderer.get_parameter(name).copy_(torch.as_tensor(value))

    return spoil


def louder(name: str, factor: float) -> Spoil:
    """Multiply a parameter."""

    def spoil(renderer: DrAction) -> None:
        renderer.get_parameter(name).mul_(factor)

    return spoil


def noise(part: str, std: float) -> Spoil:
    """Replace the parameters whose names contain ``part`` by loud random numbers."""

    def spoil(renderer: DrAction) -> None:
        random = torch.Generator().manual_seed(0)
        for name, parameter in renderer.named_parameters():
            if part in name:
                parameter.normal_(std=std, generator=random)

    return spoil


def together(*spoils: Spoil) -> Spoil:
    """One spoil after the other."""

    def spoil(renderer: DrAction) -> None:
        for one in spoils:
            one(renderer)

    return spoil


FAT, THIN = 6.0, -6.0
"""Logits of radii: 80 mm and 8 mm."""

SPOIL_ALL = together(
    fill("view.turn", (0.8, 0.3)),
    fill("view.log_fov", 0.5),
    fill("view.log_distance", 0.7),
    fill("appearance.joint_radius", 3.0),
    fill("appearance.bone_thickness", THIN),
    fill("appearance.colour", -1.0),
    fill("appearance.intensity", -1.0),
    fill("appearance.format_scale", -1.0),
    fill("appearance.format_thickness", -1.0),
    fill("appearance.depth_mix_logit", 2.0),
    noise("nfm.", 0.4),
    noise("memory.", 1.0),
)
"""Something can still be seen: a picture that is black to 1e-6 tells a reader nothing, so that its
gradient says darker as often as brighter, and stays black."""

TRIALS = (
    Trial(
        group="view direction: from the side",
        free=("view.turn",),
        spoil=fill("view.turn", (1.57, 0.0)),
        rate=0.03,
    ),
    Trial(
        group="view direction: from above, half to the side",
        free=("view.turn",),
        spoil=fill("view.turn", (1.0, 0.7)),
        rate=0.03,
    ),
    Trial(
        group="view direction: from behind",
        free=("view.turn",),
        spoil=fill("view.turn", (3.0, 0.0)),
        rate=0.03,
    ),
    Trial(
        group="focal length: 149 degrees, not 45",
        free=("view.log_fov",),
        spoil=fill("view.log_fov", 1.2),
        rate=0.03,
    ),
    Trial(
        group="distance: 5 times",
        free=("view.log_distance",),
        spoil=fill("view.log_distance", 1.6),
        rate=0.03,
    ),
    Trial(
        group="joint radius: 80 mm",
        free=("appearance.joint_radius",),
        spoil=fill("appearance.joint_radius", FAT),
    ),
    Trial(
        group="bone thickness: 80 mm",
        free=("appearance.bone_thickness",),
        spoil=fill("appearance.bone_thickness", FAT),
    ),
    Trial(
        group="radius and thickness: 8 mm",
        free=("appearance.joint_radius", "appearance.bone_thickness"),
        spoil=together(
            fill("appearance.joint_radius", THIN), fill("appearance.bone_thickness", THIN)
        ),
    ),
    Trial(
        group="colour: all dark",
        free=("appearance.colour",),
        spoil=fill("appearance.colour", -5.0),
    ),
    Trial(
        group="intensity: near 0",
        free=("appearance.intensity",),
        spoil=fill("appearance.intensity", -6.0),
    ),
    Trial(
        group="features: 300 times too loud",
        free=("appearance.features",),
        spoil=louder("appearance.features", 300.0),
        rate=3.0,
    ),
    Trial(
        group="base network: all dark",
        free=("appearance.base.*",),
        spoil=fill("appearance.base.2.bias", (-6.0, -6.0, -6.0, 0.0)),
        rate=0.02,
    ),
    Trial(
        group="scale of formats: 1.4, too near a camera",
        free=("appearance.format_scale",),
        spoil=together(fill("appearance.format_scale", 2.0), fill("view.log_distance", -0.35)),
    ),
    Trial(
        group="thickness of formats: double, on fat bodies",
        free=("appearance.format_thickness",),
        spoil=together(
            fill("appearance.format_thickness", 2.0),
            fill("appearance.joint_radius", 0.0),
            fill("appearance.bone_thickness", 0.0),
        ),
    ),
    Trial(
        group="depth mix: depth colour only",
        free=("appearance.depth_mix_logit",),
        spoil=fill("appearance.depth_mix_logit", 6.0),
    ),
    Trial(
        group="NFM: loud random weights",
        free=("appearance.nfm.*",),
        spoil=noise("nfm.", 1.5),
        rate=0.02,
    ),
    Trial(
        group="GRU: loud, before a loud random NFM",
        free=("appearance.memory.*",),
        spoil=together(noise("nfm.", 1.5), noise("memory.", 1.0)),
        rate=0.02,
        recurrent=True,
    ),
    Trial(group="everything", free=("*",), spoil=SPOIL_ALL, rate=0.03, recurrent=True),
    Trial(
        group="everything, learnt with wrong answers (control)",
        free=("*",),
        spoil=SPOIL_ALL,
        rate=0.03,
        recurrent=True,
        wrong=True,
    ),
)
