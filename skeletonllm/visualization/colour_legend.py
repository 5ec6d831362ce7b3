"""The colours of a renderer in words, as a teacher needs them to tell left from right.

They are measured, not looked up: training changes them, and modulators mix in what moves. Each part
of a body is drawn alone, by the renderer itself, and the colour of what is lit is named.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.draction.gaussians.streaks import Streaks
from skeletonllm.draction.renderers import Renderer
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
from skeletonllm.visualization.frames import draw_motion

Colour = tuple[float, float, float]

_ENDS: dict[str, tuple[str, tuple[str, ...], str, tuple[str, ...]]] = {
    "arm": ("upper arm", ("shoulder", "elbow"), "hand", ("wrist", "hand", "hand_tip", "thumb")),
    "leg": ("thigh", ("hip", "knee"), "foot", ("ankle", "foot")),
}
"""Of a limb: the inner end and its joints, the outer end and its joints."""
_LIT = 0.5
"""Share of the brightest pixel's light: what is darker is the soft edge of a limb, or a halo."""
_SAME = 0.15
"""Distance in RGB 0..1 below which a model can hardly tell two colours of thin lines."""
_GREY = 0.2
"""Saturation below which a colour is a grey."""
_DARK, _PALER, _WHITE = 0.4, 0.6, 0.85
"""Values: below dark, above a light grey, above white."""
_PALE = 0.5
"""Saturation below which a bright colour is called light."""
_HUES = (
    (15, "red"), (45, "orange"), (70, "yellow"), (160, "green"), (200, "cyan"), (255, "blue"),
    (285, "violet"), (325, "magenta"), (345, "pink"), (361, "red"),
)  # fmt: skip
"""Upper ends in degrees."""


def describe_colours(renderer: Renderer) -> str:
    """A legend such as ``the left arm is blue, the left hand cyan; ...``, measured.

    Where left and right look alike it says so: then nobody can tell sides by colour.
    """
    colours = measure_colours(renderer)
    texts = [f"the {part} is {name_colour(colours[part])}" for part in ("head", "torso")]
    for inner, _, outer, _ in _ENDS.values():
        for side in ("left", "right"):
            ends = colours[f"{side} {inner}"], colours[f"{side} {outer}"]
            names = [name_colour(colour) for colour in ends]
            texts.append(f"the {side} {inner} is {names[0]}, the {side} {outer} {names[1]}")
    alike = [
        f"the left and the right {end} have the same colour"
        for limb in _ENDS.values()
        for end in (limb[0], limb[2])
        if _distance(colours[f"left {end}"], colours[f"right {end}"]) < _SAME
    ]
    legend = "; ".join([*texts, *alike]) + ". Left and right are the person's own."
    return legend + _describe_streaks(renderer)


def _describe_streaks(renderer: Renderer) -> str:
    """What thin lines mean, where the renderer draws them; their colours are learnable, too."""
    streaks = getattr(getattr(renderer, "appearance", None), "motion", None)
    if not isinstance(streaks, Streaks):
        return ""
    red, green, blue = streaks.colour[1].sigmoid().mean(dim=0).tolist()
    ahead = name_colour((red, green, blue))
    return (
        f" Thin lines show how a part moves: {ahead} lines lead to where it goes next, darker "
        "lines in its own colour come from where it was."
    )


def measure_colours(renderer: Renderer) -> dict[str, Colour]:
    """Mean colour in 0..1 of each part as it is drawn at rest: ``head``, ``left hand`` ..."""
    still = synthesize("hand waving", side="right", noise_m=0.0).select_frames([0])
    places = KINECT_V2.parts
    joints: dict[str, list[int]] = {
        part: [j for j, place in enumerate(places) if place == part] for part in ("head", "torso")
    }
    for inner, near, outer, far in _ENDS.values():
        for side in ("left", "right"):
            joints[f"{side} {inner}"] = [KINECT_V2.index(f"{side}_{name}") for name in near]
            joints[f"{side} {outer}"] = [KINECT_V2.index(f"{side}_{name}") for name in far]
    return {part: _measure(renderer, still, shown) for part, shown in joints.items()}


def name_colour(colour: Colour) -> str:
    """A plain English name: ``blue``, ``light green``, ``dark grey``, ``white``."""
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    if value < 0.12:
        return "black"
    if saturation < _GREY:
        greys = ((_DARK, "dark grey"), (_PALER, "grey"), (_WHITE, "light grey"), (2.0, "white"))
        return next(name for end, name in greys if value < end)
    name = next(name for end, name in _HUES if 360 * hue < end)
    shade = "dark " if value < _DARK else "light " if saturation < _PALE else ""
    return shade + name


def _measure(renderer: Renderer, motion: Motion, shown: Sequence[int]) -> Colour:
    """A joint of confidence 0 is never drawn, nor is a bone that ends in one."""
    confidence = np.zeros_like(motion.confidence)
    confidence[:, :, shown] = motion.confidence[:, :, shown]
    picture = draw_motion(renderer, replace(motion, confidence=confidence), [0])[0]
    return _mean_lit(picture)


def _mean_lit(picture: npt.NDArray[np.float32]) -> Colour:
    light = picture.max(axis=-1)
    lit = picture[light >= max(_LIT * float(light.max()), 1e-6)]
    red, green, blue = lit.mean(axis=0) if len(lit) else (0.0, 0.0, 0.0)
    return float(red), float(green), float(blue)


def _distance(one: Colour, other: Colour) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))
