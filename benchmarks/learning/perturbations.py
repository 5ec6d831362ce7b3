"""How a renderer's picture is perturbed, one group of parameters after the other.

Each trial of :mod:`benchmarks.learning.legibility`: what is perturbed, what may then learn, and how
fast. Together the groups hold every parameter of DrAction; a test sees to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from skeletonllm.draction import DrAction

Perturbation = Callable[[DrAction], None]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One group of parameters, how it is perturbed, and how it learns.

    Args:
        group: In words.
        trainable: Patterns of :meth:`DrAction.set_trainable`.
        perturb: Makes the picture illegible; where the group alone cannot, others help and stay.
        rate: Learning rate.
        recurrent: Whether the renderer has its GRU.
        wrong_labels: A control: every clip is learnt with the label of another.
    """

    group: str
    trainable: tuple[str, ...]
    perturb: Perturbation
    rate: float = 0.1
    recurrent: bool = False
    wrong_labels: bool = False


def set_parameter(name: str, value: float | Sequence[float]) -> Perturbation:
    """A perturbation that sets a parameter to a number, or to numbers along its last axis."""

    def perturb(renderer: DrAction) -> None:
        renderer.get_parameter(name).copy_(torch.as_tensor(value))

    return perturb


def scale_parameter(name: str, factor: float) -> Perturbation:
    """A perturbation that multiplies a parameter."""

    def perturb(renderer: DrAction) -> None:
        renderer.get_parameter(name).mul_(factor)

    return perturb


def randomize_parameters(part: str, std: float) -> Perturbation:
    """A perturbation that draws the parameters whose names contain ``part`` from N(0, std)."""

    def perturb(renderer: DrAction) -> None:
        random = torch.Generator().manual_seed(0)
        for name, parameter in renderer.named_parameters():
            if part in name:
                parameter.normal_(std=std, generator=random)

    return perturb


def chain_perturbations(*perturbations: Perturbation) -> Perturbation:
    """A perturbation that applies these, one after the other."""

    def perturb(renderer: DrAction) -> None:
        for one in perturbations:
            one(renderer)

    return perturb


THICK, THIN = 1.5, -6.0
"""Logits of radii: 44 mm, which makes limbs 29 cm thick, and 3 mm."""

PERTURB_ALL = chain_perturbations(
    set_parameter("view.turn", (0.8, 0.3)),
    set_parameter("view.log_fov", 0.5),
    set_parameter("view.log_distance", 0.7),
    set_parameter("appearance.joint_radius", 3.0),
    set_parameter("appearance.bone_thickness", THIN),
    set_parameter("appearance.colour", -1.0),
    set_parameter("appearance.intensity", -1.0),
    set_parameter("appearance.format_scale", -1.0),
    set_parameter("appearance.format_thickness", -1.0),
    set_parameter("appearance.depth_mix_logit", 2.0),
    randomize_parameters("nfm.", 0.4),
    randomize_parameters("memory.", 1.0),
)
"""Something can still be seen. A picture that is black to 1e-6 tells a classifier nothing: its
gradient says darker as often as brighter, and the picture stays black."""

TRIALS = (
    Trial(
        group="view direction: from the side",
        trainable=("view.turn",),
        perturb=set_parameter("view.turn", (1.57, 0.0)),
        rate=0.03,
    ),
    Trial(
        group="view direction: from above, half to the side",
        trainable=("view.turn",),
        perturb=set_parameter("view.turn", (1.0, 0.7)),
        rate=0.03,
    ),
    Trial(
        group="view direction: from behind",
        trainable=("view.turn",),
        perturb=set_parameter("view.turn", (3.0, 0.0)),
        rate=0.03,
    ),
    Trial(
        group="focal length: 149 degrees, not 45",
        trainable=("view.log_fov",),
        perturb=set_parameter("view.log_fov", 1.2),
        rate=0.03,
    ),
    Trial(
        group="distance: 5 times",
        trainable=("view.log_distance",),
        perturb=set_parameter("view.log_distance", 1.6),
        rate=0.03,
    ),
    Trial(
        group="joint radius: 44 mm",
        trainable=("appearance.joint_radius",),
        perturb=set_parameter("appearance.joint_radius", THICK),
    ),
    Trial(
        group="bone thickness: 44 mm",
        trainable=("appearance.bone_thickness",),
        perturb=set_parameter("appearance.bone_thickness", THICK),
    ),
    Trial(
        group="radius and thickness: 3 mm",
        trainable=("appearance.joint_radius", "appearance.bone_thickness"),
        perturb=chain_perturbations(
            set_parameter("appearance.joint_radius", THIN),
            set_parameter("appearance.bone_thickness", THIN),
        ),
    ),
    Trial(
        group="colour: all dark",
        trainable=("appearance.colour",),
        perturb=set_parameter("appearance.colour", -5.0),
    ),
    Trial(
        group="intensity: near 0",
        trainable=("appearance.intensity",),
        perturb=set_parameter("appearance.intensity", -6.0),
    ),
    Trial(
        group="features: 300 times too large",
        trainable=("appearance.features",),
        perturb=scale_parameter("appearance.features", 300.0),
        rate=3.0,
    ),
    Trial(
        group="base network: all dark",
        trainable=("appearance.base.*",),
        perturb=set_parameter("appearance.base.2.bias", (-6.0, -6.0, -6.0, 0.0)),
        rate=0.02,
    ),
    Trial(
        group="scale of formats: 1.4, too near a camera",
        trainable=("appearance.format_scale",),
        perturb=chain_perturbations(
            set_parameter("appearance.format_scale", 2.0), set_parameter("view.log_distance", -0.35)
        ),
    ),
    Trial(
        group="thickness of formats: double, on thick bodies",
        trainable=("appearance.format_thickness",),
        perturb=chain_perturbations(
            set_parameter("appearance.format_thickness", 2.0),
            set_parameter("appearance.joint_radius", 0.0),
            set_parameter("appearance.bone_thickness", 0.0),
        ),
    ),
    Trial(
        group="depth mix: depth colour only",
        trainable=("appearance.depth_mix_logit",),
        perturb=set_parameter("appearance.depth_mix_logit", 6.0),
    ),
    Trial(
        group="motion: streaks of 2 s, six times too wide",
        trainable=("motion.*",),
        perturb=chain_perturbations(
            set_parameter("appearance.motion.reach", 0.7),
            set_parameter("appearance.motion.width", -4.0),
        ),
        rate=0.03,
    ),
    Trial(
        group="halos: six times the limb",
        trainable=("halos.*",),
        perturb=set_parameter("appearance.halos.width", 2.0),
        rate=0.03,
    ),
    Trial(
        group="sharpness: limbs of an optical depth of 0.02",
        trainable=("sharp.*",),
        perturb=set_parameter("appearance.sharp.density", -4.0),
    ),
    Trial(
        group="NFM: large random weights",
        trainable=("appearance.nfm.*",),
        perturb=randomize_parameters("nfm.", 1.5),
        rate=0.02,
    ),
    Trial(
        group="GRU: large random weights, before such an NFM",
        trainable=("appearance.memory.*",),
        perturb=chain_perturbations(
            randomize_parameters("nfm.", 1.5), randomize_parameters("memory.", 1.0)
        ),
        rate=0.02,
        recurrent=True,
    ),
    Trial(group="everything", trainable=("*",), perturb=PERTURB_ALL, rate=0.03, recurrent=True),
    Trial(
        group="everything, learnt with wrong labels (control)",
        trainable=("*",),
        perturb=PERTURB_ALL,
        rate=0.03,
        recurrent=True,
        wrong_labels=True,
    ),
)
